"""Listening to the voice of the film, to plan what music and effects do under it.

Where the voice speaks is decided as for dialogue loudness (`stemkit.meters.dialogue`), on the voice bus of the
whole film. On top of that, a stretch ducks only if it comes within 6 LU of how loud speech is within 15 s of it
(the median of its 100 ms): breaths between the lines, and the rustle of a room, do not.
"""

from __future__ import annotations

import numpy as np

from stemkit.core.film import Ducking, Role
from stemkit.core.layout import Layout
from stemkit.core.timebase import Span
from stemkit.meters._ledger import Floats, Ledger
from stemkit.meters.dialogue import Mask, least_of_speech, runs, speech_windows, window_levels
from stemkit.plan.ducking import Duck, plan_duck
from stemkit.plan.routing import PrintRow
from stemkit.plan.timeline import Timeline
from stemkit.render.buses import Work
from stemkit.render.printing import scan_sums

_VOICE = PrintRow("voice", (Role.VO,))
_BELOW_SPEECH_LU, _NEAR_WINDOWS = 6.0, 150
_WINDOW_CELLS = 10


def duck_film(timeline: Timeline, layout: Layout, settings: Ducking, work: Work) -> Duck | None:
    """Plan the gain of music and effects over a film; `None` where it is to stay as it is."""
    if not settings.depth_db:
        return None
    ledgers, _ = scan_sums(timeline, (_VOICE,), layout, work)
    return plan_duck(settings, voice_spans(ledgers[_VOICE.name]), timeline.sample_rate_hz)


def voice_spans(voice: Ledger) -> list[Span]:
    """Return where somebody speaks, in samples."""
    level = window_levels(voice)
    spoken = level > least_of_speech(voice)
    return [
        Span(voice.cell_start(start * _WINDOW_CELLS), voice.cell_start(end * _WINDOW_CELLS))
        for start, end in runs(speech_windows(voice))
        if _is_speech(level, spoken, start, end)
    ]


def _is_speech(level: Floats, spoken: Mask, start: int, end: int) -> bool:
    near = slice(max(0, start - _NEAR_WINDOWS), end + _NEAR_WINDOWS)
    usual = float(np.median(level[near][spoken[near]]))
    return float(level[start:end].max()) > usual - _BELOW_SPEECH_LU
