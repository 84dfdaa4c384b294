"""Loudness of a mix while its voice speaks: a stem-keyed dialogue gate, out of two ledgers.

Where the voice is active is decided from the VO stem, not from the mix and not by any vendor's speech
detector. The rule, on K-weighted levels of every 100 ms of the stem:

1. A window is *speech* if it is above −60 LUFS, at most 15 LU below the stem's own programme loudness,
   and, where the stem has a steady floor (its 10th percentile) at least 12 LU below its programme
   loudness, 8 LU above that floor. Room noise and most breaths fall through.
2. A burst of speech shorter than 200 ms is dropped: a click, a lip smack.
3. Pauses shorter than 500 ms are bridged, and speech begins 100 ms earlier and lasts 300 ms longer
   than its windows (hangover), so that onsets and word endings belong to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from stemkit.meters import loudness
from stemkit.meters._ledger import Floats, Ledger

VERSION = 1
GATE = "stem-keyed dialogue gate"
_WINDOW_CELLS = 10
_QUIETEST_LUFS = -60.0
_BELOW_PROGRAMME_LU = 15.0
_CLEAR_FLOOR_LU, _ABOVE_FLOOR_LU = 12.0, 8.0
_SHORTEST_BURST, _LONGEST_PAUSE, _BEFORE, _AFTER = 2, 5, 1, 3
NO_SPEECH = "no speech in the voice stem"
NO_BACKGROUND = "no background was given"
_SILENCE = 1e-20

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What the voice does in a mix.

    Parameters
    ----------
    speech_share
        Part of the time in which the voice is active, 0 to 1.
    dialogue_lufs
        Loudness of the mix while the voice is active, without relative gate (as BS.1770-1).
    dialogue_gated_lufs
        The same with the gates of BS.1770-5 over the blocks that are at least half speech.
    voice_lufs
        Loudness of the voice stem itself while it is active.
    dialogue_range_lu
        Loudness range (Tech 3342) of the mix over the 3 s windows that are at least half speech.
    ldr_lu
        Programme loudness minus dialogue loudness (EBU R 128 s4).
    voice_to_background_lu, lowest_voice_to_background_lu
        Short-term level of the voice above that of everything else while it speaks: the median, and what
        it exceeds for nine tenths of the time.
    """

    speech_share: float
    dialogue_lufs: float | None
    dialogue_gated_lufs: float | None
    voice_lufs: float | None
    dialogue_range_lu: float | None
    ldr_lu: float | None
    voice_to_background_lu: float | None
    lowest_voice_to_background_lu: float | None
    undefined: Mapping[str, str] = field(default_factory=dict)


def speech_windows(voice: Ledger) -> Mask:
    """Return for each whole 100 ms of a voice stem whether it speaks."""
    level = window_levels(voice)
    active = without_short(level > least_of_speech(voice), _SHORTEST_BURST)
    return _widened(~without_short(~active, _LONGEST_PAUSE, inside=True), _BEFORE, _AFTER)


def window_levels(voice: Ledger) -> Floats:
    """Return the level of each whole 100 ms in LUFS; silence is -200.7 LUFS."""
    whole = len(voice.cells) // _WINDOW_CELLS * _WINDOW_CELLS
    power = voice.cells[:whole].reshape(-1, _WINDOW_CELLS).sum(axis=1) / (voice.cell_rate_hz / 10.0)
    return np.asarray(-0.691 + 10.0 * np.log10(np.maximum(power, _SILENCE)))


def least_of_speech(voice: Ledger) -> float:
    """Return the level in LUFS above which a voice stem speaks; infinite where it holds no voice."""
    level = window_levels(voice)
    programme = loudness.read(voice).programme_lufs
    if programme is None:
        return math.inf
    least = max(_QUIETEST_LUFS, programme - _BELOW_PROGRAMME_LU)
    floor = float(np.percentile(level, 10.0))
    return max(least, floor + _ABOVE_FLOOR_LU) if floor < programme - _CLEAR_FLOOR_LU else least


