"""Music and effects under the voice: where their gain goes down, and how it gets there and back.

A pure function of the position in the film: no block edge, thread or starting point shows. It looks ahead,
is smooth (a cosine in decibels), and is exactly 1.0 away from the voice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from stemkit.core.film import Ducking, Role
from stemkit.core.timebase import Span

DUCKED = (Role.SFX, Role.MUSIC)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Dip:
    """One way down and back, in samples of the film; it may begin before the film, or end after it.

    Parameters
    ----------
    start, down
        The gain falls between these.
    up, end
        It rises between these.
    """

    start: int
    down: int
    up: int
    end: int

    @property
    def span(self) -> Span:
        """Where the gain is not 1.0."""
        return Span(max(0, self.start), max(0, self.end))


@dataclass(frozen=True, slots=True)
class Duck:
    """The gain of music and effects over the film, as dips that do not overlap, in order of time."""

    settings: Ducking
    dips: tuple[Dip, ...]

    def gains(self, span: Span) -> Floats | None:
        """Return a gain for each sample of a span of the film, `None` where it is 1.0 throughout."""
        inside = [dip for dip in self.dips if dip.end > span.start and dip.start < span.end]
        if not inside:
            return None
        depth = np.zeros(span.length)
        for dip in inside:
            _lower(depth, dip, span)
        return np.asarray(10.0 ** (depth * (-self.settings.depth_db / 20.0)))


def plan_duck(settings: Ducking, voice: Iterable[Span], rate_hz: int) -> Duck:
    """Plan the gain of music and effects.

    Parameters
    ----------
    voice
        Where somebody speaks, in samples of the film, in order.

    Notes
    -----
    Where a pause is so short that the gain would not come up and stay there for as long as it takes to rise,
    it stays down: nothing pumps.
    """
    rest = round(settings.release_s * rate_hz)
    dips: list[Dip] = []
    for span in voice:
        dip = _dip(span, settings, rate_hz)
        if dips and dip.start - dips[-1].end < rest:
            last = dips.pop()
            dip = Dip(last.start, last.down, max(last.up, dip.up), max(last.end, dip.end))
        dips.append(dip)
    return Duck(settings, tuple(dips))


def _dip(span: Span, settings: Ducking, rate_hz: int) -> Dip:
    start = span.start - round(settings.lookahead_s * rate_hz)
    down = start + round(settings.attack_s * rate_hz)
    up = max(down, span.end + round(settings.hold_s * rate_hz))
    return Dip(start, down, up, up + round(settings.release_s * rate_hz))


def _lower(depth: Floats, dip: Dip, span: Span) -> None:
    """Raise ``depth`` to the part, 0 to 1, of the full depth that a dip asks for."""
    edges = (dip.start, dip.down, dip.up, dip.end)
    for way, (start, end) in zip(("falls", "stays", "rises"), pairwise(edges), strict=True):
        first, last = max(start, span.start), min(end, span.end)
        if first >= last:
            continue
        place = (np.arange(first - start, last - start) + 0.5) / np.float64(end - start)
        risen = 0.5 - 0.5 * np.cos(math.pi * place)
        shape = {"falls": risen, "stays": np.ones_like(risen), "rises": 1.0 - risen}[way]
        depth[first - span.start : last - span.start] = shape
