"""Small pictures of evidence: what was around a finding when it was made, at most 400 points."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemkit.report.spectrogram import MEL, image_of
from stemkit.report.speech import Speech
from stemkit.report.words import clock_exact

MOST_POINTS = 400
WAVEFORM, ENVELOPE, CURVE = "waveform", "envelope", "curve"
_FULL = 127.0
_WIDTH, _HEIGHT = 200, 40
_DRAWN = 100
_LOWEST_LUFS, _HIGHEST_LUFS = -60.0, 0.0


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture in a view of 200 by 40: a path or an image, the part that is meant, and what it shows."""

    path: str
    is_line: bool
    zone: tuple[float, float] | None
    caption: str
    image: str = ""


def encode_pairs(low: NDArray[np.float64], high: NDArray[np.float64]) -> str:
    """Return columns of lowest and highest sample, −1 to 1, as base64 of signed bytes."""
    pairs = np.stack([low, high], axis=1)
    units = np.clip(np.where(np.isfinite(pairs), pairs, 0.0), -1.0, 1.0) * _FULL
    return base64.b64encode(np.round(units).astype(np.int8).tobytes()).decode("ascii")


def evidence(
    kind: str, points: str, from_s: float, to_s: float, zone: tuple[float, float] | None = None
) -> dict[str, Any]:
    """Return the evidence of a finding as JSON data.

    Parameters
    ----------
    kind
        ``waveform`` and ``envelope`` hold pairs of lowest and highest value (signed bytes of 127 a unit),
        ``curve`` holds levels (signed bytes: LUFS + 32, doubled; −128 is undefined).
    from_s, to_s, zone
        What is shown, and which part of it is meant, on the clock of the file (of the film for a print).
    """
    return {"kind": kind, "from_s": from_s, "to_s": to_s, "zone_s": list(zone) if zone else None, "points": points}


def encode_levels(levels: Sequence[float | None]) -> str:
    """Return levels as base64 of signed bytes: LUFS + 32, doubled; −128 where undefined."""
    units = [-128 if v is None else round(min(63.0, max(-127.0, (v + 32.0) * 2.0))) for v in levels[:MOST_POINTS]]
    return base64.b64encode(np.array(units, dtype=np.int8).tobytes()).decode("ascii")


def picture_of(data: Mapping[str, Any] | None, say: Speech) -> Picture | None:
    """Return the picture of a finding's evidence, `None` where there is none that this version can draw."""
    if not data or data.get("kind") not in (WAVEFORM, ENVELOPE, CURVE, MEL):
        return None
    points = np.frombuffer(base64.b64decode(data["points"]), dtype=np.int8).astype(np.float64)
    if len(points) < 2:
        return None
    length = max(data["to_s"] - data["from_s"], 1e-6)
    zone = None
    if data.get("zone_s"):
        left, right = ((edge - data["from_s"]) / length * _WIDTH for edge in data["zone_s"])
        zone = round(max(0.0, left), 1), round(max(1.0, min(right, _WIDTH) - max(0.0, left)), 1)
    times = {"from_": clock_exact(data["from_s"]), "to": clock_exact(data["to_s"])}
    if data["kind"] == MEL:
        image, words = image_of(data), say("evidence_mel", **times, khz=f"{data.get('high_hz', 0) / 1000:g}")
        return None if image is None else Picture("", is_line=False, zone=zone, caption=words, image=image)
    if data["kind"] == CURVE:
        return Picture(_curve(points), is_line=True, zone=zone, caption=say("evidence_curve"))
    if data["kind"] == ENVELOPE:
        return Picture(_columns(points), is_line=False, zone=zone, caption=say("evidence_file"))
    return Picture(_columns(points), is_line=False, zone=zone, caption=say("evidence_sound", **times))


def _columns(points: NDArray[np.float64]) -> str:
    pairs = points[: len(points) // 2 * 2].reshape(-1, 2) / _FULL
    step = max(1, -(-len(pairs) // _DRAWN))
    starts = np.arange(0, len(pairs), step)
    low, high = np.minimum.reduceat(pairs[:, 0], starts), np.maximum.reduceat(pairs[:, 1], starts)
    width, middle = _WIDTH / len(starts), _HEIGHT / 2
    parts = []
    for index, (bottom, top) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        y1, y2 = middle - top * middle, middle - bottom * middle
        parts.append(f"M{(index + 0.5) * width:.4g} {y1:.3g}V{max(y2, y1 + 0.6):.3g}")
    return "".join(parts)


def _curve(points: NDArray[np.float64]) -> str:
    width = _WIDTH / max(1, len(points) - 1)
    parts, is_open = [], False
    for index, unit in enumerate(points.tolist()):
        if unit <= -128:
            is_open = False
            continue
        level = unit / 2.0 - 32.0
        y = _HEIGHT * (_HIGHEST_LUFS - level) / (_HIGHEST_LUFS - _LOWEST_LUFS)
        parts.append(f"{'L' if is_open else 'M'}{index * width:.4g} {min(max(y, 0.0), _HEIGHT):.3g}")
        is_open = True
    return "".join(parts)
