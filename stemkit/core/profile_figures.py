"""The figures that a profile may state, each with its source and with how good that source is."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from stemkit.core.as_written import AsWritten
from stemkit.core.film import Role
from stemkit.core.finding import Severity

Grade = Literal["A", "B", "C", "D", "project"]
"""A the document was read, B it was quoted by clause, C a summary, D derived, ``project`` our own choice."""
AppliesTo = Literal["stem", "chapter", "print"]
LooseRole = Annotated[Role, Field(strict=False)]
LooseSeverity = Annotated[Severity, Field(strict=False)]
Bounds = tuple[float | None, float | None]


class Figure(AsWritten):
    """Anything that a document asks for."""

    severity: LooseSeverity = Severity.ERROR
    source: str = Field(min_length=1)
    grade: Grade

    @model_validator(mode="after")
    def _weak_evidence_only_warns(self) -> Figure:
        if self.grade == "C" and self.severity is Severity.ERROR:
            raise ValueError('a figure of grade C makes warnings only; write severity = "warning"')
        return self


class Limit(Figure):
    """A figure that holds for some sounds.

    Parameters
    ----------
    of
        Stems, the sum of a chapter, or prints.
    prints
        Names of the prints that it holds for; empty for all.
    roles
        Roles of the stems that it holds for; empty for all.
    """

    unit: ClassVar[str] = ""

    of: AppliesTo
    prints: tuple[str, ...] = Field(default=("FULL",), strict=False)
    roles: tuple[LooseRole, ...] = Field(default=(), strict=False)

    @property
    def bounds(self) -> Bounds:
        """The smallest and the largest value that is allowed; `None` is no bound."""
        return None, None

    def holds_for(self, of: AppliesTo, print_name: str | None = None, role: Role | None = None) -> bool:
        """Tell whether the figure is about a sound."""
        if of != self.of:
            return False
        if of == "print":
            return not self.prints or print_name in self.prints
        return of == "chapter" or not self.roles or role in self.roles


class SpeechCondition(AsWritten):
    """When a loudness rule applies, by how much of the programme is speech."""

    speech_share_from_percent: float | None = Field(default=None, ge=0.0, le=100.0)
    speech_share_below_percent: float | None = Field(default=None, ge=0.0, le=100.0)
    has_dialogue: bool | None = None

    def holds_at(self, share_percent: float) -> bool:
        """Tell whether the condition is met by a share of speech."""
        lowest, highest = self.speech_share_from_percent, self.speech_share_below_percent
        if self.has_dialogue is not None and (share_percent > 0.0) != self.has_dialogue:
            return False
        return (lowest is None or share_percent >= lowest) and (highest is None or share_percent < highest)


class LoudnessRule(Limit):
    """One loudness requirement; the rules of a profile are tried in order.

    Parameters
    ----------
    quantity
        Programme loudness, or the loudness of the mix while somebody speaks.
    gating
        ``relative`` as BS.1770-2 and later; ``none`` as BS.1770-1, which dialogue loudness may ask for.
    applies_when
        The rule holds only then; the next one may hold otherwise.
    alternative
        Meeting this rule will do where the one before it is missed.
    ceiling_only
        The target is a ceiling: it holds beside whichever rule decides, and being below it is no fault.
    flag_below_lu, flag_above_lu
        The wider band of the document's own quality control, where it has one.
    flag_severity
        Severity outside the tolerance but inside that band; the rule's own by default.
    """

    unit: ClassVar[str] = "LUFS"

    quantity: Literal["programme", "dialogue"]
    gating: Literal["relative", "none"] = "relative"
    applies_when: SpeechCondition | None = None
    alternative: bool = False
    target_lufs: float
    below_lu: float | None = Field(default=None, ge=0.0)
    above_lu: float | None = Field(default=None, ge=0.0)
    ceiling_only: bool = False
    flag_below_lu: float | None = Field(default=None, ge=0.0)
    flag_above_lu: float | None = Field(default=None, ge=0.0)
    flag_severity: LooseSeverity | None = None

    @property
    def bounds(self) -> Bounds:
        """The smallest and the largest loudness that is allowed."""
        has_floor = self.below_lu is not None and not self.ceiling_only
        return self.target_lufs - (self.below_lu or 0.0) if has_floor else None, self.target_lufs + (
            self.above_lu or 0.0
        )

    @model_validator(mode="after")
    def _only_speech_is_ungated(self) -> LoudnessRule:
        if self.gating == "none" and self.quantity == "programme":
            raise ValueError('programme loudness is always gated; gating = "none" is for dialogue')
        return self


class TruePeakLimit(Limit):
    """Largest true peak allowed.

    Parameters
    ----------
    prints
        Empty by default: the limit of a print is that of every print.
    flag_dbtp
        Above this the document's own quality control flags a peak; ``flag_severity`` holds between both.
    """

    unit: ClassVar[str] = "dBTP"

    prints: tuple[str, ...] = Field(default=(), strict=False)
    max_dbtp: float
    flag_dbtp: float | None = None
    flag_severity: LooseSeverity | None = None

    @property
    def bounds(self) -> Bounds:
        """Nothing, and the largest true peak."""
        return None, self.max_dbtp


class SamplePeakLimit(Limit):
    """Largest sample allowed, where a document speaks of samples and not of true peaks."""

    unit: ClassVar[str] = "dBFS"

    prints: tuple[str, ...] = Field(default=(), strict=False)
    max_dbfs: float

    @property
    def bounds(self) -> Bounds:
        """Nothing, and the largest sample."""
        return None, self.max_dbfs


class RangeLimit(Limit):
    """Loudness range (EBU Tech 3342), of the programme or of the dialogue alone."""

    unit: ClassVar[str] = "LU"

    min_lu: float | None = None
    max_lu: float | None = None

    @property
    def bounds(self) -> Bounds:
        """The smallest and the largest range."""
        return self.min_lu, self.max_lu


class LevelLimit(Limit):
    """Largest momentary or short-term loudness; ``above_lu`` is the tolerance for quality control."""

    unit: ClassVar[str] = "LUFS"

    max_lufs: float
    above_lu: float = Field(default=0.0, ge=0.0)

    @property
    def bounds(self) -> Bounds:
        """Nothing, and the largest loudness."""
        return None, self.max_lufs + self.above_lu


class LdrLimit(Limit):
    """Largest loudness-to-dialogue ratio: programme loudness minus dialogue loudness."""

    unit: ClassVar[str] = "LU"

    max_lu: float

    @property
    def bounds(self) -> Bounds:
        """Nothing, and the largest ratio."""
        return None, self.max_lu


class VoiceOverBackground(AsWritten):
    """How far the voice of the mix has to be above everything else, short-term; nearer lines are listed in reports."""

    least_lu: float
    source: str = Field(min_length=1)
    grade: Grade


class RmsLimit(Limit):
    """Unweighted, ungated RMS, or the RMS of the noise floor."""

    unit: ClassVar[str] = "dBFS"

    min_dbfs: float | None = None
    max_dbfs: float | None = None

    @property
    def bounds(self) -> Bounds:
        """The smallest and the largest RMS."""
        return self.min_dbfs, self.max_dbfs


class LeqMLimit(Limit):
    """Largest Leq(m), in dB of sound pressure at the calibrated seat.

    Parameters
    ----------
    lfe_gain_db
        By how much the LFE replays louder than a screen channel: 10 in the table of ISO 21727, 0 in open tools.
    max_length_s
        The method is for short material; longer sound is not judged.
    """

    unit: ClassVar[str] = "dB"

    max_db: float
    lfe_gain_db: Literal[0, 10] = 0
    max_length_s: float | None = Field(default=None, gt=0.0)

    @property
    def bounds(self) -> Bounds:
        """Nothing, and the largest Leq(m)."""
        return None, self.max_db


class DurationLimit(Limit):
    """Longest sound taken."""

    unit: ClassVar[str] = "s"

    prints: tuple[str, ...] = Field(default=(), strict=False)
    max_s: float = Field(gt=0.0)

    @property
    def bounds(self) -> Bounds:
        """Nothing, and the longest duration."""
        return None, self.max_s


class HeadTailRule(Limit):
    """What stands before and after the programme in a file: silence or room tone, a 2-pop, a leader.

    Parameters
    ----------
    two_pop, leader
        A 2-pop (one frame of tone two seconds before the picture); a leader, slate or line-up tone.
    """

    unit: ClassVar[str] = "s"

    prints: tuple[str, ...] = Field(default=(), strict=False)
    head_min_s: float | None = Field(default=None, ge=0.0)
    head_max_s: float | None = Field(default=None, ge=0.0)
    tail_min_s: float | None = Field(default=None, ge=0.0)
    tail_max_s: float | None = Field(default=None, ge=0.0)
    two_pop: Literal["required", "forbidden"] | None = None
    leader: Literal["required", "forbidden"] | None = None


class PlausibleLevel(Figure):
    """Programme loudness that a stem of a role plausibly has; outside it somebody is asked, nothing is changed."""

    role: LooseRole
    quietest_lufs: float
    loudest_lufs: float