def runs(mask: Mask) -> list[tuple[int, int]]:
    """Return where a mask is true, as pairs of start and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def without_short(mask: Mask, shortest: int, *, inside: bool = False) -> Mask:
    """Drop runs shorter than some windows; ``inside`` keeps those that touch an end."""
    kept = mask.copy()
    for start, end in runs(mask):
        if end - start < shortest and not (inside and (start == 0 or end == len(mask))):
            kept[start:end] = False
    return kept


def _widened(mask: Mask, before: int, after: int) -> Mask:
    wide = mask.copy()
    for start, end in runs(mask):
        wide[max(0, start - before) : end + after] = True
    return wide


def read_dialogue(mix: Ledger, voice: Ledger, background: Ledger | None = None) -> Dialogue:
    """Return what the voice does in a mix.

    Parameters
    ----------
    mix, voice, background
        Ledgers of the whole mix, of its voice stem and, if it is there, of all the rest, which begin
        together; nothing is read again. They may differ in layout.

    Raises
    ------
    ValueError
        If the ledgers have different rates, or no loudness for want of a layout.
    """
    _require_alike(mix, voice, background)
    windows = speech_windows(voice)[: len(mix.cells) // _WINDOW_CELLS]
    share = float(windows.mean()) if len(windows) else 0.0
    if not windows.any():
        names = [name for name in Dialogue.__dataclass_fields__ if name not in ("speech_share", "undefined")]
        return Dialogue(share, None, None, None, None, None, None, None, dict.fromkeys(names, NO_SPEECH))
    cells = np.repeat(windows, _WINDOW_CELLS)
    dialogue = _level(mix, cells)
    gated = loudness.gated_power(_speaking(mix, cells, loudness.MOMENTARY_CELLS), -10.0)
    loudness_range = loudness.range_of(_speaking(mix, cells, loudness.SHORT_TERM_CELLS))
    programme = loudness.read(mix).programme_lufs
    median, lowest = (None, None) if background is None else _above(voice, background, cells)
    ldr = None if programme is None or dialogue is None else programme - dialogue
    no_background = NO_BACKGROUND if background is None else "the background is silent"
    reasons = {
        "dialogue_lufs": (dialogue, loudness.SILENT),
        "dialogue_gated_lufs": (gated, loudness.SILENT),
        "dialogue_range_lu": (loudness_range, "no 3 s are at least half speech"),
        "ldr_lu": (ldr, loudness.SILENT),
        "voice_to_background_lu": (median, no_background),
        "lowest_voice_to_background_lu": (lowest, no_background),
    }
    return Dialogue(
        speech_share=share,
        dialogue_lufs=dialogue,
        dialogue_gated_lufs=None if gated is None else loudness.lufs(gated),
        voice_lufs=_level(voice, cells),
        dialogue_range_lu=loudness_range,
        ldr_lu=ldr,
        voice_to_background_lu=median,
        lowest_voice_to_background_lu=lowest,
        undefined={name: reason for name, (value, reason) in reasons.items() if value is None},
    )


def _require_alike(mix: Ledger, voice: Ledger, background: Ledger | None) -> None:
    given = [ledger for ledger in (mix, voice, background) if ledger is not None]
    if any(ledger.cell_rate_hz != mix.cell_rate_hz for ledger in given):
        raise ValueError("the ledgers have different sample rates")
    if any(ledger.layout is None for ledger in given):
        raise ValueError("a ledger has no loudness: its layout is unknown")


def _level(ledger: Ledger, cells: Mask) -> float | None:
    heard = ledger.cells[: len(cells)]
    mask = cells[: len(heard)]
    if not mask.any():
        return None
    power = float(heard[mask].mean()) / (ledger.cell_rate_hz / 100.0)
    return loudness.lufs(power) if power > _SILENCE else None


def _speaking(ledger: Ledger, cells: Mask, length: int) -> Floats:
    """Return the powers of the windows, every 100 ms, that are at least half speech."""
    powers = loudness.window_powers(ledger, length)[::_WINDOW_CELLS]
    sums = np.concatenate([[0], np.cumsum(cells)])
    starts = np.arange(len(powers)) * _WINDOW_CELLS
    inside = starts + length < len(sums)
    share = np.zeros(len(powers))
    share[inside] = (sums[starts[inside] + length] - sums[starts[inside]]) / length
    return powers[share >= 0.5]


def voice_to_background_curve(voice: Ledger, background: Ledger) -> list[float | None]:
    """Return the short-term level of the voice above the background every 100 ms, in LU, while it speaks."""
    values, known = _differences(voice, background, np.repeat(speech_windows(voice), _WINDOW_CELLS))
    return [value if is_known else None for value, is_known in zip(values.tolist(), known.tolist(), strict=True)]


def _differences(voice: Ledger, background: Ledger, cells: Mask) -> tuple[Floats, Mask]:
    one = loudness.window_powers(voice, loudness.SHORT_TERM_CELLS)[::_WINDOW_CELLS]
    two = loudness.window_powers(background, loudness.SHORT_TERM_CELLS)[::_WINDOW_CELLS]
    count = min(len(one), len(two))
    middle = np.arange(count) * _WINDOW_CELLS + loudness.SHORT_TERM_CELLS // 2
    speaks = np.zeros(count, dtype=bool)
    speaks[middle < len(cells)] = cells[middle[middle < len(cells)]]
    known = speaks & (one[:count] > _SILENCE) & (two[:count] > _SILENCE)
    ratio = np.where(known, one[:count], 1.0) / np.where(known, two[:count], 1.0)
    return 10.0 * np.log10(ratio), known


def _above(voice: Ledger, background: Ledger, cells: Mask) -> tuple[float | None, float | None]:
    values, known = _differences(voice, background, cells)
    if not known.any():
        return None, None
    return float(np.median(values[known])), float(np.percentile(values[known], 10.0))
