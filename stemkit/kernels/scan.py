"""The fused scan, ready to be called; see `stemkit.kernels._scan_body` for what it does."""

from __future__ import annotations

from stemkit.kernels._object_code import ObjectKernel
from stemkit.kernels._shape import (
    F32,
    F64,
    FIRST_SOUND,
    FLAT_RUNS,
    GROUP,
    HISTORY,
    I16,
    I24,
    I32,
    LARGEST,
    LAST_SOUND,
    LOCAL_PEAKS,
    MAX_FLAT_RUNS,
    MAX_ZERO_RUNS,
    OVERS,
    PLAIN_PEAKS,
    PRUNED_PEAKS,
    RUN_IN_CELLS,
    SEGMENT_CELLS,
    SEGMENT_WINDOWS,
    SPARE_VALUES,
    U8,
    UNPRUNED_PEAKS,
)

__all__ = [
    "F32", "F64", "FIRST_SOUND", "FLAT_RUNS", "GROUP", "HISTORY", "I16", "I24", "I32", "LARGEST", "LAST_SOUND",
    "LOCAL_PEAKS", "MAX_FLAT_RUNS", "MAX_ZERO_RUNS", "OVERS", "PLAIN_PEAKS", "PRUNED_PEAKS", "RUN_IN_CELLS",
    "SEGMENT_CELLS", "SEGMENT_WINDOWS", "SPARE_VALUES", "U8", "UNPRUNED_PEAKS", "scan_group",
]  # fmt: skip

# One letter a type, one digit a dimension (0: a single integer), in the order of the arguments.
_SIGNATURE = (
    "B1 f1 d1 q0 q0 q0 q0 q0 q0 q0 "
    "d1 d1 q2 d2 d3 d1 d1 q0 Q1 "
    "d2 d1 d1 "
    "d1 d3 q2 d2 d1 Q1 Q2 d1 q2 q2 q2 "
    "q3 q3 d2 d2 d1 d1 q1 q1 q2"
)
scan_group = ObjectKernel("stemkit.kernels._scan_body", "scan_body", _SIGNATURE)
