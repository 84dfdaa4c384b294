"""What a rule is. The base class that a rule has is its scope: the engine walks, the rule judges.

Rules read facts only: no audio, no file system, no clock, no other rule. Sentences are not here but
in `stemkit.texts`, one file a code.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import ClassVar, Literal

from stemkit.core.facts import ChapterFacts, FilmFacts, Measured, Need, PrintFacts, StemFacts
from stemkit.core.finding import Finding, Outcome, Severity, Value, Where
from stemkit.core.layout import LAYOUTS, Layout
from stemkit.core.lengths import LengthFit, fit_length, fit_sibling
from stemkit.core.profile import AppliesTo
from stemkit.core.steps import Step
from stemkit.core.timebase import Span, resampled_length


class Topic(IntEnum):
    """What a rule is about, in the order in which people should act: one repair may make the next needless."""

    PRESENCE = 0
    RATE = 1
    LAYOUT = 2
    STORAGE = 3
    LENGTH = 4
    CONTENT = 5
    LEVEL = 6
    PRINT = 7
    NAME = 8
    ENGINE = 9


@dataclass(frozen=True, slots=True)
class Supersedes:
    """What need not be said beside a finding, about the same stem or chapter: it follows from it, or contradicts it.

    Parameters
    ----------
    codes
        Codes, or codes with a condition: ``"SIG006"``, ``"FMT003.live_channels"``.
    by
        The conditions of the rule that say enough; all of them if empty.
    nearby
        Only what lies at the same place in the file.
    """

    codes: tuple[str, ...]
    by: tuple[str, ...] = ()
    nearby: bool = False


class Rule(ABC):
    """One thing that is checked.

    Attributes
    ----------
    code, name
        Stable for ever; a code that retires is never used again.
    topic
        What the rule is about; ranks its findings.
    conditions
        Its failing branches and the reasons for which it skips; each has a sentence in the texts.
    severity
        Default, which profile and finding may change.
    fix
        The best that a tool can do about it.
    needs
        Readings without which the rule skips.
    wants
        Readings that it uses where they were taken.
    topics
        Conditions that are about something else than the rest.
    supersedes
        Findings of other rules that need not be said beside its own.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    topic: ClassVar[Topic]
    conditions: ClassVar[tuple[str, ...]]
    severity: ClassVar[Severity] = Severity.ERROR
    fix: ClassVar[Literal["none", "safe", "unsafe"]] = "none"
    needs: ClassVar[tuple[Need, ...]] = ()
    wants: ClassVar[tuple[Need, ...]] = ()
    topics: ClassVar[Mapping[str, Topic]] = {}
    supersedes: ClassVar[tuple[Supersedes, ...]] = ()

    def finding(
        self,
        condition: str,
        where: Where,
        *,
        severity: Severity | None = None,
        observed: Value = None,
        expected: Value = None,
        unit: str | None = None,
        fixes: tuple[Step, ...] = (),
        confidence: float = 1.0,
        params: Mapping[str, Value] | None = None,
    ) -> Finding:
        """Return a finding of this rule; ``params`` hold what its sentence or a program needs besides."""
        return Finding(
            code=self.code,
            condition=self._known(condition),
            where=where,
            severity=severity or self.severity,
            observed=observed,
            expected=expected,
            unit=unit,
            params=params or {},
            confidence=confidence,
            fixes=fixes,
        )

    def skip(self, condition: str, where: Where, params: Mapping[str, Value] | None = None) -> Finding:
        """Return a finding that says why the rule could not look."""
        return Finding(
            code=self.code,
            condition=self._known(condition),
            where=where,
            severity=Severity.INFO,
            outcome=Outcome.SKIP,
            params=params or {},
        )

    def _known(self, condition: str) -> str:
        if condition not in self.conditions:
            raise ValueError(f"{self.code} does not declare the condition {condition!r}")
        return condition


