"""A delivery specification as data, one TOML file each, readable by a mixer.

Every figure has a source and the date it was checked; a figure that a document does not publish is
absent, and a check that needs it says that it was skipped.
"""

from __future__ import annotations

import datetime
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator

from stemkit.core.as_written import AsWritten, hint_for, place_of, problems_of
from stemkit.core.errors import Problem, ProfileError
from stemkit.core.film import Role
from stemkit.core.finding import Severity
from stemkit.core.layout import LAYOUTS
from stemkit.core.timebase import FrameRate
from stemkit.core.toml_source import TomlSource, dotted, read_toml

DEFAULT_PROFILE = "crowd-film"
NAME_FIELDS = ("title", "number", "role", "rate", "depth")
_ANY_RATE = FrameRate.parse("24")

Grade = Literal["A", "B", "C", "D", "project"]
AppliesTo = Literal["stem", "chapter", "print"]
LooseRole = Annotated[Role, Field(strict=False)]


class FormatSpec(AsWritten):
    """How a stem is to be stored."""

    sample_rate_hz: int = Field(gt=0)
    bit_depth_bits: Literal[16, 24]
    float_accepted: bool
    layout: str
    containers: tuple[str, ...] = Field(min_length=1, strict=False)
    mono_to_stereo_db: float = 0.0
    source: str

    @field_validator("layout")
    @classmethod
    def _is_known_layout(cls, value: str) -> str:
        if value not in LAYOUTS:
            raise ValueError(f"{value!r} is no layout; {hint_for(value, LAYOUTS)}")
        return value


class HandlesSpec(AsWritten):
    """Sound asked for beyond the picture; times as in a film file."""

    head: str = "0f"
    tail: str = "0f"
    required: bool = False

    @field_validator("head", "tail")
    @classmethod
    def _is_time(cls, value: str) -> str:
        _ANY_RATE.parse_duration(value)
        return value


class RolesSpec(AsWritten):
    """Which roles a chapter must deliver."""

    required: tuple[LooseRole, ...] = Field(strict=False)


class NamingSpec(AsWritten):
    """Pattern for file names, with fields ``{title} {number} {role} {rate} {depth}``."""

    pattern: str

    @field_validator("pattern")
    @classmethod
    def _has_known_fields(cls, value: str) -> str:
        try:
            fields = [(name, form) for _, name, form, _ in string.Formatter().parse(value) if name is not None]
            unknown = [name for name, _ in fields if name not in NAME_FIELDS]
            if unknown:
                raise ValueError(f"{{{unknown[0]}}} is no field; known are {', '.join(NAME_FIELDS)}")
            value.format(title="t", number=1, role="VO", rate=48_000, depth=24)
        except (KeyError, IndexError) as error:
            raise ValueError(f"{error} is no field; known are {', '.join(NAME_FIELDS)}") from None
        if "role" not in dict(fields):
            raise ValueError("the pattern needs {role}, or all stems of a chapter would have one name")
        return value


class LoudnessRule(AsWritten):
    """One loudness requirement; the rules of a profile are tried in order."""

    of: AppliesTo
    quantity: Literal["programme"]
    target_lufs: float
    below_lu: float | None = None
    above_lu: float | None = None
    ceiling_only: bool = False
    prints: tuple[str, ...] = Field(default=("FULL",), strict=False)
    severity: Severity = Field(default=Severity.ERROR, strict=False)
    source: str
    grade: Grade


class TruePeakLimit(AsWritten):
    """Largest true peak allowed in stems, chapter sums or prints."""

    of: AppliesTo
    max_dbtp: float
    severity: Severity = Field(default=Severity.ERROR, strict=False)
    source: str
    grade: Grade


class PrintSpec(AsWritten):
    """A deliverable: its name and the roles that are added for it."""

    name: str
    roles: tuple[LooseRole, ...] = Field(min_length=1, strict=False)


class SeverityChange(AsWritten):
    """Another severity than a rule's own, with the reason."""

    severity: Severity = Field(strict=False)
    reason: str = Field(min_length=1)


class Profile(AsWritten):
    """A delivery specification."""

    name: str
    title: str
    revision: str
    source: str
    checked_on: datetime.date
    format: FormatSpec
    roles: RolesSpec
    naming: NamingSpec
    handles: HandlesSpec = HandlesSpec()
    loudness: tuple[LoudnessRule, ...] = Field(default=(), strict=False)
    true_peak: tuple[TruePeakLimit, ...] = Field(default=(), strict=False)
    prints: tuple[PrintSpec, ...] = Field(min_length=1, strict=False)
    severities: dict[str, SeverityChange] = Field(default_factory=dict)
    select: tuple[str, ...] = Field(default=("ALL",), strict=False)

    def loudness_rule(self, of: AppliesTo) -> LoudnessRule | None:
        """Return the first loudness rule for a kind of sound, `None` where the document is silent."""
        return next((rule for rule in self.loudness if rule.of == of), None)

    def true_peak_limit(self, of: AppliesTo) -> TruePeakLimit | None:
        """Return the true-peak limit for a kind of sound, `None` where the document is silent."""
        return next((limit for limit in self.true_peak if limit.of == of), None)


