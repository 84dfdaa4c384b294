"""Delivery profiles: which there are, what one says, and whether a file is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stemkit import __version__
from stemkit.core.errors import Problem, ProfileError
from stemkit.core.profile import Profile, load_profile, profile_names, profile_path, profile_schema
from stemkit.workflows._profile_text import profile_lines
from stemkit.workflows._severities import unknown_codes

__all__ = ["as_json", "as_text", "check_profile", "list_profiles", "profile_schema", "rows_of", "show_profile"]


def list_profiles() -> dict[str, object]:
    """Return all profiles that can be found, those beside the current folder's film first, as JSON data."""
    found: list[Mapping[str, object]] = []
    for name in profile_names(Path.cwd()):
        try:
            profile = load_profile(name, beside=Path.cwd())
        except ProfileError as error:
            found.append({"name": name, "title": None, "revision": None, "source": None, "error": str(error)})
        else:
            entry = {"name": name, "title": profile.title, "revision": profile.revision, "source": profile.source}
            found.append({**entry, "error": None})
    return {"schema": "stemkit/profiles/1", "version": __version__, "profiles": found}


def rows_of(found: Mapping[str, object]) -> list[list[str]]:
    """Return the list for people, as rows of a table with their head."""
    entries = found["profiles"]
    assert isinstance(entries, list)
    rows = [[e["name"], e["title"] or f"has errors: {e['error']}", e["revision"] or ""] for e in entries]
    return [["name", "what it asks for", "revision"], *rows]


def show_profile(name: str) -> Profile:
    """Load a profile by name or path."""
    return load_profile(name, beside=Path.cwd())


def check_profile(path: Path) -> Profile:
    """Load a profile file; raises `ProfileError` with everything that is wrong with it."""
    if not path.is_file():
        raise ProfileError(Problem("no_such_path", "there is no such file", "check the spelling", str(path)))
    profile = load_profile(str(path.absolute()), beside=path.absolute().parent)
    if problems := unknown_codes(profile):
        raise ProfileError(*(replace(problem, path=str(path)) for problem in problems))
    return profile


def as_json(profile: Profile) -> dict[str, object]:
    """Return a profile, with all that it inherits, as JSON data."""
    path = profile_path(profile.name, beside=Path.cwd()) if profile.name in profile_names(Path.cwd()) else None
    data = profile.model_dump(mode="json")
    return {
        "schema": "stemkit/profile/1",
        "version": __version__,
        "path": str(path) if path else None,
        "profile": data,
    }


def as_text(profile: Profile) -> str:
    """Return a profile for people, each figure with its source."""
    return "\n".join(profile_lines(profile))
