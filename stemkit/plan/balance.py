"""How rooms are brought together: one gain a chapter, the same for all its stems, shown before it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from stemkit.core.film import BalanceMode
from stemkit.plan.levels import nearest_step
from stemkit.plan.timeline import Timeline

LEAST_SPEECH_S = 3.0


@dataclass(frozen=True, slots=True)
class ChapterLevel:
    """What one chapter measures before any gain; ``heard_s`` is how much of it was measured."""

    chapter: int
    lufs: float | None
    heard_s: float


@dataclass(frozen=True, slots=True)
class JoinStep:
    """By how much the level steps up at the cut after a chapter, 3 s against 3 s, without and with the trims."""

    after: int
    before_lu: float | None
    after_lu: float | None


@dataclass(frozen=True, slots=True)
class Trim:
    """The gain of a chapter, and why it is not what would bring it to the film's level."""

    chapter: int
    before_lufs: float | None
    after_lufs: float | None
    trim_db: float
    why: str | None = None


@dataclass(frozen=True, slots=True)
class BalancePlan:
    """The trims of a film; ``film_lufs`` is what chapters are brought towards."""

    mode: BalanceMode
    film_lufs: float | None
    max_trim_db: float
    trims: tuple[Trim, ...]
    steps: tuple[JoinStep, ...] = ()

    def by_chapter(self) -> dict[int, float]:
        """Return the gains that are not 0 dB."""
        return {trim.chapter: trim.trim_db for trim in self.trims if trim.trim_db}


def plan_balance(
    mode: BalanceMode,
    film_lufs: float | None,
    levels: Sequence[ChapterLevel],
    max_trim_db: float,
    given: Mapping[int, float],
    steps: Mapping[int, float | None],
) -> BalancePlan:
    """Choose a trim for every chapter.

    Parameters
    ----------
    given
        Trims that a person wrote; they win, whatever was measured.
    steps
        Level steps at the cuts as delivered, by the chapter before.
    """
    trims = tuple(_trim(mode, film_lufs, level, max_trim_db, given) for level in levels)
    gains = {trim.chapter: trim.trim_db for trim in trims}
    order = [level.chapter for level in levels]
    following = dict(pairwise(order))
    told = tuple(
        JoinStep(after, step, None if step is None else step + gains[following[after]] - gains[after])
        for after, step in steps.items()
    )
    return BalancePlan(mode, film_lufs, max_trim_db, trims, told)


def _trim(
    mode: BalanceMode, film_lufs: float | None, level: ChapterLevel, most: float, given: Mapping[int, float]
) -> Trim:
    if level.chapter in given:
        return _told(level, given[level.chapter], "given")
    if mode == "none":
        return _told(level, 0.0, None)
    if level.lufs is None or film_lufs is None:
        return _told(level, 0.0, "no speech" if mode == "dialogue" else "silent")
    if mode == "dialogue" and level.heard_s < LEAST_SPEECH_S:
        return _told(level, 0.0, f"less than {LEAST_SPEECH_S:.0f} s of speech")
    wanted = nearest_step(film_lufs - level.lufs)
    bounded = max(-most, min(most, wanted))
    return _told(level, bounded, None if bounded == wanted else f"{wanted:+.1f} dB wanted, bounded by max_trim_db")


def _told(level: ChapterLevel, trim_db: float, why: str | None) -> Trim:
    after = None if level.lufs is None else level.lufs + trim_db
    return Trim(level.chapter, level.lufs, after, trim_db + 0.0, why)


def with_trims(timeline: Timeline, trims: Mapping[int, float]) -> Timeline:
    """Return the timeline with a gain on every stem of the chapters named; a crossfade leads from one to the next."""
    lines = {
        role: tuple(
            tuple(replace(each, gain_db=trims.get(each.chapter, 0.0)) for each in line) for line in timeline.lines[role]
        )
        for role in timeline.lines
    }
    return replace(timeline, lines=lines)