class StemRule(Rule):
    """A rule about one file."""

    takes_unusable: ClassVar[bool] = False
    """Whether the rule wants files too that cannot be read; it is never given files that do not exist."""

    @abstractmethod
    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is wrong with a stem; yielding nothing is a pass."""


class ChapterRule(Rule):
    """A rule about a chapter's stems together."""

    @abstractmethod
    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is wrong with a chapter; yielding nothing is a pass."""


class FilmRule(Rule):
    """A rule about the whole film."""

    @abstractmethod
    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is wrong with the film; yielding nothing is a pass."""


class PrintRule(Rule):
    """A rule about one rendered deliverable."""

    @abstractmethod
    def check(self, rendered: PrintFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is wrong with a print; yielding nothing is a pass."""


class EngineRule(Rule):
    """A code that the engine itself uses; listed and explained like the others, never walked."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound that a profile has limits for: a stem, the sum of a chapter, or a print.

    ``reason`` says why it was not measured, `None` if it was; ``length_samples`` is `None` for a chapter's sum.
    """

    of: AppliesTo
    label: str
    where: Where
    sample_rate_hz: int
    measured: Measured
    reason: str | None = None
    length_samples: int | None = None

    def at(self, sample: int | None) -> Where:
        """Return the place of one sample, or of the whole where there is none."""
        return self.where if sample is None else replace(self.where, span_in_file=Span(sample, sample + 1))


def sounds_of(film: FilmFacts) -> Iterator[Sound]:
    """Yield everything that limits of level apply to."""
    rate_hz = film.profile.format.sample_rate_hz
    for chapter in film.chapters:
        for stem in chapter.stems:
            if stem.media is not None and stem.media.is_usable:
                rate, length = stem.media.sample_rate_hz, stem.media.length_samples
                where = where_stem(stem, chapter)
                yield Sound("stem", "the stem", where, rate, stem.measured, length_samples=length)
        reason = chapter.sum_reason
        yield Sound("chapter", "the sum of the stems", where_chapter(chapter), rate_hz, chapter.sum, reason)
    for rendered in film.prints:
        where, media = Where(print=rendered.name, path=rendered.media.path), rendered.media
        label, length = f"the print {rendered.name}", media.length_samples
        yield Sound("print", label, where, media.sample_rate_hz, rendered.measured, length_samples=length)


def where_stem(stem: StemFacts, chapter: ChapterFacts) -> Where:
    """Return the place of a stem."""
    return Where(chapter=chapter.chapter.number, role=stem.stem.role, path=stem.stem.path)


def where_span(stem: StemFacts, chapter: ChapterFacts, start: int, end: int) -> Where:
    """Return the place of some samples of a stem."""
    return replace(where_stem(stem, chapter), span_in_file=Span(start, max(start, end)))


def where_chapter(chapter: ChapterFacts) -> Where:
    """Return the place of a whole chapter."""
    return Where(chapter=chapter.chapter.number)


def fit_of(stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> LengthFit | None:
    """Return how a stem's length fits its chapter; `None` where the file or the picture length is unknown."""
    media, rate = stem.media, film.film.frame_rate
    if media is None or not media.is_usable or media.sample_rate_hz <= 0:
        return None
    if rate is None or chapter.chapter.length_frames is None:
        return None
    rate_hz = film.profile.format.sample_rate_hz
    return fit_length(media.length_samples, media.sample_rate_hz, rate_hz, chapter.chapter, rate)


def fit_any(stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> LengthFit | None:
    """Return how a stem's length fits the picture, or where none is known the chapter's other stems."""
    rate_hz = film.profile.format.sample_rate_hz
    if film.film.frame_rate is not None and chapter.chapter.length_frames is not None:
        return fit_of(stem, chapter, film)
    usable = [one.media for one in chapter.stems if one.media is not None and one.media.is_usable]
    if stem.media not in usable:
        return None
    votes: Counter[int] = Counter()
    for media in usable:
        # A header that states the right rate is believed rather than another one.
        vote = 3 if media.sample_rate_hz == rate_hz else 2
        votes[resampled_length(media.length_samples, media.sample_rate_hz, rate_hz)] += vote
    common = max(votes, key=lambda length: (votes[length], length))
    return fit_sibling(stem.media, rate_hz, common)


def profile_layout(film: FilmFacts) -> Layout:
    """Return the layout in which the profile wants stems."""
    return LAYOUTS[film.profile.format.layout]
