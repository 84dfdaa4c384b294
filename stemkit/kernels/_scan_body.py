"""The fused scan: one pass over the samples of a few segments gives everything that the meter needs.

A segment is two seconds of sound. Every segment starts its filters anew, with 200 ms of run-in, so
segments can be scanned in any order, by any number of threads, side by side as lanes. All
arithmetic is strict (no fused or reordered operations) and each lane's is the same whatever stands
beside it: the numbers do not depend on how many lanes, threads or blocks there were.

Rows are instants and columns are ``channel * lanes + lane``, filled up to a multiple of eight. A
group is about 48 rows, a cell 10 ms, a window 100 ms.
"""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from stemkit.kernels._compile import inner
from stemkit.kernels._decode import decode
from stemkit.kernels._levels import add_products, measure_levels, settle, stir, weigh
from stemkit.kernels._peaks import SAFETY, TRUE_PEAK_DELAY, interpolate, interpolate_plain
from stemkit.kernels._runs import FLAT_LEVEL, close_runs, follow_flats, follow_zeros
from stemkit.kernels._shape import (
    FIRST_SOUND,
    GROUP,
    HISTORY,
    LAST_SOUND,
    LOCAL_PEAKS,
    OVERS,
    PLAIN_PEAKS,
    PRUNED_PEAKS,
    RUN_IN_CELLS,
    SEGMENT_CELLS,
    SEGMENT_WINDOWS,
    UNPRUNED_PEAKS,
    WINDOW_CELLS,
)
from stemkit.kernels._vector import any_at_most, larger, load, magnitude, smaller, spread, store

# Rows of ``peaks``: largest sample, largest true peak, largest true peak of the window (these have ``places``),
# largest sample of the window, largest true peak known of the channel.
_SAMPLE, _TRUE, _LOCAL, _WINDOW, _KNOWN = range(5)


@inner
def _cell_start(cell, rate):
    return (2 * cell * rate + 100) // 200


@inner
def _octet_is_plain(flat, r0, r1, w, width, levels, peaks, before, bounds):
    """Tell whether nothing in a group of eight columns needs a closer look; note what every group notes.

    Nothing does if no sample is a new peak or beyond full scale, no value between samples can reach
    the largest known one (see `_note_true_peak`), no three values are equal, and the group neither
    begins nor ends with a zero.
    """
    peak, step, pause = load(levels, w), load(levels, width + w), load(levels, 2 * width + w)
    known, sample_peak = load(peaks, _KNOWN * width + w), load(peaks, _SAMPLE * width + w)
    largest = larger(peak, load(before, w))
    smooth = largest + spread(bounds[1]) * larger(step, load(before, width + w))
    bound = smaller(spread(bounds[0]) * largest, smooth) * spread(SAFETY)
    edges = smaller(magnitude(load(flat, r0 * width + w)), magnitude(load(flat, (r1 - 1) * width + w)))
    store(before, w, peak)
    store(before, width + w, step)
    store(before, 2 * width + w, bound)
    store(peaks, _WINDOW * width + w, larger(load(peaks, _WINDOW * width + w), peak))
    if any_at_most(known, bound) or any_at_most(smaller(sample_peak, spread(1.0)), peak):
        return False
    return not (any_at_most(pause, spread(0.0)) or any_at_most(edges, spread(0.0)))


@inner
def _note_sample_peak(x, r0, r1, w, place, peak, peaks, places, found):
    at = _SAMPLE * x.shape[1] + w
    if peak > peaks[at]:
        for r in range(r0, r1):
            if abs(x[r, w]) > peaks[at]:
                peaks[at] = abs(x[r, w])
                places[_SAMPLE, w] = place + r - r0
    if peak > 1.0:
        for r in range(r0, r1):
            if abs(x[r, w]) > 1.0:
                found[OVERS, w] += 1


