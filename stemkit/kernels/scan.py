"""The fused scan: one pass over the samples of a few segments gives everything that the meter needs.

A segment is two seconds of sound. Every segment starts its filters anew, with 200 ms of run-in, so
segments can be scanned in any order, by any number of threads, side by side as lanes. All
arithmetic is strict (no fused or reordered operations) and each lane's is the same whatever stands
beside it: the numbers do not depend on how many lanes, threads or blocks there were.

Rows are instants and columns are ``channel * lanes + lane``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from stemkit.kernels import CAN_KEEP_KERNELS

SEGMENT_CELLS = 200
RUN_IN_CELLS = 20
WINDOW_CELLS = 10
HISTORY = 48
TRUE_PEAK_DELAY = 24
MAX_ZERO_RUNS = 256
MAX_FLAT_RUNS = 64
FLAT_LEVEL = 0.1
MIN_FLAT_RUN = 3
GROUP = 48
LARGEST = 1e100
_QUIET_STATE = 1e-30

U8, I16, I24, I32, F32, F64 = range(6)
PRUNED_PEAKS, LOCAL_PEAKS, UNPRUNED_PEAKS, PLAIN_PEAKS = range(4)

jit = njit(cache=CAN_KEEP_KERNELS, nogil=True, error_model="numpy", boundscheck=False)


@jit
def _value(raw, i, fmt):
    """Return sample ``i`` of a packed buffer, exactly, and its value times 2**31 as an integer."""
    if fmt == I24:
        k = 3 * i
        word = (np.int32(raw[k]) << 8) | (np.int32(raw[k + 1]) << 16) | (np.int32(raw[k + 2]) << 24)
        return np.float64(np.int32(word)) * (1.0 / 2147483648.0), np.int64(np.int32(word))
    if fmt == I16:
        k = 2 * i
        word = (np.int32(raw[k]) << 16) | (np.int32(raw[k + 1]) << 24)
        return np.float64(np.int32(word)) * (1.0 / 2147483648.0), np.int64(np.int32(word))
    if fmt == I32:
        k = 4 * i
        word = (
            np.int32(raw[k]) | (np.int32(raw[k + 1]) << 8) | (np.int32(raw[k + 2]) << 16) | (np.int32(raw[k + 3]) << 24)
        )
        return np.float64(np.int32(word)) * (1.0 / 2147483648.0), np.int64(np.int32(word))
    word = (np.int32(raw[i]) - 128) << 24
    return np.float64(np.int32(word)) * (1.0 / 2147483648.0), np.int64(np.int32(word))


@jit
def _decode(raw, floats, fmt, channels, lanes, lane, at, frame, total, x, row, n, counted, bits, odd, bad):
    """Bring ``n`` frames from ``frame`` on into the rows of one lane; zeros stand outside the file.

    ``at`` is the frame of the buffer's first byte. ``bad`` holds the count and the first place of
    values that are no sound (NaN, infinities, absurd sizes); they are taken as zero.
    """
    low = min(n, max(0, -frame))
    high = max(low, min(n, total - frame))
    for i in range(low):
        for c in range(channels):
            x[row + i, c * lanes + lane] = 0.0
    for i in range(high, n):
        for c in range(channels):
            x[row + i, c * lanes + lane] = 0.0
    base = (frame - at) * channels
    if fmt < F32:
        for i in range(low, high):
            for c in range(channels):
                value, word = _value(raw, base + i * channels + c, fmt)
                bits[c * lanes + lane] |= word
                x[row + i, c * lanes + lane] = value
        return
    for i in range(low, high):
        for c in range(channels):
            value = np.float64(floats[base + i * channels + c]) + 0.0
            if not abs(value) <= LARGEST:
                if counted:
                    if bad[lane, 0] == 0:
                        bad[lane, 1] = frame + i
                    bad[lane, 0] += 1
                value = 0.0
            scaled = value * 2147483648.0
            if abs(scaled) < 9.0e15 and scaled == math.floor(scaled):
                bits[c * lanes + lane] |= np.int64(scaled)
            else:
                odd[c * lanes + lane] = 1
            x[row + i, c * lanes + lane] = value


@jit
def _weigh(x, r0, r1, width, k, state, energy):
    """K-weight some rows and add up the squares of each column."""
    b0, b1, b2, a1, a2, d1, d2 = k[0], k[1], k[2], k[3], k[4], k[5], k[6]
    for w in range(width):
        s1, s2, t1, t2 = state[0, w], state[1, w], state[2, w], state[3, w]
        total = energy[w]
        for r in range(r0, r1):
            v = x[r, w]
            y = b0 * v + s1
            s1 = (b1 * v - a1 * y) + s2
            s2 = b2 * v - a2 * y
            z = y + t1
            t1 = (t2 - 2.0 * y) - d1 * z
            t2 = y - d2 * z
            total += z * z
        state[0, w], state[1, w], state[2, w], state[3, w] = s1, s2, t1, t2
        energy[w] = total


@jit
def _settle(state, width):
    """Let states that no one can hear be zero, so that silence never works on denormal numbers."""
    for s in range(4):
        for w in range(width):
            if abs(state[s, w]) < _QUIET_STATE:
                state[s, w] = 0.0


@jit
def _group_levels(x, r0, r1, width, peak, step, flat, total, power):
    """Find the largest value and step of each column, and whether three values in a row are equal."""
    for w in range(width):
        p, d, f = 0.0, 0.0, 4.0
        s, e = total[w], power[w]
        before = x[r0 - 1, w]
        step_before = abs(before - x[r0 - 2, w])
        for r in range(r0, r1):
            v = x[r, w]
            this_step = abs(v - before)
            p = max(p, abs(v))
            d = max(d, this_step)
            f = min(f, this_step + step_before)
            s += v
            e += v * v
            before, step_before = v, this_step
        peak[w], step[w], flat[w], total[w], power[w] = p, d, f, s, e


@jit
def _hash_rows(bits, r0, r1, width, keys, digest):
    """Add some rows to two sums of keyed products a column (a universal hash; no defence against malice)."""
    for w in range(width):
        a, b = digest[0, w], digest[1, w]
        for r in range(r0, r1):
            v = bits[r, w]
            one = v ^ keys[0, r]
            two = v ^ keys[1, r]
            a += (one & np.uint64(0xFFFFFFFF)) * (one >> np.uint64(32))
            b += (two & np.uint64(0xFFFFFFFF)) * (two >> np.uint64(32)) + v
        digest[0, w], digest[1, w] = a, b


@jit
def _hash_stir(digest, width, lanes, first, segment, total):
    """Make the order of cells count; cells that lie behind the end of the sound leave no trace."""
    for i in range(2):
        for w in range(width):
            if first + (w % lanes) * segment >= total:
                digest[i, w] = digest[2 + i, w]
                continue
            h = digest[i, w]
            h ^= h >> np.uint64(47)
            h = (h + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0x9FB21C651E98DF25)
            digest[i, w] = h
            digest[2 + i, w] = h


@jit
def _interpolate(x, r0, r1, w, taps, window, even, odd, best, best_at, position):
    """Look at every value between samples in a group of one column; keep the largest and its place.

    Row ``r`` closes the window of the sample at ``r - 24``. Phases ``p`` and ``factor - p`` mirror
    each other, so a pair is an even part plus or minus an odd one, and its larger magnitude is
    ``|even| + |odd|``: half the products.
    """
    factor = taps.shape[0]
    n = r1 - r0
    for i in range(n + HISTORY - 1):
        window[i] = x[r0 - (HISTORY - 1) + i, w]
    for i in range(n):
        value = abs(window[i + HISTORY - 1 - TRUE_PEAK_DELAY])
        if value > best:
            best, best_at = value, (position + i) * factor
    half = HISTORY // 2
    for p in range(1, factor // 2 + 1):
        for i in range(n):
            even[i] = 0.0
            odd[i] = 0.0
        for k in range(half):
            h = 0.5 * (taps[p, k] + taps[p, HISTORY - 1 - k])
            g = 0.5 * (taps[p, k] - taps[p, HISTORY - 1 - k])
            for i in range(n):
                left, right = window[i + k], window[i + HISTORY - 1 - k]
                even[i] += h * (left + right)
                odd[i] += g * (left - right)
        for i in range(n):
            value = abs(even[i]) + abs(odd[i])
            if value > best:
                same = (even[i] >= 0.0) == (odd[i] >= 0.0)
                best, best_at = value, (position + i) * factor + (p if same else factor - p)
            elif value == best:
                same = (even[i] >= 0.0) == (odd[i] >= 0.0)
                best_at = min(best_at, (position + i) * factor + (p if same else factor - p))
    return best, best_at


@jit
def _interpolate_plain(x, r0, r1, w, taps, best, best_at, position):
    """Look at the values of a table of any phases: the reference mode."""
    factor = taps.shape[0]
    for r in range(r0, r1):
        for p in range(factor):
            value = 0.0
            for k in range(HISTORY):
                value += taps[p, k] * x[r - (HISTORY - 1) + k, w]
            if abs(value) > best:
                best, best_at = abs(value), (position + r - r0) * factor + p
    return best, best_at


@jit
def _note_runs(x, r0, r1, w, place, p, f, level_state, run_state, found, zero_runs, flat_runs, flat_levels):
    """Follow runs of zeros and of equal values through a group of one column.

    ``place`` is the position of row ``r0``. ``run_state`` holds, by row: start of the zero run (−1: none),
    zeros at the end of the group before, start of the flat run. ``found``: zero runs, flat runs, first
    and last sound.
    """
    if p == 0.0:
        if run_state[0, w] < 0:
            run_state[0, w] = place - run_state[1, w]
    else:
        first = r0
        while x[first, w] == 0.0:
            first += 1
        if found[2, w] < 0:
            found[2, w] = place + first - r0
            if run_state[0, w] < 0 and first > r0:
                run_state[0, w] = place
        if run_state[0, w] >= 0:
            _keep_run(zero_runs, found, 0, w, run_state[0, w], place + first - r0, MAX_ZERO_RUNS)
            run_state[0, w] = -1
        last = r1 - 1
        while x[last, w] == 0.0:
            last -= 1
        found[3, w] = place + last - r0
        run_state[1, w] = r1 - 1 - last
    if f > 0.0 or p <= FLAT_LEVEL:
        if run_state[2, w] >= 0:
            _keep_flat(flat_runs, flat_levels, found, w, run_state[2, w], place, level_state[w])
            run_state[2, w] = -1
        return
    start = run_state[2, w]
    if start < 0:
        start = place - 2 if x[r0 - 1, w] == x[r0 - 2, w] else place - 1
    for r in range(r0, r1):
        if x[r, w] != x[r - 1, w]:
            here = place + r - r0
            if here - start >= MIN_FLAT_RUN and abs(x[r - 1, w]) > FLAT_LEVEL:
                _keep_flat(flat_runs, flat_levels, found, w, start, here, x[r - 1, w])
            start = here
    still = place + r1 - r0 - start >= MIN_FLAT_RUN and abs(x[r1 - 1, w]) > FLAT_LEVEL
    run_state[2, w] = start if still else -1
    level_state[w] = x[r1 - 1, w]


@jit
def _keep_run(runs, found, kind, w, start, end, most):
    if end > start:
        if found[kind, w] < most:
            runs[w, found[kind, w], 0] = start
            runs[w, found[kind, w], 1] = end
        found[kind, w] += 1


@jit
def _keep_flat(runs, levels, found, w, start, end, level):
    if found[1, w] < MAX_FLAT_RUNS:
        levels[w, found[1, w]] = level
    _keep_run(runs, found, 1, w, start, end, MAX_FLAT_RUNS)


@jit
def _cell_start(cell, rate):
    return (2 * cell * rate + 100) // 200


@jit
def scan_group(
    raw, f32, f64, fmt, channels, lanes, at, total, rate, first_segment,
    k, weights, pairs, taps, bounds, shared, mode, keys,
    x, x_bits, state, scratch,
    cells, windows, window_places, cross, levels, places, found, bits, digest, bad, zero_runs, flat_runs, flat_levels,
):  # fmt: skip
    """Scan ``lanes`` segments that stand in one buffer. See `stemkit.meters.scan` for the arrays' meaning."""
    width = channels * lanes
    segment = 2 * rate
    base = first_segment * segment
    peak, step, flat, peak_before, step_before = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    energy, power, level_state, window_best = scratch[5], scratch[6], scratch[7], scratch[8]
    spare = np.empty((3, 2 * HISTORY + 128), np.float64)
    run_state = np.zeros((3, width), np.int64)
    run_state[0, :] = -1
    run_state[2, :] = -1
    spare_bits = np.zeros(width, np.int64)
    weighted = weights.max() > 0.0
    local_peaks, plain = mode == LOCAL_PEAKS, mode == PLAIN_PEAKS
    never = rate < 100 * HISTORY or mode == UNPRUNED_PEAKS or plain
    peak_before[:width] = np.inf
    for cell in range(-RUN_IN_CELLS, SEGMENT_CELLS):
        c0, c1 = _cell_start(cell, rate), _cell_start(cell + 1, rate)
        if cell >= 0 and base + c0 >= total + HISTORY:
            break
        n = c1 - c0
        energy[:width] = 0.0
        if cell < 0:
            for lane in range(lanes):
                frame = base + lane * segment + c0
                if fmt == F32:
                    _decode(raw, f32, fmt, channels, lanes, lane, at, frame, total, x, HISTORY, n, False,
                            spare_bits, spare_bits, bad)  # fmt: skip
                else:
                    _decode(raw, f64, fmt, channels, lanes, lane, at, frame, total, x, HISTORY, n, False,
                            spare_bits, spare_bits, bad)  # fmt: skip
            if weighted:
                _weigh(x, HISTORY, HISTORY + n, width, k, state, energy)
        else:
            groups = max(1, n // GROUP)
            for g in range(groups):
                r0, r1 = HISTORY + (n * g) // groups, HISTORY + (n * (g + 1)) // groups
                for lane in range(lanes):
                    frame = base + lane * segment + c0 + r0 - HISTORY
                    if fmt == F32:
                        _decode(raw, f32, fmt, channels, lanes, lane, at, frame, total, x, r0, r1 - r0, True,
                                bits[0], bits[1], bad)  # fmt: skip
                    else:
                        _decode(raw, f64, fmt, channels, lanes, lane, at, frame, total, x, r0, r1 - r0, True,
                                bits[0], bits[1], bad)  # fmt: skip
                _group_levels(x, r0, r1, width, peak, step, flat, levels[0], power)
                _hash_rows(x_bits, r0, r1, width, keys, digest)
                if weighted:
                    _weigh(x, r0, r1, width, k, state, energy)
                for w in range(width):
                    c = w // lanes
                    place = base + (w - c * lanes) * segment + c0 + r0 - HISTORY
                    p = peak[w]
                    if p > levels[1, w]:
                        for r in range(r0, r1):
                            if abs(x[r, w]) > levels[1, w]:
                                levels[1, w] = abs(x[r, w])
                                places[0, w] = place + r - r0
                    if p > 1.0:
                        for r in range(r0, r1):
                            if abs(x[r, w]) > 1.0:
                                found[4, w] += 1
                    _note_runs(x, r0, r1, w, place, p, flat[w], level_state, run_state, found,
                               zero_runs, flat_runs, flat_levels)  # fmt: skip
                    largest = max(p, peak_before[w])
                    bound = min(bounds[0] * largest, largest + bounds[1] * max(step[w], step_before[w]))
                    best = window_best[w] if local_peaks else levels[2, w]
                    limit = best if local_peaks else max(best, shared[c])
                    if never or not bound * (1.0 + 1e-9) < limit:
                        at_best = places[2, w] if local_peaks else places[1, w]
                        first = place - TRUE_PEAK_DELAY
                        if plain:
                            best, at_best = _interpolate_plain(x, r0, r1, w, taps, best, at_best, first)
                        else:
                            best, at_best = _interpolate(
                                x, r0, r1, w, taps, spare[0], spare[1], spare[2], best, at_best, first
                            )
                        if local_peaks:
                            window_best[w], places[2, w] = best, at_best
                        if best > levels[2, w] or (best == levels[2, w] and at_best < places[1, w]):
                            levels[2, w], places[1, w] = best, at_best
                        shared[c] = max(shared[c], best)
                    peak_before[w], step_before[w] = p, step[w]
                    row = (w - c * lanes) * (SEGMENT_CELLS // WINDOW_CELLS) + cell // WINDOW_CELLS
                    windows[1, row, c] = max(windows[1, row, c], p)
                for q in range(pairs.shape[0]):
                    for lane in range(lanes):
                        a, b = pairs[q, 0] * lanes + lane, pairs[q, 1] * lanes + lane
                        row = lane * (SEGMENT_CELLS // WINDOW_CELLS) + cell // WINDOW_CELLS
                        sum_ab = 0.0
                        for r in range(r0, r1):
                            sum_ab += x[r, a] * x[r, b]
                        cross[row, q] += sum_ab
            _hash_stir(digest, width, lanes, base + c0, segment, total)
            for lane in range(lanes):
                row = lane * (SEGMENT_CELLS // WINDOW_CELLS) + cell // WINDOW_CELLS
                weighted_energy = 0.0
                for c in range(channels):
                    weighted_energy += weights[c] * energy[c * lanes + lane]
                    windows[0, row, c] += power[c * lanes + lane]
                    power[c * lanes + lane] = 0.0
                    if cell % WINDOW_CELLS == WINDOW_CELLS - 1 or base + c1 >= total + HISTORY:
                        windows[2, row, c] = window_best[c * lanes + lane]
                        window_places[row, c] = places[2, c * lanes + lane]
                        window_best[c * lanes + lane] = 0.0
                cells[lane * SEGMENT_CELLS + cell] = weighted_energy
        _settle(state, width)
        for r in range(HISTORY):
            for w in range(width):
                x[r, w] = x[n + r, w]
    for w in range(width):
        end = base + (w % lanes + 1) * segment
        if run_state[0, w] >= 0:
            _keep_run(zero_runs, found, 0, w, run_state[0, w], end, MAX_ZERO_RUNS)
        elif run_state[1, w] > 0:
            _keep_run(zero_runs, found, 0, w, end - run_state[1, w], end, MAX_ZERO_RUNS)
        if run_state[2, w] >= 0:
            _keep_flat(flat_runs, flat_levels, found, w, run_state[2, w], end, level_state[w])
