"""A delivery specification as data, one TOML file each, readable by a mixer.

Every figure has a source and the date it was checked; a figure that a document does not publish is
absent, and a check that needs it says that it was skipped.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeGuard, get_args

from pydantic import Field, ValidationError, field_validator

from stemkit.core.as_written import AsWritten, nearest, place_of, problems_of
from stemkit.core.errors import Problem, ProfileError
from stemkit.core.profile_figures import (
    AppliesTo,
    DurationLimit,
    HeadTailRule,
    LdrLimit,
    LeqMLimit,
    LevelLimit,
    Limit,
    LoudnessRule,
    PlausibleLevel,
    RangeLimit,
    RmsLimit,
    SamplePeakLimit,
    TruePeakLimit,
    VoiceOverBackground,
)
from stemkit.core.profile_form import (
    ConfidenceSpec,
    FilmSpec,
    FormatSpec,
    HandlesSpec,
    NamingSpec,
    RolesSpec,
    SeverityChange,
)
from stemkit.core.profile_prints import DeliverySpec, PrintSpec
from stemkit.core.toml_source import TomlSource, dotted, read_toml

__all__ = [
    "DEFAULT_PROFILE",
    "FIGURES",
    "AppliesTo",
    "FigureName",
    "FormatSpec",
    "Limit",
    "LoudnessRule",
    "NamingSpec",
    "PrintSpec",
    "Profile",
    "TruePeakLimit",
    "load_profile",
    "profile_names",
    "profile_path",
    "profile_schema",
]

DEFAULT_PROFILE = "crowd-film"

FigureName = Literal[
    "loudness",
    "true_peak",
    "sample_peak",
    "loudness_range",
    "dialogue_range",
    "max_short_term",
    "max_momentary",
    "ldr",
    "rms",
    "noise_floor",
    "leq_m",
    "duration",
    "head_tail",
]
FIGURES: tuple[str, ...] = get_args(FigureName)
"""The keys of a profile that hold lists of figures; each may be ``"not published: why"`` instead."""
NOT_PUBLISHED = "not published"


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
    sample_peak: tuple[SamplePeakLimit, ...] = Field(default=(), strict=False)
    loudness_range: tuple[RangeLimit, ...] = Field(default=(), strict=False)
    dialogue_range: tuple[RangeLimit, ...] = Field(default=(), strict=False)
    max_short_term: tuple[LevelLimit, ...] = Field(default=(), strict=False)
    max_momentary: tuple[LevelLimit, ...] = Field(default=(), strict=False)
    ldr: tuple[LdrLimit, ...] = Field(default=(), strict=False)
    rms: tuple[RmsLimit, ...] = Field(default=(), strict=False)
    noise_floor: tuple[RmsLimit, ...] = Field(default=(), strict=False)
    leq_m: tuple[LeqMLimit, ...] = Field(default=(), strict=False)
    duration: tuple[DurationLimit, ...] = Field(default=(), strict=False)
    head_tail: tuple[HeadTailRule, ...] = Field(default=(), strict=False)
    film: FilmSpec = FilmSpec()
    confidence: ConfidenceSpec = ConfidenceSpec()
    plausible: tuple[PlausibleLevel, ...] = Field(default=(), strict=False)
    voice_to_background: VoiceOverBackground | None = None
    not_published: dict[FigureName, str] = Field(default_factory=dict)
    prints: tuple[PrintSpec, ...] = Field(min_length=1, strict=False)
    delivery: DeliverySpec = DeliverySpec()
    severities: dict[str, SeverityChange] = Field(default_factory=dict)
    select: tuple[str, ...] = Field(default=("ALL",), strict=False)

    def loudness_rules(self, of: AppliesTo, print_name: str | None = None) -> tuple[LoudnessRule, ...]:
        """Return the loudness rules that are about a sound, in the profile's order."""
        return tuple(rule for rule in self.loudness if rule.holds_for(of, print_name))

    @field_validator("prints")
    @classmethod
    def _have_names_of_their_own(cls, value: tuple[PrintSpec, ...]) -> tuple[PrintSpec, ...]:
        if twice := [name for name, n in Counter(spec.name.casefold() for spec in value).items() if n > 1]:
            raise ValueError(f"two prints have the name {twice[0]!r}; each needs its own")
        return value

    def true_peak_limit(self, of: AppliesTo) -> TruePeakLimit | None:
        """Return the true-peak limit for a kind of sound, `None` where the document is silent."""
        return next((limit for limit in self.true_peak if limit.of == of), None)

    def figures(self) -> Iterator[tuple[str, Limit]]:
        """Yield every figure of level, length and dynamics under the name of its key."""
        for key in FIGURES:
            for figure in getattr(self, key):
                yield key, figure


def _with_gaps(data: dict[str, Any]) -> dict[str, Any]:
    """Take ``true_peak = "not published: why"`` for what it says."""
    gaps = {key: said for key in FIGURES if _is_gap(said := data.get(key))}
    if not gaps:
        return data
    reasons = {key: said.removeprefix(NOT_PUBLISHED).lstrip(": ") or NOT_PUBLISHED for key, said in gaps.items()}
    stated = {key: value for key, value in data.items() if key not in gaps}
    return {**stated, "not_published": {**data.get("not_published", {}), **reasons}}


def _is_gap(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.partition(":")[0].strip() == NOT_PUBLISHED


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
        return Profile.model_validate(_with_gaps(merged))
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
    _require_only_of_ancestors(schema)
    for key in FIGURES:
        gap = {"type": "string", "pattern": f"^{NOT_PUBLISHED}", "description": "the document states no figure; why"}
        stated = schema["properties"][key]
        schema["properties"][key] = {"title": stated.pop("title"), "anyOf": [stated, gap]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _require_only_of_ancestors(schema: dict[str, Any]) -> None:
    """Ask for whole tables only where nothing is inherited: whoever extends a profile writes what differs."""
    whole: dict[str, Any] = {"required": schema["required"], "properties": {}}
    for key, stated in schema["properties"].items():
        table = schema["$defs"].get(str(stated.get("$ref", "")).removeprefix("#/$defs/"), {})
        if "required" in table:
            whole["properties"][key] = {"required": table.pop("required")}
    schema |= {"required": ["name"], "if": {"not": {"required": ["extends"]}}, "then": whole}


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
    near = nearest(name_or_path, profile_names(beside))
    own = "a profile of your own lies in profiles/ beside the film file; 'stemkit profiles' lists the others"
    hint = own if near is None else f"did you mean {near!r}?"
    raise ProfileError(Problem("unknown_profile", f"there is no profile {name_or_path!r}", hint))


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
        # A list is replaced as a whole, so what is missing in one of its tables is missing where the list is written.
        listed = next((at for at, part in enumerate(location) if isinstance(part, int)), len(location))
        source = next((source for source in chain if source.holds(location[:listed])), chain[0])
        for problem in problems_of(error, Profile, source):
            if problem.key == dotted(location):
                found[problem] = None
    return sorted(found, key=lambda problem: (problem.path or "", problem.line or 0))
