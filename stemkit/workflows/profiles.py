"""Delivery profiles: which there are, what one says, and whether a file is one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stemkit import __version__
from stemkit.core.errors import Problem, ProfileError
from stemkit.core.profile import (
    LoudnessRule,
    Profile,
    TruePeakLimit,
    load_profile,
    profile_names,
    profile_path,
    profile_schema,
)

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
    return load_profile(str(path.absolute()), beside=path.absolute().parent)


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
    stems = profile.format
    form = f"{stems.sample_rate_hz} Hz, {stems.bit_depth_bits} bit"
    form += " (32-bit float accepted)" if stems.float_accepted else ""
    handles = f"{profile.handles.head} before, {profile.handles.tail} after the picture"
    lines = [
        f"{profile.name}: {profile.title}",
        f"  revision {profile.revision}, checked on {profile.checked_on}",
        f"  source: {profile.source}",
        "",
        f"stems     {form}, {stems.layout}, {' or '.join(stems.containers)}",
        f"          [{stems.source}]",
        f"roles     {', '.join(profile.roles.required)}",
        f"names     {profile.naming.pattern}",
        f"handles   {handles} ({'required' if profile.handles.required else 'wished for'})",
        f"prints    {', '.join(spec.name + ' = ' + ' + '.join(spec.roles) for spec in profile.prints)}",
        "",
    ]
    for rule in profile.loudness:
        lines += [_loudness_line(rule), f"          [{rule.source}; {_grade(rule.grade)}]"]
    for limit in profile.true_peak:
        lines += [_peak_line(limit), f"          [{limit.source}; {_grade(limit.grade)}]"]
    return "\n".join(lines)


def _loudness_line(rule: LoudnessRule) -> str:
    below = "" if rule.below_lu is None or rule.ceiling_only else f" -{rule.below_lu:g}"
    above = "" if rule.above_lu is None else f" +{rule.above_lu:g}"
    kind = "at most " if rule.ceiling_only else ""
    return f"loudness  {rule.of}: {kind}{rule.target_lufs:.1f} LUFS{below}{above} LU ({rule.severity})"


def _peak_line(limit: TruePeakLimit) -> str:
    return f"true peak {limit.of}: at most {limit.max_dbtp:.1f} dBTP ({limit.severity})"


def _grade(grade: str) -> str:
    words = {"A": "the document was read", "B": "quoted by clause", "C": "from a summary", "D": "derived"}
    return words.get(grade, "our own choice")
