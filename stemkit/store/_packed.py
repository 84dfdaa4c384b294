"""Named arrays in one run of bytes: a header in JSON, then the arrays as they lie in memory.

Reading hundreds of small arrays from a zip archive takes longer than all that is done with them afterwards.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]
_MAGIC = b"stemkit1"
_HEAD = struct.Struct("<8sI")
_KINDS = "biufcU"


def pack(arrays: Arrays) -> bytes:
    """Return arrays of numbers or text as bytes.

    Raises
    ------
    ValueError
        If an array holds anything else.
    """
    table, parts = [], []
    for name, array in arrays.items():
        if array.dtype.kind not in _KINDS:
            raise ValueError(f"{name} holds {array.dtype}, which is not kept")
        body = np.ascontiguousarray(array).tobytes()
        table.append([name, array.dtype.str, list(array.shape), len(body)])
        parts.append(body)
    header = json.dumps(table).encode()
    return b"".join([_HEAD.pack(_MAGIC, len(header)), header, *parts])


def unpack(data: bytes) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of `pack`; each may be written to.

    Raises
    ------
    ValueError, KeyError, TypeError
        If the bytes are something else.
    """
    if len(data) < _HEAD.size:
        raise ValueError("too short")
    magic, length = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        raise ValueError("no packed arrays")
    at = _HEAD.size + length
    table: list[tuple[str, str, list[int], int]] = json.loads(data[_HEAD.size : at])
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, kind, shape, size in table:
        dtype: np.dtype[Any] = np.dtype(kind)
        arrays[name] = np.frombuffer(data[at : at + size], dtype).reshape(shape).copy()
        at += size
    return arrays
