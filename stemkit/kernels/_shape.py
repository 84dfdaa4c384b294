"""Constants that the scan shares with those who call it; nothing here needs a compiler."""

from __future__ import annotations

U8, I16, I24, I32, F32, F64 = range(6)
"""Forms of packed samples."""

LARGEST = 1e100
"""What is larger, infinite or no number is no sound."""

SEGMENT_CELLS = 200
SEGMENT_WINDOWS = 20
RUN_IN_CELLS = 20
WINDOW_CELLS = 10
GROUP = 48
HISTORY = 48

PRUNED_PEAKS, LOCAL_PEAKS, UNPRUNED_PEAKS, PLAIN_PEAKS = range(4)
"""How true peaks are sought: against the largest so far, in each window, everywhere, by a plain table."""

MAX_ZERO_RUNS = 256
MAX_FLAT_RUNS = 64

ZERO_RUNS, FLAT_RUNS, FIRST_SOUND, LAST_SOUND, OVERS = range(5)
"""Rows of ``found``: how many zero runs and flat runs, first and last sound, samples over full scale."""

DECIMATED = 512
"""Samples that the content scan decimates together."""

LIMITER_GROUP = 32
LIMITER_UNIT = 1 << 24
"""Instants that the limiter looks at together, and all of its gain as a whole number."""

SPARE_VALUES = 3 * HISTORY + 32
"""Room that the scan needs for one group of a column."""

TILE = 512
"""Values of each role that a mix holds at a time; whole sample instants of stereo."""
IS_NOTHING, IS_PACKED, IS_SOUND = range(3)
"""What a role is in a stretch: silence, samples as they lie in a 24-bit file, numbers."""
FITS, OVER, OFF_GRID = range(3)
"""What becomes of prints: all right; a bus does not fit; a sum does not fit, or is off the grid."""
