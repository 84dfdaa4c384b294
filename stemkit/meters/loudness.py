"""Programme, momentary and short-term loudness and loudness range, as pure functions of a ledger.

ITU-R BS.1770-5 Annex 1 (gating, block count), EBU Tech 3341 v4 (windows), EBU Tech 3342 v4 (range).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from stemkit.meters._ledger import Floats, Ledger

VERSION = 1
MOMENTARY_CELLS = 40
SHORT_TERM_CELLS = 300
BLOCK_STEP_CELLS = 10
_OFFSET_DB = -0.691
_ABSOLUTE_GATE = 10.0 ** ((-70.0 - _OFFSET_DB) / 10.0)
_SILENCE = 1e-20  # −200 LUFS: below every format's last bit
NO_LAYOUT = "layout unknown: give --layout"
TOO_SHORT = "shorter than 400 ms"
TOO_SHORT_FOR_RANGE = "shorter than 3 s"
SILENT = "silence: nothing is above -70 LUFS"
NOTHING = "silence"


@dataclass(frozen=True, slots=True)
class Loudness:
    """Loudness of a sound. What is undefined is `None`, with the reason under ``undefined``.

    Places are those of the first sample of the loudest window.
    """

    programme_lufs: float | None
    range_lu: float | None
    max_momentary_lufs: float | None
    max_momentary_at_samples: int | None
    max_short_term_lufs: float | None
    max_short_term_at_samples: int | None
    undefined: Mapping[str, str] = field(default_factory=dict)


RESULT = Loudness


def read(ledger: Ledger) -> Loudness:
    """Return the loudness of the whole sound."""
    return _read_cells(ledger, 0, len(ledger.cells), range_step_cells=BLOCK_STEP_CELLS)


def reference_read(ledger: Ledger) -> Loudness:
    """Return the loudness with the range taken in steps of 1 s, as libebur128 does."""
    return _read_cells(ledger, 0, len(ledger.cells), range_step_cells=100)


def loudness_of_range(ledger: Ledger, start_s: float, end_s: float) -> Loudness:
    """Return the loudness of a stretch of the sound, to the nearest 10 ms, without reading it again."""
    last = len(ledger.cells)
    first = min(last, max(0, round(start_s * 100)))
    return _read_cells(ledger, first, max(first, min(last, round(end_s * 100))), range_step_cells=BLOCK_STEP_CELLS)


def lufs(power: float) -> float:
    """Convert a weighted mean square to LUFS."""
    return _OFFSET_DB + 10.0 * math.log10(power)


def window_powers(ledger: Ledger, cells: int) -> Floats:
    """Return the weighted mean square of every window of some cells (a multiple of 10), one for each 10 ms."""
    return _window_powers(ledger, ledger.cells, 0, cells)


def _window_powers(ledger: Ledger, cells: Floats, first: int, length: int) -> Floats:
    count = len(cells) - length + 1
    if count <= 0:
        return np.zeros(0)
    tens = np.zeros(len(cells) - 9)
    for i in range(10):
        tens += cells[i : i + len(tens)]
    total = np.zeros(count)
    for i in range(0, length, 10):
        total += tens[i : i + count]
    total /= _window_samples(ledger, first, count, length)
    return total


def _window_samples(ledger: Ledger, first: int, count: int, length: int) -> Floats | float:
    rate = ledger.cell_rate_hz
    if rate % 100 == 0:
        return float(length * (rate // 100))
    starts = (2 * np.arange(first, first + count + length) * rate + 100) // 200
    return np.asarray(starts[length:] - starts[:count], dtype=np.float64)


def gated_power(powers: Floats, gate_lu: float) -> float | None:
    """Return the mean of those block powers that pass both gates; `None` if none does."""
    loud = powers[powers > _ABSOLUTE_GATE]
    if not len(loud):
        return None
    relative = float(loud.mean()) * 10.0 ** (gate_lu / 10.0)
    return float(loud[loud > relative].mean())


def range_of(powers: Floats) -> float | None:
    """Return the loudness range of short-term powers, by nearest rank; `None` if none passes the absolute gate."""
    loud = powers[powers > _ABSOLUTE_GATE]
    if not len(loud):
        return None
    kept = np.sort(loud[loud > float(loud.mean()) * 0.01])
    low, high = (kept[math.floor((len(kept) - 1) * p + 0.5)] for p in (0.10, 0.95))
    return 10.0 * math.log10(high / low)


def _largest(ledger: Ledger, powers: Floats, first: int) -> tuple[float | None, int | None]:
    if not len(powers):
        return None, None
    at = int(powers.argmax())
    power = float(powers[at])
    return (lufs(power), ledger.cell_start(first + at)) if power > _SILENCE else (None, None)


def _read_cells(ledger: Ledger, first: int, last: int, range_step_cells: int) -> Loudness:
    if ledger.layout is None:
        fields = ("programme_lufs", "range_lu", "max_momentary_lufs", "max_short_term_lufs")
        return Loudness(None, None, None, None, None, None, dict.fromkeys(fields, NO_LAYOUT))
    cells = ledger.cells[first:last]
    momentary = _window_powers(ledger, cells, first, MOMENTARY_CELLS)
    short_term = _window_powers(ledger, cells, first, SHORT_TERM_CELLS)
    programme = gated_power(momentary[::BLOCK_STEP_CELLS], -10.0)
    loudness_range = range_of(short_term[::range_step_cells])
    max_m, max_m_at = _largest(ledger, momentary, first)
    max_s, max_s_at = _largest(ledger, short_term, first)
    undefined: dict[str, str] = {}
    if programme is None:
        undefined["programme_lufs"] = SILENT if len(momentary) else TOO_SHORT
    if loudness_range is None:
        undefined["range_lu"] = SILENT if len(short_term) else TOO_SHORT_FOR_RANGE
    if max_m is None:
        undefined["max_momentary_lufs"] = NOTHING if len(momentary) else TOO_SHORT
    if max_s is None:
        undefined["max_short_term_lufs"] = NOTHING if len(short_term) else TOO_SHORT_FOR_RANGE
    level = None if programme is None else lufs(programme)
    return Loudness(level, loudness_range, max_m, max_m_at, max_s, max_s_at, undefined)


def momentary_curve(ledger: Ledger, step_cells: int = BLOCK_STEP_CELLS) -> list[float | None]:
    """Return momentary loudness in LUFS; entry ``i`` is the window that starts at cell ``i × step_cells``."""
    return _curve(window_powers(ledger, MOMENTARY_CELLS)[::step_cells])


def short_term_curve(ledger: Ledger, step_cells: int = BLOCK_STEP_CELLS) -> list[float | None]:
    """Return short-term loudness in LUFS; entry ``i`` is the window that starts at cell ``i × step_cells``."""
    return _curve(window_powers(ledger, SHORT_TERM_CELLS)[::step_cells])


def _curve(powers: Floats) -> list[float | None]:
    heard = powers > _SILENCE
    values = _OFFSET_DB + 10.0 * np.log10(np.where(heard, powers, 1.0))
    return [value if is_heard else None for value, is_heard in zip(values.tolist(), heard.tolist(), strict=True)]
