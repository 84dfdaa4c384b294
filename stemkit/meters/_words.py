"""Where the words of a voice stem are, to 10 ms: what a fade must not cross.

A word is what comes within 15 LU of the stem's own programme loudness (the threshold of dialogue loudness), with
what leads into it and rings out of it: as long as it stays within 10 LU of that, and above the floor of the room.
Gaps shorter than 150 ms are inside words (a closed mouth), and bursts shorter than 30 ms are none. A steady sound,
whose quietest tenth is within 12 LU of its programme loudness, never pauses as speech does: it has no words.
"""

from __future__ import annotations

import numpy as np

from stemkit.core.timebase import Span
from stemkit.meters import loudness
from stemkit.meters._ledger import Floats, Ledger
from stemkit.meters.dialogue import Mask, least_of_speech, runs, without_short

_SMOOTH_CELLS = 3
_RING_LU, _ABOVE_FLOOR_LU, _STEADY_LU = 10.0, 6.0, 12.0
_SHORTEST, _LONGEST_GAP, _BEFORE, _AFTER = 3, 15, 3, 6
_SILENCE = 1e-20


def words_in(voice: Ledger) -> tuple[Span, ...]:
    """Return the words of a stem, in its samples, in order."""
    least, programme = least_of_speech(voice), loudness.read(voice).programme_lufs
    if programme is None:
        return ()
    level = _levels(voice)
    floor = float(np.percentile(level, 10.0))
    if floor > programme - _STEADY_LU:
        return ()
    ringing = level > min(least, max(least - _RING_LU, floor + _ABOVE_FLOOR_LU))
    spoken = without_short(level > least, _SHORTEST)
    active = np.zeros(len(level), dtype=bool)
    for start, end in runs(ringing):
        active[start:end] = bool(spoken[start:end].any())
    joined = ~without_short(~active, _LONGEST_GAP, inside=True)
    return tuple(
        Span(voice.cell_start(max(0, start - _BEFORE)), min(voice.length_samples, voice.cell_start(end + _AFTER)))
        for start, end in runs(_closed(joined))
    )


def _levels(voice: Ledger) -> Floats:
    power = voice.cells / (voice.cell_rate_hz / 100.0)
    padded = np.pad(power, _SMOOTH_CELLS // 2, mode="edge")
    smooth = np.convolve(padded, np.full(_SMOOTH_CELLS, 1.0 / _SMOOTH_CELLS), mode="valid")
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(smooth, _SILENCE)))


def _closed(mask: Mask) -> Mask:
    """Close gaps that what is added to words would fill, so that no two of them overlap."""
    return ~without_short(~mask, _BEFORE + _AFTER + 1, inside=True)
