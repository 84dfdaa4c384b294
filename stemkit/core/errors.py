"""Errors that a user can cause, each with what, where, why and what to do next.

Which to use: if a better file from the creator would cure it, it is a `Finding`; if a better film
file, profile or command line would, it is a `StemkitError` with a hint; if better code would, let
it crash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what the user gave us.

    Parameters
    ----------
    code
        Short stable word for machines, such as ``"unknown_key"``.
    message
        What is wrong, in one sentence.
    hint
        What to do next, or an empty string.
    path, line, key
        Where it is: the file as the user knows it, the line (from 1) and the dotted key.
    """

    code: str
    message: str
    hint: str = ""
    path: str | None = None
    line: int | None = None
    key: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.path, self.line) if part is not None)
        return f"{place}: {self.message}" if place else self.message


class StemkitError(Exception):
    """Base of all errors that a user can cause; carries every problem found, not only the first."""

    exit_code: ClassVar[int] = 2

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class UsageError(StemkitError):
    """A command line that cannot be followed, such as a path that does not exist."""


class ManifestError(StemkitError):
    """A film file with errors."""


class ProfileError(StemkitError):
    """A profile that does not exist or has errors."""


class MediaError(StemkitError):
    """A sound file that cannot be read, or not to its end."""

    exit_code = 3


class OutputError(StemkitError):
    """A folder that cannot be listed, or an output that cannot be written."""

    exit_code = 3


class PlanConflict(StemkitError):  # noqa: N818
    """Two rules ask for contradicting steps on one stem: a defect of the rules."""

    exit_code = 4


class RenderError(StemkitError):
    """A render that could not be finished as planned."""

    exit_code = 3


class SumOverflow(RenderError):  # noqa: N818
    """A print that would exceed full scale; nothing is ever clipped, so nothing was written."""

    exit_code = 1
