"""All that a rule may see. Facts are gathered before any rule runs; rules read nothing else.

Readings (`Loudness`, `TruePeak` …) are kept under their own type, so that ``facts.get(Loudness)``
is a `Loudness` for the type checker too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from stemkit.core.film import Chapter, Film, Role, Stem
from stemkit.core.media import MediaInfo
from stemkit.core.mix_facts import JoinFacts, LevelFacts
from stemkit.core.profile import Profile

R = TypeVar("R")


class StreamOf(StrEnum):
    """On which sound a reading is taken."""

    STEM = "stem"
    """The file as delivered, from its first sample to its last."""
    CONFORMED = "conformed"
    """The stem after its safe steps of rate and layout, as the mix would take it."""
    CHAPTER_SUM = "chapter_sum"
    """What the mix would add for a chapter, over its picture, handles out."""
    PRINT = "print"
    """A rendered deliverable, as written."""
    ROLES = "roles"
    """The stems of a chapter side by side, aligned: what they have in common."""
    FILM = "film"
    """All stems of the film side by side."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a rule must have measured: the type of the reading, and on which sound."""

    of: StreamOf
    what: type


class UnplacedReason(StrEnum):
    """Why a sound file in a chapter's folder was not taken as a stem."""

    NO_ROLE = "no_role"
    TWO_ROLES = "two_roles"
    MIX = "mix"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A file that was found but not taken; ``roles`` are those its name mentions, ``detail`` ends a sentence."""

    path: Path
    reason: UnplacedReason
    roles: tuple[Role, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was found for a chapter: its stems, the roles that two files claim, and what was passed by.

    Parameters
    ----------
    stems
        Files taken as stems; a role may have several where the film file says so.
    candidates
        Roles for which two or more files were found; none of them is taken.
    unplaced
        Sound files whose role is not clear.
    given
        Where a file was delivered that was taken out of another one: in which archive, as which track of a video, or
        as which first one of several that it was joined from.
    """

    chapter: Chapter
    stems: tuple[Stem, ...] = ()
    candidates: Mapping[Role, tuple[Path, ...]] = field(default_factory=dict)
    unplaced: tuple[Unplaced, ...] = ()
    given: Mapping[Path, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measured:
    """Readings under their own types."""

    readings: Mapping[type, object] = field(default_factory=dict)

    def get(self, what: type[R]) -> R | None:
        """Return the reading of a type, `None` if it was not taken."""
        reading = self.readings.get(what)
        return reading if isinstance(reading, what) else None


@dataclass(frozen=True, slots=True)
class StemFacts:
    """One stem: its header and its readings. ``media`` is `None` if there is no file at its path."""

    stem: Stem
    media: MediaInfo | None
    measured: Measured = Measured()
    conformed: Measured = Measured()


@dataclass(frozen=True, slots=True)
class ChapterFacts:
    """One chapter: what was delivered, its stems, and the readings of their sum."""

    delivery: Delivery
    stems: tuple[StemFacts, ...]
    sum: Measured = Measured()
    sum_reason: str | None = None
    """Why the sum could not be measured, `None` if it was."""
    together: Measured = Measured()
    """Readings of the stems side by side."""

    @property
    def chapter(self) -> Chapter:
        """The chapter as declared."""
        return self.delivery.chapter

    def of_role(self, role: Role) -> tuple[StemFacts, ...]:
        """Return the stems of a role."""
        return tuple(facts for facts in self.stems if facts.stem.role is role)


@dataclass(frozen=True, slots=True)
class PrintFacts:
    """One rendered deliverable, as written: its roles, header and readings."""

    name: str
    roles: frozenset[Role]
    media: MediaInfo
    measured: Measured
    sha256: str
    expected_sha256: str | None = None
    """What the report of the render says, `None` where there is none."""
    has_pop: bool | None = None
    has_leader: bool | None = None
    """What stands around the programme in its files; `None` where it was not looked for."""


@dataclass(frozen=True, slots=True)
class NullFacts:
    """One sum that the prints must obey: residual in least significant bits over all samples."""

    sum: str
    of: tuple[str, ...]
    exact: bool | None
    max_residual_lsb: int | None
    samples: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """Everything that is known when the rules run."""

    film: Film
    profile: Profile
    chapters: tuple[ChapterFacts, ...] = ()
    prints: tuple[PrintFacts, ...] = ()
    nulls: tuple[NullFacts, ...] = ()
    level: LevelFacts | None = None
    joins: tuple[JoinFacts, ...] = ()
    together: Measured = Measured()
    """Readings of all stems side by side."""

    @property
    def given(self) -> dict[Path, Path]:
        """Where files were delivered that were taken out of others."""
        return {path: place for one in self.chapters for path, place in one.delivery.given.items()}
