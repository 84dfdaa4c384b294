"""From kernel calls to a ledger: what each group of segments gave, brought into one order."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stemkit.core.layout import Layout
from stemkit.dsp.kweighting import highpass, shelf
from stemkit.dsp.oversample import annex_2_interpolator, interpolator, oversampling_factor
from stemkit.kernels.scan import (
    FIRST_SOUND,
    FLAT_RUNS,
    GROUP,
    HISTORY,
    LAST_SOUND,
    LOCAL_PEAKS,
    OVERS,
    PLAIN_PEAKS,
    RUN_IN_CELLS,
)
from stemkit.meters._bounds import bounds_of_eights, halves_of, peak_bounds
from stemkit.meters._ledger import Floats, Ints, Ledger, left_right_pairs

SEGMENT_S = 2
_NEVER = np.iinfo(np.int64).max
DIGEST_VERSION = b"stemkit/1"
_KEY_SEED = 0x2545F4914F6CDD1D


@dataclass(frozen=True, slots=True, eq=False)
class Setup:
    """What all kernel calls on one sound share."""

    rate: int
    channels: int
    layout: Layout | None
    weights: Floats
    filters: Floats
    pairs: Ints
    taps: Floats
    halves: Floats
    bounds: Floats
    keys: NDArray[np.uint64]
    mode: int

    @property
    def segment(self) -> int:
        """Length of a segment in samples."""
        return SEGMENT_S * self.rate

    @property
    def run_in(self) -> int:
        """Samples before a segment that its lane needs."""
        return -((-2 * RUN_IN_CELLS * self.rate + 100) // 200)

    def segments(self, length: int) -> int:
        """Return how many segments a sound has, with room for what its true peak rings on."""
        return -(-(length + HISTORY) // self.segment) if length else 0


@lru_cache(maxsize=16)
def setup(rate: int, channels: int, layout: Layout | None, *, mode: int = 0, weigh: bool = True) -> Setup:
    """Prepare coefficients and tables."""
    one, two = shelf(rate), highpass(rate)
    gain = two.b0
    filters = np.array([gain * one.b0, gain * one.b1, gain * one.b2, one.a1, one.a2, two.a1, two.a2])
    weights = np.array([c.loudness_weight for c in layout.channels]) if layout and weigh else np.zeros(channels)
    pairs = np.array(left_right_pairs(layout, channels), dtype=np.int64).reshape(-1, 2)
    taps = annex_2_interpolator() if mode == PLAIN_PEAKS else interpolator(oversampling_factor(rate))
    rows = HISTORY + rate // 100 + 2
    bounds = np.concatenate([peak_bounds(taps), *bounds_of_eights(taps)])
    return Setup(rate, channels, layout, weights, filters, pairs, taps, halves_of(taps), bounds, _keys(rows), mode)


def _keys(rows: int) -> NDArray[np.uint64]:
    """Return fixed pseudo-random words (splitmix64): part of the digest's definition."""
    state = (np.arange(1, 2 * rows + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) + np.uint64(_KEY_SEED)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    # A row's words do not depend on how many rows there are.
    return state ^ (state >> np.uint64(31))


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What one kernel call gave, with segments in order; arrays are by segment, kind, channel."""

    cells: Floats
    windows: Floats
    window_places: Ints
    cross: Floats
    levels: Floats
    words: NDArray[np.uint64]
    digest: NDArray[np.uint64]
    peaks: Floats
    places: Ints
    found: Ints
    bad: Ints
    zero_runs: Ints
    flat_runs: Ints
    flat_levels: Floats


def runs_of(found: Ints, runs: Ints, lanes: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Return kept runs as rows of channel, start, end; and where they stood."""
    kept = np.arange(runs.shape[1]) < found[:, np.newaxis]
    channel = np.broadcast_to((np.arange(len(runs)) // lanes)[:, np.newaxis], kept.shape)
    return np.column_stack([channel[kept], runs[kept]]), kept


def _merge(runs: Ints, levels: Floats | None, length: int) -> tuple[Ints, Floats]:
    """Join runs that touch across segments; return rows of channel, start, length."""
    order = np.lexsort((runs[:, 1], runs[:, 0]))
    joined: list[list[int]] = []
    values: list[float] = []
    for i in order:
        channel, start, end = int(runs[i, 0]), int(runs[i, 1]), min(int(runs[i, 2]), length)
        level = 0.0 if levels is None else float(levels[i])
        if end <= start:
            continue
        if joined and joined[-1][0] == channel and start <= joined[-1][2] and level == values[-1]:
            joined[-1][2] = max(joined[-1][2], end)
            continue
        joined.append([channel, start, end])
        values.append(level)
    rows = np.array(joined, dtype=np.int64).reshape(-1, 3)
    rows[:, 2] -= rows[:, 1]
    return rows, np.array(values)


def shortest_certain_zero_run(rate: int) -> int:
    """Return the length from which a run of zeros is always found: it holds a whole group of the kernel."""
    lengths = (rate // 100, -(-rate // 100))
    return 2 * max(-(-cell // max(1, cell // GROUP)) for cell in lengths) - 1


def _largest(levels: Floats, places: Ints) -> tuple[Floats, Ints]:
    """Return the largest value of each channel over segments, and its first place."""
    best = levels.max(axis=0)
    at = np.where(levels == best, places, _NEVER).min(axis=0)
    return best, at


def collect(parts: Sequence[Gathered], plan: Setup, length: int, loudness: Ledger | None = None) -> Ledger:
    """Bring the results of all kernel calls on a sound of ``length`` samples into one ledger.

    Parameters
    ----------
    loudness
        The ledger of the same sound at another rate, whose cells are taken.
    """
    whole_cells = (200 * length + 100) // (2 * plan.rate) if length else 0
    while whole_cells and (2 * whole_cells * plan.rate + 100) // 200 > length:
        whole_cells -= 1
    n_windows = -(-length * 10 // plan.rate)
    whole = _joined(parts)
    sample_peak, sample_peak_at = _largest(whole.peaks[:, 0], whole.places[:, 0])
    true_peak, true_peak_at = _largest(whole.peaks[:, 1], whole.places[:, 1])
    zeros, _ = _merge(whole.zero_runs, None, length)
    flats, flat_levels = _merge(whole.flat_runs, whole.flat_levels, length)
    last_sound = whole.found[:, LAST_SOUND].max(axis=0)
    first_sound = np.where(whole.found[:, FIRST_SOUND] < 0, _NEVER, whole.found[:, FIRST_SOUND]).min(axis=0)
    non_finite = int(whole.bad[:, 0].sum())
    windows = whole.windows[:n_windows]
    with_curve = n_windows if plan.mode == LOCAL_PEAKS else 0
    return Ledger(
        sample_rate_hz=plan.rate,
        channels=plan.channels,
        layout=plan.layout,
        length_samples=length,
        cell_rate_hz=loudness.cell_rate_hz if loudness else plan.rate,
        oversampling=len(plan.taps),
        cells=loudness.cells if loudness else whole.cells[: whole_cells if plan.layout else 0],
        power=np.ascontiguousarray(windows[:, 0]),
        peak=np.ascontiguousarray(windows[:, 1]),
        cross=whole.cross[:n_windows],
        true_peak_curve=np.ascontiguousarray(windows[:with_curve, 2]),
        true_peak_curve_at=whole.window_places[:with_curve],
        totals=_add_in_order(whole.levels[:, 3]),
        sample_peak=sample_peak,
        sample_peak_at=sample_peak_at,
        # The published filter's phases lie between samples; a sample itself may be larger.
        true_peak=np.maximum(true_peak, sample_peak) if plan.mode == PLAIN_PEAKS else true_peak,
        true_peak_at=np.maximum(true_peak_at, 0),
        zero_runs=zeros[zeros[:, 2] >= shortest_certain_zero_run(plan.rate)],
        flat_runs=flats,
        flat_levels=flat_levels,
        flat_run_count=len(flats) + int(whole.found[:, FLAT_RUNS].sum()) - len(whole.flat_runs),
        first_sound=np.where(last_sound >= 0, first_sound, -1),
        last_sound=last_sound,
        over_full_scale_samples=int(whole.found[:, OVERS].sum()),
        non_finite_samples=non_finite,
        first_non_finite_at_samples=int(whole.bad[whole.bad[:, 0] > 0, 1].min()) if non_finite else -1,
        low_bits=(np.bitwise_or.reduce(whole.words[:, 0], axis=0) & np.uint64(0xFFFFFFFF)).astype(np.int64),
        is_on_grid=not whole.levels[:, 5].any(),
        digest=_digest(whole, plan, length),
    )


def _joined(parts: Sequence[Gathered]) -> Gathered:
    """Put the parts behind each other. The first and the last of them may be the only one."""
    arrays = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Gathered)}
    return Gathered(**{name: np.concatenate(pieces) for name, pieces in arrays.items()})


def _add_in_order(values: Floats) -> Floats:
    total = np.zeros(values.shape[1])
    for row in values:
        total += row
    return total


def _digest(whole: Gathered, plan: Setup, length: int) -> str:
    """Return the root of the tree: 128 bits over rate, channels, length and the segments' own hashes."""
    used = -(-length // plan.segment)
    tree = hashlib.blake2b(digest_size=16, person=DIGEST_VERSION)
    tree.update(np.array([plan.rate, plan.channels, length], dtype="<i8").tobytes())
    tree.update(np.ascontiguousarray(whole.digest[:used], dtype="<u8").tobytes())
    tree.update(np.ascontiguousarray(whole.bad[:used], dtype="<i8").tobytes())
    return tree.hexdigest()