@inner
def _note_true_peak(x, r0, r1, w, c, place, taps, halves, bounds, mode, peaks, places, shared, spare):
    """Interpolate a group, which is done unless nothing in it can matter.

    A group is passed over only if its bound is below a value that was really found, in this channel or,
    where each window's own peak is asked for, in this window: then none of its values can be the
    largest, nor equal to it, so that neither the level nor its first place changes.
    """
    width = x.shape[1]
    row = _LOCAL if mode == LOCAL_PEAKS else _TRUE
    best, best_at = peaks[row * width + w], places[row, w]
    first = place - TRUE_PEAK_DELAY
    if mode == PLAIN_PEAKS:
        best, best_at = interpolate_plain(x, r0, r1, w, taps, best, best_at, first)
    else:
        best, best_at = interpolate(
            x, r0, r1, w, halves, bounds, spare, best, best_at, first, peaks[_KNOWN * width + w], mode < UNPRUNED_PEAKS
        )
    peaks[row * width + w], places[row, w] = best, best_at
    true = peaks[_TRUE * width + w]
    if best > true or (best == true and best_at < places[_TRUE, w]):
        peaks[_TRUE * width + w], places[_TRUE, w] = best, best_at
    shared[c] = max(shared[c], best)
    if mode < UNPRUNED_PEAKS:
        peaks[_KNOWN * width + w] = max(peaks[_KNOWN * width + w], best)


@inner
def _look_closer(x, r0, r1, w, c, place, levels, taps, halves, bounds, mode, peaks, places, found, shared, spare,
                 before, level_state, run_state, zero_runs, flat_runs, flat_levels):  # fmt: skip
    width = x.shape[1]
    peak, pause = levels[w], levels[2 * width + w]
    if peak > peaks[_SAMPLE * width + w] or peak > 1.0:
        _note_sample_peak(x, r0, r1, w, place, peak, peaks, places, found)
    follow_zeros(x, r0, r1, w, place, peak, run_state, found, zero_runs)
    if (pause == 0.0 and peak > FLAT_LEVEL) or run_state[2, w] >= 0:
        follow_flats(x, r0, r1, w, place, peak, pause, level_state, run_state, found, flat_runs, flat_levels)
    bound = before[2 * width + w]
    # Between zeros there are zeros: the largest of a sound that is all silence is the zero that it begins with.
    if bound >= peaks[_KNOWN * width + w] and (bound > 0.0 or mode != PRUNED_PEAKS):
        _note_true_peak(x, r0, r1, w, c, place, taps, halves, bounds, mode, peaks, places, shared, spare)
    return run_state[0, w] >= 0 or run_state[2, w] >= 0 or found[FIRST_SOUND, w] < 0


@inner
def _catch_up(octet, plain_until, frame, segment, lanes, used, run_state, found):
    """Write down for eight columns what plain groups leave unwritten: sound to their very end."""
    if plain_until[octet]:
        for w in range(8 * octet, min(8 * octet + 8, used)):
            found[LAST_SOUND, w] = frame + (w % lanes) * segment - 1
            run_state[1, w] = 0
        plain_until[octet] = 0


@inner
def _close_cell(
    cell, ends, width, channels, lanes, weights, state, levels, peaks, places, cells, windows, window_places
):
    row = cell // WINDOW_CELLS
    for w in range(channels * lanes):
        c = w // lanes
        lane = w - c * lanes
        at_row = lane * SEGMENT_WINDOWS + row
        cells[lane * SEGMENT_CELLS + cell] += weights[c] * state[4 * width + w]
        if ends:
            windows[0, at_row, c] = levels[4 * width + w]
            windows[1, at_row, c] = peaks[_WINDOW * width + w]
            windows[2, at_row, c] = peaks[_LOCAL * width + w]
            window_places[at_row, c] = places[_LOCAL, w]
            levels[4 * width + w] = 0.0
            peaks[_WINDOW * width + w] = 0.0
            peaks[_LOCAL * width + w] = 0.0


