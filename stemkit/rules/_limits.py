"""What rules of level share: one figure of a sound against the bounds that the profile states for it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from stemkit.core.facts import FilmFacts, Need, StreamOf
from stemkit.core.finding import Finding, Severity, Where
from stemkit.core.finding import Value as FindingValue
from stemkit.core.profile import FigureName
from stemkit.core.profile_figures import Limit
from stemkit.rules._base import FilmRule, Sound, Topic, sounds_of

L = TypeVar("L", bound=Limit)

NOT_MEASURED = "it was not measured"


@dataclass(frozen=True, slots=True)
class Value:
    """A figure of a sound; ``reason`` says why it is undefined, ``at_samples`` where it was reached."""

    value: float | None
    reason: str | None = None
    at_samples: int | None = None


def needs_on_all(what: type) -> tuple[Need, ...]:
    """Return the need of a reading on stems, chapter sums and prints."""
    return tuple(Need(of, what) for of in (StreamOf.STEM, StreamOf.CHAPTER_SUM, StreamOf.PRINT))


def gap_of(film: FilmFacts, key: FigureName) -> dict[str, FindingValue] | None:
    """Return what to say where the profile's document states no figure, `None` where that is not its claim."""
    reason = film.profile.not_published.get(key)
    return None if reason is None else {"profile": film.profile.name, "reason": reason}


def limits_for(sound: Sound, limits: tuple[L, ...]) -> Iterator[L]:
    """Yield the figures that are about a sound."""
    for limit in limits:
        if limit.holds_for(sound.of, sound.where.print, sound.where.role):
            yield limit


def excess(value: float, limit: Limit) -> float:
    """Return by how much a value is above (positive) or below (negative) the bounds, 0 inside them."""
    low, high = (None if bound is None else round(bound, 2) for bound in limit.bounds)
    if high is not None and value > high:
        return round(value - high, 2)
    return round(value - low, 2) if low is not None and value < low else 0.0


class LimitRule(FilmRule, Generic[L]):
    """One figure of stems, chapters or prints stays within the bounds that the profile states.

    Attributes
    ----------
    key
        Name of the profile's list of figures.
    """

    topic = Topic.LEVEL
    severity = Severity.WARNING
    key: ClassVar[FigureName]
    conditions: ClassVar[tuple[str, ...]] = ("too_high", "skip_not_published", "skip_undefined")

    @abstractmethod
    def value_of(self, sound: Sound, limit: L) -> Value:
        """Return the figure of a sound that a limit is about."""

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is out of bounds, and what the document does not state or could not be measured."""
        if gap := gap_of(film, self.key):
            yield self.skip("skip_not_published", Where(), gap)
        for sound in sounds_of(film):
            for limit in limits_for(sound, getattr(film.profile, self.key)):
                yield from self._judge(sound, limit)

    def _judge(self, sound: Sound, limit: L) -> Iterator[Finding]:
        found = Value(None, sound.reason) if sound.reason else self.value_of(sound, limit)
        if found.value is None:
            reason = found.reason or NOT_MEASURED
            yield self.skip("skip_undefined", sound.where, {"what": sound.label, "reason": reason})
            return
        value = round(found.value, 2)
        by, (low, high) = excess(value, limit), limit.bounds
        if by == 0.0:
            return
        at = found.at_samples
        yield self.finding(
            "too_high" if by > 0 else "too_low",
            sound.at(at),
            severity=limit.severity,
            observed=value,
            expected=high if by > 0 else low,
            unit=limit.unit,
            params={
                "what": sound.label,
                "by": abs(by),
                "at_s": None if at is None else at / sound.sample_rate_hz,
                "grade": limit.grade,
            },
        )
