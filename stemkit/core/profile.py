"""A delivery specification as data, one TOML file each, readable by a mixer.

Every figure has a source and the date it was checked; a figure that a document does not publish is
absent, and a check that needs it says that it was skipped.
"""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from stemkit.core.film import Role
from stemkit.core.finding import Severity

Grade = Literal["A", "B", "C", "D", "project"]
AppliesTo = Literal["stem", "chapter", "print"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class FormatSpec(_Part):
    """How a stem is to be stored."""

    sample_rate_hz: int = Field(gt=0)
    bit_depth_bits: Literal[16, 24]
    float_accepted: bool
    layout: str
    containers: tuple[str, ...] = Field(min_length=1, strict=False)
    mono_to_stereo_db: float = 0.0
    source: str


class HandlesSpec(_Part):
    """Sound asked for beyond the picture; times as in a film file."""

    head: str = "0f"
    tail: str = "0f"
    required: bool = False


class RolesSpec(_Part):
    """Which roles a chapter must deliver."""

    required: tuple[Role, ...] = Field(strict=False)


class NamingSpec(_Part):
    """Pattern for file names, with fields ``{title} {number} {role} {rate} {depth}``."""

    pattern: str


class LoudnessRule(_Part):
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


class TruePeakLimit(_Part):
    """Largest true peak allowed in stems, chapter sums or prints."""

    of: AppliesTo
    max_dbtp: float
    severity: Severity = Field(default=Severity.ERROR, strict=False)
    source: str
    grade: Grade


class PrintSpec(_Part):
    """A deliverable: its name and the roles that are added for it."""

    name: str
    roles: tuple[Role, ...] = Field(min_length=1, strict=False)


class SeverityChange(_Part):
    """Another severity than a rule's own, with the reason."""

    severity: Severity = Field(strict=False)
    reason: str = Field(min_length=1)


class Profile(_Part):
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
