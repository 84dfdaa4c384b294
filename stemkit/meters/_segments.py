"""One call of the scan's kernel on the segments of a buffer, with the arrays that it needs."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from stemkit.kernels.scan import (
    FIRST_SOUND,
    HISTORY,
    LAST_SOUND,
    MAX_FLAT_RUNS,
    MAX_ZERO_RUNS,
    SEGMENT_CELLS,
    SEGMENT_WINDOWS,
    SPARE_VALUES,
    scan_group,
)
from stemkit.meters._gather import Gathered, Setup, runs_of
from stemkit.meters._ledger import Floats

T = TypeVar("T", bound=np.generic)
_BUFFER_BYTES = 32 << 20
_ALL_BUFFERS_BYTES = 128 << 20
_LANES = ((1, 16), (12, 8))


class KnownParts(Protocol):
    """What is known of a file that was made of parts of another one; everything else is scanned, and handed over."""

    @property
    def segments(self) -> int:
        """How many segments a part is long."""

    def recall(self, part: int, /) -> Gathered | None:
        """Return what is known of a part."""

    def keep(self, part: int, found: Gathered, /) -> None:
        """Take what was found of a part."""


def lanes_for(rate: int, channels: int, value_bytes: int, threads: int = 1) -> int:
    """Return how many segments to scan side by side; a matter of speed and memory, never of numbers.

    Eight or more are brought into rows eight at a time, which is much faster than lane by lane.
    """
    most = min(_BUFFER_BYTES, _ALL_BUFFERS_BYTES // threads)
    lanes = next((lanes for most_channels, lanes in _LANES if channels <= most_channels), 2)
    while lanes > 1 and 2 * rate * lanes * channels * value_bytes > most:
        lanes //= 2
    return lanes


def scan_segments(
    plan: Setup,
    buffer: NDArray[np.uint8],
    fmt: int,
    at: int,
    total: int,
    first_segment: int,
    lanes: int,
    shared: Floats,
) -> Gathered:
    """Scan some segments that stand in a buffer.

    Parameters
    ----------
    buffer
        Packed samples, its length a multiple of 8 bytes; ``at`` is the frame of its first byte.
    total
        Length of the sound; what lies behind it is silence.
    shared
        Largest true peak of each channel so far, to prune against; it is raised.
    """
    channels = plan.channels
    used = channels * lanes
    width = -(-used // 8) * 8
    rows = lanes * SEGMENT_WINDOWS
    x = np.zeros((HISTORY + plan.rate // 100 + 2, width))
    cells, windows, cross = (
        np.zeros(lanes * SEGMENT_CELLS),
        np.zeros((3, rows, channels)),
        np.zeros((rows, len(plan.pairs))),
    )
    window_places = np.zeros((rows, channels), dtype=np.int64)
    levels, words = np.zeros(6 * width), np.zeros(3 * width, dtype=np.uint64)
    kept, peaks = np.zeros((2, width), dtype=np.uint64), np.zeros(5 * width)
    places, found = np.zeros((3, width), dtype=np.int64), np.zeros((5, width), dtype=np.int64)
    found[FIRST_SOUND], found[LAST_SOUND] = -1, -1
    bad = np.zeros((lanes, 2), dtype=np.int64)
    zero_runs = np.zeros((width, MAX_ZERO_RUNS, 2), dtype=np.int64)
    flat_runs, flat_levels = np.zeros((width, MAX_FLAT_RUNS, 2), dtype=np.int64), np.zeros((width, MAX_FLAT_RUNS))
    scan_group(
        buffer, buffer.view(np.float32), buffer.view(np.float64), fmt, channels, lanes, at, total, plan.rate,
        first_segment, plan.filters, plan.weights, plan.pairs, plan.taps, plan.halves, plan.bounds, shared,
        plan.mode, plan.keys, x, x.reshape(-1), np.zeros(5 * width),
        cells, windows, window_places, cross, levels, words, kept, peaks, places, found, bad,
        zero_runs, flat_runs, flat_levels,
        np.zeros((4, SPARE_VALUES)), np.zeros(width), np.zeros(3 * width), np.zeros(width // 8, dtype=np.int64),
        np.zeros(width // 8, dtype=np.int64), np.zeros((3, width), dtype=np.int64),
    )  # fmt: skip

    def by_segment(array: NDArray[T]) -> NDArray[T]:
        return np.ascontiguousarray(array.reshape(-1, width)[:, :used].reshape(-1, channels, lanes).transpose(2, 0, 1))

    zeros, _ = runs_of(found[0, :used], zero_runs[:used], lanes)
    flats, is_kept = runs_of(found[1, :used], flat_runs[:used], lanes)
    return Gathered(
        cells, np.ascontiguousarray(windows.transpose(1, 0, 2)), window_places, cross,
        by_segment(levels), by_segment(words), by_segment(kept), by_segment(peaks), by_segment(places),
        by_segment(found), bad, zeros, flats, flat_levels[:used][is_kept],
    )  # fmt: skip
