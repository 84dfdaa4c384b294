"""Runs of zeros and of equal values, followed through the groups of one column."""

# mypy: ignore-errors

from __future__ import annotations

from stemkit.kernels._compile import inner
from stemkit.kernels._shape import FIRST_SOUND, FLAT_RUNS, LAST_SOUND, MAX_FLAT_RUNS, MAX_ZERO_RUNS, ZERO_RUNS

FLAT_LEVEL = 0.1
MIN_FLAT_RUN = 3

# Rows of ``run_state``: start of the zero run (−1: none), zeros at the end of the group before, start of the flat run.
_ZERO_START, _ZEROS_BEFORE, _FLAT_START = range(3)


@inner
def follow_zeros(x, r0, r1, w, place, peak, run_state, found, zero_runs):
    """Follow runs of zeros; ``place`` is the position of row ``r0``, ``peak`` the group's largest magnitude."""
    if peak == 0.0:
        if run_state[_ZERO_START, w] < 0:
            run_state[_ZERO_START, w] = place - run_state[_ZEROS_BEFORE, w]
        return
    first, last = r0, r1 - 1
    while x[first, w] == 0.0:
        first += 1
    while x[last, w] == 0.0:
        last -= 1
    start = run_state[_ZERO_START, w]
    if found[FIRST_SOUND, w] < 0:
        found[FIRST_SOUND, w] = place + first - r0
        if start < 0 and first > r0:
            start = place
    if start >= 0:
        keep_zeros(zero_runs, found, w, start, place + first - r0)
        run_state[_ZERO_START, w] = -1
    found[LAST_SOUND, w] = place + last - r0
    run_state[_ZEROS_BEFORE, w] = r1 - 1 - last


@inner
def follow_flats(x, r0, r1, w, place, peak, pause, level_state, run_state, found, flat_runs, flat_levels):
    """Follow runs of equal values; ``pause`` is the smallest sum of two steps in a row, 0 where three are equal."""
    start = run_state[_FLAT_START, w]
    if pause > 0.0 or peak <= FLAT_LEVEL:
        if start >= 0:
            keep_flat(flat_runs, flat_levels, found, w, start, place, level_state[w])
            run_state[_FLAT_START, w] = -1
        return
    if start < 0:
        start = place - 2 if x[r0 - 1, w] == x[r0 - 2, w] else place - 1
    for r in range(r0, r1):
        if x[r, w] != x[r - 1, w]:
            here = place + r - r0
            if here - start >= MIN_FLAT_RUN and abs(x[r - 1, w]) > FLAT_LEVEL:
                keep_flat(flat_runs, flat_levels, found, w, start, here, x[r - 1, w])
            start = here
    lasts = place + r1 - r0 - start >= MIN_FLAT_RUN and abs(x[r1 - 1, w]) > FLAT_LEVEL
    run_state[_FLAT_START, w] = start if lasts else -1
    level_state[w] = x[r1 - 1, w]


@inner
def close_runs(w, end, level_state, run_state, found, zero_runs, flat_runs, flat_levels):
    """Keep what still runs at the end of a segment; what goes on in the next one is joined later."""
    if run_state[_ZERO_START, w] >= 0:
        keep_zeros(zero_runs, found, w, run_state[_ZERO_START, w], end)
    elif run_state[_ZEROS_BEFORE, w] > 0:
        keep_zeros(zero_runs, found, w, end - run_state[_ZEROS_BEFORE, w], end)
    if run_state[_FLAT_START, w] >= 0:
        keep_flat(flat_runs, flat_levels, found, w, run_state[_FLAT_START, w], end, level_state[w])


@inner
def keep_zeros(runs, found, w, start, end):
    """Note a run of zeros while there is room for it."""
    if found[ZERO_RUNS, w] < MAX_ZERO_RUNS:
        runs[w, found[ZERO_RUNS, w], 0] = start
        runs[w, found[ZERO_RUNS, w], 1] = end
    found[ZERO_RUNS, w] += 1


@inner
def keep_flat(runs, levels, found, w, start, end, level):
    """Note a run of equal values while there is room for it."""
    if found[FLAT_RUNS, w] < MAX_FLAT_RUNS:
        runs[w, found[FLAT_RUNS, w], 0] = start
        runs[w, found[FLAT_RUNS, w], 1] = end
        levels[w, found[FLAT_RUNS, w]] = level
    found[FLAT_RUNS, w] += 1