def load_profile(name_or_path: str, *, beside: Path | None = None) -> Profile:
    """Load a profile and what it extends.

    Parameters
    ----------
    name_or_path
        A name such as ``"crowd-film"``, or the path of a TOML file.
    beside
        Folder of the film; profiles in its ``profiles/`` come before the packaged ones.

    Raises
    ------
    ProfileError
        If there is no such profile, or with every mistake that is in it.
    """
    path = _find(name_or_path, beside, beside)
    chain = _chain(path, beside)
    merged: dict[str, Any] = {}
    for source in reversed(chain):
        merged = _merge(merged, {key: value for key, value in source.data.items() if key != "extends"})
    # A profile that inherits does not inherit the name.
    merged["name"] = chain[0].data.get("name", path.stem)
    try:
        return Profile.model_validate(merged)
    except ValidationError as error:
        raise ProfileError(*_problems(error, chain)) from None


def profile_names(beside: Path | None = None) -> tuple[str, ...]:
    """Return the names of all profiles that can be found, in alphabetical order."""
    return tuple(sorted({path.stem for folder in _folders(beside) for path in folder.glob("*.toml")}))


def profile_path(name_or_path: str, *, beside: Path | None = None) -> Path:
    """Return the file of a profile."""
    return _find(name_or_path, beside, beside)


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of profiles, for editors."""
    schema = Profile.model_json_schema()
    schema["properties"]["extends"] = {"type": "string", "description": "name or file of a profile to inherit from"}
    schema["required"] = ["name"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _folders(beside: Path | None) -> list[Path]:
    """Return where profiles lie, in the order in which they are looked for."""
    package = Path(__file__).parent.parent
    packaged, checkout = package / "_profiles", package.parent / "profiles"
    folders = [beside / "profiles"] if beside is not None else []
    return [*folders, packaged if packaged.is_dir() else checkout]


def _find(name_or_path: str, base: Path | None, beside: Path | None, not_this: Path | None = None) -> Path:
    """Return a profile's file; relative paths count from ``base``, then from the current folder."""
    if name_or_path.endswith(".toml") or "/" in name_or_path or "\\" in name_or_path:
        options = [base / name_or_path] if base is not None else []
        options.append(Path(name_or_path))
    else:
        options = [folder / f"{name_or_path}.toml" for folder in _folders(beside)]
    for path in options:
        if _is_file(path) and path != not_this:
            return path
    names = profile_names(beside)
    raise ProfileError(
        Problem("unknown_profile", f"there is no profile {name_or_path!r}", hint_for(name_or_path, names))
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _chain(path: Path, beside: Path | None) -> list[TomlSource]:
    """Return a profile's file and those that it extends, the nearest first."""
    chain = [read_toml(path, ProfileError)]
    while (parent := chain[-1].data.get("extends")) is not None:
        here = chain[-1]
        place = (str(here.path), here.line_of(("extends",)), "extends")
        if not isinstance(parent, str):
            raise ProfileError(Problem("wrong_type", "extends must be the name of a profile in quotes", "", *place))
        try:
            # What is shipped extends what is shipped, whatever lies beside the film under the same name.
            is_shipped = here.path.parent == _folders(None)[0]
            found = _find(parent, here.path.parent, None if is_shipped else beside, not_this=here.path)
        except ProfileError as error:
            problem = error.problems[0]
            raise ProfileError(Problem(problem.code, problem.message, problem.hint, *place)) from None
        if any(source.path.resolve() == found.resolve() for source in chain):
            raise ProfileError(Problem("circular", f"extends leads back to {found.stem!r}", "", *place))
        chain.append(read_toml(found, ProfileError))
    return chain


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one profile over another: tables are merged, lists and values replaced."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _problems(error: ValidationError, chain: Sequence[TomlSource]) -> list[Problem]:
    """Name each problem in the file that wrote the value; what is missing, in the profile itself."""
    found: dict[Problem, None] = {}
    for item in error.errors(include_url=False):
        location = place_of(item["loc"])
        source = next((source for source in chain if source.holds(location)), chain[0])
        for problem in problems_of(error, Profile, source):
            if problem.key == dotted(location):
                found[problem] = None
    return sorted(found, key=lambda problem: (problem.path or "", problem.line or 0))