@inner
def _refresh_known(width, lanes, channels, mode, ends, always, shared, peaks):
    """Take over what other threads have found; in a new window nothing is known yet."""
    for w in range(channels * lanes):
        at = _KNOWN * width + w
        if always:
            peaks[at] = -1.0
        elif mode == LOCAL_PEAKS:
            if ends:
                peaks[at] = -1.0
        else:
            peaks[at] = max(peaks[at], shared[w // lanes])


def scan_body(  # noqa: C901, PLR0912, PLR0915 (one nest of loops, compiled as one)
    raw, f32, f64, fmt, channels, lanes, at, total, rate, first_segment,
    k, weights, pairs, taps, halves, bounds, shared, mode, keys,
    x, flat, state,
    cells, windows, window_places, cross, levels, words, kept, peaks, places, found, bad,
    zero_runs, flat_runs, flat_levels, spare, level_state, before, is_special, plain_until, run_state,
):  # fmt: skip
    """Scan ``lanes`` segments that stand in one buffer; see `stemkit.meters.scan` for the arrays.

    Parameters
    ----------
    raw, f32, f64
        The packed buffer, and the same bytes as floats; ``at`` is the frame of its first byte.
    total
        Length of the sound; behind it stands silence.
    k
        Seven filter coefficients; ``weights`` by channel, all zero where there is no loudness.
    halves
        Even and odd halves of the interpolator's phases, shape ``(factor // 2, 2, 24)``.
    bounds
        Constants of the interpolator (`stemkit.meters._bounds.peak_bounds`).
    shared
        Largest true peak of each channel so far, over all threads; only ever a value that was found.
    """
    width = x.shape[1]
    used = channels * lanes
    segment = 2 * rate
    base = first_segment * segment
    weighted = False
    for c in range(channels):
        weighted = weighted or weights[c] > 0.0
    always = rate < 100 * HISTORY or mode >= UNPRUNED_PEAKS
    for w in range(width):
        level_state[w] = 0.0
        run_state[0, w], run_state[1, w], run_state[2, w] = -1, 0, -1
        is_special[w // 8], plain_until[w // 8] = 1, 0
    for w in range(3 * width):
        before[w] = np.inf
    _refresh_known(width, lanes, channels, mode, True, always, shared, peaks)
    for cell in range(-RUN_IN_CELLS, SEGMENT_CELLS):
        c0, c1 = _cell_start(cell, rate), _cell_start(cell + 1, rate)
        if cell >= 0 and base + c0 >= total + HISTORY:
            break
        n = c1 - c0
        groups = max(1, n // GROUP)
        for w in range(4 * width, 5 * width):
            state[w] = 0.0
        for g in range(groups):
            r0, r1 = HISTORY + (n * g) // groups, HISTORY + (n * (g + 1)) // groups
            frame = base + c0 + r0 - HISTORY
            decode(raw, f32, f64, fmt, channels, lanes, at, frame, segment, total, x, flat, r0, r1 - r0, cell >= 0,
                   bad, spare[0])  # fmt: skip
            if weighted:
                weigh(flat, r0, r1, width, k, state)
            if cell < 0:
                continue
            measure_levels(flat, r0, r1, width, levels, words, keys)
            add_products(x, flat, r0, r1, lanes, pairs, cross, cell // WINDOW_CELLS, SEGMENT_WINDOWS, spare[0])
            for octet in range(width // 8):
                is_plain = _octet_is_plain(flat, r0, r1, 8 * octet, width, levels, peaks, before, bounds)
                if is_plain and not is_special[octet]:
                    plain_until[octet] = 1
                    continue
                _catch_up(octet, plain_until, frame, segment, lanes, used, run_state, found)
                is_special[octet] = 0
                for w in range(8 * octet, min(8 * octet + 8, used)):
                    c = w // lanes
                    place = frame + (w - c * lanes) * segment
                    calm = before[2 * width + w] < peaks[_KNOWN * width + w] and run_state[2, w] < 0
                    peak = levels[w]
                    if calm and peak == 0.0 and run_state[0, w] >= 0:
                        is_special[octet] = 1
                        continue
                    calm = calm and run_state[0, w] < 0 and peak <= min(1.0, peaks[_SAMPLE * width + w])
                    if (
                        calm
                        and levels[2 * width + w] > 0.0
                        and found[FIRST_SOUND, w] >= 0
                        and x[r0, w] != 0.0
                        and x[r1 - 1, w] != 0.0
                    ):
                        found[LAST_SOUND, w] = place + r1 - r0 - 1
                        run_state[1, w] = 0
                        continue
                    if _look_closer(x, r0, r1, w, c, place, levels, taps, halves, bounds, mode, peaks, places,
                                    found, shared, spare, before, level_state, run_state, zero_runs, flat_runs,
                                    flat_levels):  # fmt: skip
                        is_special[octet] = 1
        settle(state, width)
        for r in range(HISTORY):
            for w in range(width):
                x[r, w] = x[n + r, w]
        if cell < 0:
            continue
        stir(words, kept, width, lanes, channels, base + c0, segment, total)
        ends = cell % WINDOW_CELLS == WINDOW_CELLS - 1 or base + c1 >= total + HISTORY
        _close_cell(cell, ends, width, channels, lanes, weights, state, levels, peaks, places, cells, windows,
                    window_places)  # fmt: skip
        _refresh_known(width, lanes, channels, mode, ends, always, shared, peaks)
    for w in range(used):
        end = base + (w % lanes + 1) * segment
        _catch_up(w // 8, plain_until, base + segment, segment, lanes, used, run_state, found)
        close_runs(w, end, level_state, run_state, found, zero_runs, flat_runs, flat_levels)
