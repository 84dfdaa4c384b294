"""The parts of a profile that say what a file is like: format, roles, names, handles."""

from __future__ import annotations

import string
from typing import Literal

from pydantic import Field, field_validator

from stemkit.core.as_written import AsWritten, hint_for
from stemkit.core.layout import LAYOUTS
from stemkit.core.profile_figures import Grade, LooseRole, LooseSeverity
from stemkit.core.timebase import FrameRate

NAME_FIELDS = {
    "title": "t",
    "number": 1,
    "role": "VO",
    "mca": "DX",
    "asset": "DIAStem",
    "layout": "5.1",
    "channels": 6,
    "rate": 48_000,
    "khz": "48",
    "depth": 24,
    "fps": "23976",
}
"""Fields of a pattern for file names, with examples."""
_MOST_BYTES_OF_NAME = 100  # what file systems take, less a title, a number and a channel
_ROLE_FIELDS = ("role", "mca", "asset")
_ANY_RATE = FrameRate.parse("24")


class FormatSpec(AsWritten):
    """How a stem is to be stored."""

    sample_rate_hz: int = Field(gt=0)
    bit_depth_bits: Literal[16, 24]
    float_accepted: bool
    layout: str
    containers: tuple[str, ...] = Field(min_length=1, strict=False)
    packaging: Literal["interleaved", "discrete-mono"] = "interleaved"
    mono_to_stereo_db: float = 0.0
    foreign_chunks: Literal["strip", "keep"] = "strip"
    source: str
    grade: Grade = "project"

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
    source: str | None = None

    @field_validator("head", "tail")
    @classmethod
    def _is_time(cls, value: str) -> str:
        _ANY_RATE.parse_duration(value)
        return value


class RolesSpec(AsWritten):
    """Which roles a chapter must deliver."""

    required: tuple[LooseRole, ...] = Field(strict=False)
    source: str | None = None


class NamingSpec(AsWritten):
    """Pattern for file names.

    Parameters
    ----------
    pattern
        With fields ``{title} {number} {role} {rate} {depth} {layout} {channels}``; ``{depth}`` is 32 where a file is
        stored in float, ``{mca}`` is DX, FX or MX (SMPTE ST 377-41),
        ``{asset}`` DIAStem, FXStem or MXStem, ``{khz}`` 48 or 44.1, ``{fps}`` the frame rate without a point.
    characters
        ``ascii``: letters without accents, digits and ``. _ -`` only, no spaces.
    """

    pattern: str
    characters: Literal["any", "ascii"] = "any"
    source: str | None = None

    @field_validator("pattern")
    @classmethod
    def _has_known_fields(cls, value: str) -> str:
        try:
            fields = [(name, form) for _, name, form, _ in string.Formatter().parse(value) if name is not None]
            unknown = [name for name, _ in fields if name not in NAME_FIELDS]
            if unknown:
                raise ValueError(f"{{{unknown[0]}}} is no field; known are {', '.join(NAME_FIELDS)}")
            length = len(value.format(**{**NAME_FIELDS, "title": ""}).encode())
        except (KeyError, IndexError) as error:
            raise ValueError(f"{error} is no field; known are {', '.join(NAME_FIELDS)}") from None
        if not dict(fields).keys() & set(_ROLE_FIELDS):
            raise ValueError("the pattern needs {role}, {mca} or {asset}, or a chapter's stems would all have one name")
        if length > _MOST_BYTES_OF_NAME:
            raise ValueError(f"names would be {length} bytes long without their title; {_MOST_BYTES_OF_NAME} are room")
        return value


class SeverityChange(AsWritten):
    """Another severity than a rule's own, with the reason."""

    severity: LooseSeverity
    reason: str = Field(min_length=1)


class ConfidenceSpec(AsWritten):
    """How sure a rule must be for an error; what is found with less confidence is a warning.

    Parameters
    ----------
    least
        From 0 to 1; measured facts are certain (1.0), what is recognised in the sound is not.
    rules
        Another threshold for some rules, by code.
    """

    least: float = Field(default=0.9, ge=0.0, le=1.0)
    rules: dict[str, float] = Field(default_factory=dict)
    source: str = "project: an error keeps somebody's work from being accepted, so it must be nearly certain"

    @field_validator("rules")
    @classmethod
    def _are_shares(cls, value: dict[str, float]) -> dict[str, float]:
        for code, least in value.items():
            if not 0.0 <= least <= 1.0:
                raise ValueError(f"{code} = {least:g} is no confidence; write a number from 0 to 1")
        return value

    def least_for(self, code: str) -> float:
        """Return the confidence that a rule needs for an error."""
        return self.rules.get(code, self.least)


class FilmSpec(AsWritten):
    """How evenly a film's chapters are to sound; outside these bounds somebody is asked, nothing is changed.

    Parameters
    ----------
    chapter_spread_lu
        How far a chapter's loudness may be from the middle of its neighbours'.
    dialogue_spread_lu
        How far the voice of a chapter may be from the middle of the film's voices.
    boundary_step_lu, boundary_chapters_lu
        How far the sound may jump at a cut, where the chapters as a whole differ by more than the second.
    """

    chapter_spread_lu: float = Field(default=8.0, gt=0.0)
    dialogue_spread_lu: float = Field(default=8.0, gt=0.0)
    boundary_step_lu: float = Field(default=12.0, gt=0.0)
    boundary_chapters_lu: float = Field(default=6.0, gt=0.0)
    source: str = "project: no document states how evenly chapters must sound; these differences are heard at once"
