"""How loud each chapter stands in the film before anything is trimmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np

from stemkit.core.film import BalanceMode, Role
from stemkit.core.layout import Layout
from stemkit.meters._ledger import Ledger
from stemkit.meters.dialogue import Mask, speech_windows
from stemkit.meters.loudness import loudness_of_range, lufs, read
from stemkit.plan.balance import BalancePlan, ChapterLevel, plan_balance
from stemkit.plan.routing import PrintRow
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work
from stemkit.render.printing import scan_sums

_STEP_S = 3.0
_CELLS_IN_WINDOW = 10
_SILENCE = 1e-20
_ROOM_LU = 25.0
_SUM, _VOICE = PrintRow("sum", tuple(Role)), PrintRow("voice", (Role.VO,))


def balance_film(
    timeline: Timeline, layout: Layout, mode: BalanceMode, max_trim_db: float, given: Mapping[int, float], work: Work
) -> BalancePlan:
    """Measure every chapter in the plain film and plan its trim.

    Parameters
    ----------
    mode
        ``"dialogue"``: the loudness of the mix while the voice stem speaks; else programme loudness.
    """
    rows = (_SUM, _VOICE) if mode == "dialogue" else (_SUM,)
    ledgers, _ = scan_sums(timeline, rows, layout, work)
    mix, voice, rate = ledgers[_SUM.name], ledgers.get(_VOICE.name), timeline.sample_rate_hz
    speaks = None if voice is None else _speaking(voice, timeline)

    def level(start: int, end: int) -> tuple[float | None, float]:
        if speaks is None:
            return loudness_of_range(mix, start / rate, end / rate).programme_lufs, (end - start) / rate
        return _dialogue(mix, speaks, start / rate, end / rate)

    levels = [ChapterLevel(number, *level(span.start, span.end)) for number, span in timeline.chapters.items()]
    cuts = {one: timeline.chapters[one].end / rate for one, _ in pairwise(timeline.chapters)}
    steps = {after: _step(mix, at) for after, at in cuts.items()}
    return plan_balance(mode, level(0, timeline.length_samples)[0], levels, max_trim_db, given, steps)


def _speaking(voice: Ledger, timeline: Timeline) -> Mask:
    """Return for each 10 ms of the film whether its voice speaks, by the level that it has in its own chapter.

    A voice that stands far below the film's is what a balance is for; where it stands yet further below, it is room.
    """
    speaks = np.zeros(len(voice.cells), dtype=bool)
    film = loudness_of_range(voice, 0.0, voice.duration_s).programme_lufs
    for span in timeline.chapters.values():
        first, last = (round(at / timeline.sample_rate_hz * 100) for at in (span.start, span.end))
        chapter = replace(voice, cells=voice.cells[first:last])
        level = read(chapter).programme_lufs
        if film is not None and level is not None and level > film - _ROOM_LU:
            found = np.repeat(speech_windows(chapter), _CELLS_IN_WINDOW)
            speaks[first : first + len(found)] = found
    return speaks


def _dialogue(mix: Ledger, speaks: Mask, start_s: float, end_s: float) -> tuple[float | None, float]:
    """Return the loudness of the mix while the voice speaks, and for how long it does."""
    first, last = round(start_s * 100), round(end_s * 100)
    heard = mix.cells[: len(speaks)][first:last][speaks[: len(mix.cells)][first:last]]
    power = float(heard.mean()) / (mix.cell_rate_hz / 100.0) if len(heard) else 0.0
    return (lufs(power) if power > _SILENCE else None), len(heard) / 100.0


def _step(mix: Ledger, at_s: float) -> float | None:
    before = loudness_of_range(mix, at_s - _STEP_S, at_s).programme_lufs
    after = loudness_of_range(mix, at_s, at_s + _STEP_S).programme_lufs
    return None if before is None or after is None else after - before
