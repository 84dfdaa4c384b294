"""Spectrograms as evidence: levels over time and pitch as data of a report, and as an image of the page."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEL = "mel"
COLUMNS, BANDS = 160, 48
_MOST_VALUES = COLUMNS * BANDS


def encode_mel(
    levels: NDArray[np.uint8], from_s: float, to_s: float, high_hz: float, zone: tuple[float, float] | None
) -> dict[str, Any]:
    """Return a mel spectrogram as JSON data.

    Parameters
    ----------
    levels
        Shape (bands, columns), the lowest band first.
    from_s, to_s, zone
        What is shown, and which part of it is meant, on the clock of the file.
    high_hz
        Where the highest band ends.
    """
    return {
        "kind": MEL,
        "from_s": from_s,
        "to_s": to_s,
        "zone_s": list(zone) if zone else None,
        "points": base64.b64encode(levels.tobytes()).decode("ascii"),
        "bands": len(levels),
        "high_hz": high_hz,
    }


def image_of(data: Mapping[str, Any]) -> str | None:
    """Return a spectrogram as an address that holds its image, `None` where the data are none."""
    points, bands = np.frombuffer(base64.b64decode(data["points"]), dtype=np.uint8), int(data.get("bands") or 0)
    if not 0 < bands <= len(points) <= _MOST_VALUES or len(points) % bands:
        return None
    rows = 255 - points.reshape(bands, -1)[::-1]
    return f"data:image/png;base64,{base64.b64encode(_png(rows)).decode('ascii')}"


def _png(rows: NDArray[np.uint8]) -> bytes:
    """Return a grey picture: ISO/IEC 15948 with one byte a pixel, no filter."""
    height, width = rows.shape
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
