"""What a rule found: a value that sorts in film order and turns into JSON.

The sentences that people read are not here: `stemkit.texts` renders them from code, condition and
parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stemkit.core.film import Role, Waiver
from stemkit.core.steps import Step
from stemkit.core.timebase import Span

Value = str | int | float | bool | None


class Severity(StrEnum):
    """How much a finding matters; the profile decides."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Outcome(StrEnum):
    """What became of a rule: it found a fault, could not look, or crashed. Passes are only counted."""

    FAIL = "fail"
    SKIP = "skip"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a finding.

    Parameters
    ----------
    chapter
        Chapter number, `None` for the film.
    role
        Role of the stem, `None` for all of a chapter.
    path
        The file, `None` where no single file is meant.
    print
        Name of the print, for findings on rendered files.
    span_in_file
        Samples from the file's first sample.
    """

    chapter: int | None = None
    role: Role | None = None
    path: Path | None = None
    print: str | None = None
    span_in_file: Span | None = None

    @property
    def sort_key(self) -> tuple[int, int, str, str, int]:
        """Film order: the film itself first, then chapters, roles, files and positions."""
        roles = list(Role)
        return (
            -1 if self.chapter is None else self.chapter,
            -1 if self.role is None else roles.index(self.role),
            str(self.path or ""),
            self.print or "",
            self.span_in_file.start if self.span_in_file else -1,
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of one rule at one place.

    Parameters
    ----------
    code, condition
        The rule's code, and which of its failing branches; together the key of the sentence.
    severity
        As the profile decides; rules state a default.
    observed, expected, unit
        What was measured, what should have been, in which unit.
    params
        Everything else that the sentence or a program needs.
    confidence
        0 to 1; 1.0 for facts that are certain.
    fixes
        Steps that would cure it, in order; empty where no tool can.
    """

    code: str
    condition: str
    where: Where
    severity: Severity = Severity.ERROR
    outcome: Outcome = Outcome.FAIL
    observed: Value = None
    expected: Value = None
    unit: str | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    confidence: float = 1.0
    fixes: tuple[Step, ...] = ()
    waived_by: Waiver | None = None

    @property
    def is_blocking(self) -> bool:
        """Whether the finding keeps a delivery from being accepted."""
        return self.severity is Severity.ERROR and self.outcome is not Outcome.SKIP and self.waived_by is None

    @property
    def fix(self) -> str | None:
        """``"safe"`` or ``"unsafe"`` where a tool can cure it, else `None`."""
        if not self.fixes:
            return None
        return "safe" if all(step.safe for step in self.fixes) else "unsafe"

    @property
    def sort_key(self) -> tuple[tuple[int, int, str, str, int], str, str]:
        """Film order, then code and condition."""
        return (self.where.sort_key, self.code, self.condition)
