"""From the mono sketch of a sound, frame by frame: bands, pitch, lines, fingerprint, mains hum."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.meters._content import FRAME, HARMONICS, HOP, MAINS_HZ, MEL_BANDS, PRINT_BANDS, RATE_HZ, Floats

SILENT_DB = -200.0
_PORTION_FRAMES = 256
_SLOW = 8
_SLOW_FRAME = 1024
_SLOW_RATE_HZ = RATE_HZ / _SLOW
_PITCH_HZ = (70.0, 400.0)
_SMOOTH_FRAMES = 8
_TINY = 1e-20


def _edges(hz: Floats) -> NDArray[np.intp]:
    edges = np.round(hz * FRAME / RATE_HZ).astype(np.intp)
    for i in range(1, len(edges)):
        edges[i] = max(edges[i], edges[i - 1] + 1)
    return edges


def _mel(hz: float) -> float:
    return 2595.0 * math.log10(1.0 + hz / 700.0)


_MEL_HZ = 700.0 * (10.0 ** (np.linspace(_mel(60.0), _mel(5500.0), MEL_BANDS + 1) / 2595.0) - 1.0)
_MEL_EDGES = _edges(_MEL_HZ)
_PRINT_EDGES = _edges(np.geomspace(250.0, 3500.0, PRINT_BANDS + 1))


def decibels(power: Floats) -> Floats:
    """Return power in dB, no less than −200."""
    return np.asarray(10.0 * np.log10(np.maximum(power, _TINY)))


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """What was found in some frames of the sketch."""

    levels_db: Floats
    bands_db: Floats
    pitch_hz: Floats
    pitch_strength: Floats
    print_power: Floats
    peak_hz: Floats
    peak_share: Floats


class Sketcher:
    """A sink for the mono sketch at 12 kHz, whatever the lengths of its blocks."""

    def __init__(self) -> None:
        self._rest = np.zeros(0)
        self._slow_rest = np.zeros(0)
        self._frames: list[Frames] = []
        self._mains: list[Floats] = []
        self._window = np.hanning(FRAME + 1)[:-1].astype(np.float32)
        self._slow_window = np.blackman(_SLOW_FRAME + 1)[:-1]
        shape = np.fft.irfft(np.abs(np.fft.rfft(self._window, 2 * FRAME)) ** 2)[: FRAME // 2]
        self._window_shape = shape / shape[0]

    def push(self, mono: Floats) -> None:
        """Take the next samples of the sketch."""
        self._rest = np.concatenate([self._rest, mono])
        portion = _PORTION_FRAMES * HOP
        while len(self._rest) >= portion + FRAME - HOP:
            self._take(self._rest[: portion + FRAME - HOP])
            self._rest = self._rest[portion:]

    def _take(self, mono: Floats) -> None:
        frames = np.lib.stride_tricks.sliding_window_view(mono, FRAME)[::HOP]
        self._frames.append(self._look(frames))
        whole = len(frames) * HOP // _SLOW * _SLOW
        slow = np.concatenate([self._slow_rest, mono[:whole].reshape(-1, _SLOW).mean(axis=1)])
        if len(slow) >= _SLOW_FRAME:
            views = np.lib.stride_tricks.sliding_window_view(slow, _SLOW_FRAME)[:: _SLOW_FRAME // 2]
            self._mains.append(self._listen_for_mains(views))
            slow = slow[len(views) * (_SLOW_FRAME // 2) :]
        self._slow_rest = slow

    def _look(self, frames: Floats) -> Frames:
        spectra = np.fft.rfft(frames.astype(np.float32) * self._window, axis=1)
        power = spectra.real**2 + spectra.imag**2
        power *= 2.0 / (FRAME * np.sum(self._window**2))
        power[:, :2] = 0.0
        total = power.sum(axis=1)
        mel = np.add.reduceat(power[:, : _MEL_EDGES[-1]], _MEL_EDGES[:-1], axis=1)
        prints = np.add.reduceat(power[:, : _PRINT_EDGES[-1]], _PRINT_EDGES[:-1], axis=1)
        best = power.argmax(axis=1)
        rows = np.arange(len(power))
        around = sum(power[rows, np.clip(best + k, 0, power.shape[1] - 1)] for k in (-2, -1, 0, 1, 2))
        pitch_hz, strength = self._pitch(power)
        return Frames(
            decibels(total),
            decibels(mel),
            pitch_hz,
            strength,
            prints,
            best * RATE_HZ / FRAME,
            np.asarray(around / np.maximum(total, _TINY)),
        )

    def _pitch(self, power: Floats) -> tuple[Floats, Floats]:
        """Find the period at which each frame is most like itself, below 2 kHz."""
        voice = np.zeros((len(power), FRAME // 2 + 1), power.dtype)
        low, high = 5, 2000 * FRAME // RATE_HZ
        voice[:, low:high] = power[:, low:high]
        likeness = np.fft.irfft(voice, axis=1)[:, : FRAME // 2] / self._window_shape
        first, last = int(RATE_HZ / _PITCH_HZ[1]), int(RATE_HZ / _PITCH_HZ[0])
        zone = likeness[:, first : last + 1] / np.maximum(likeness[:, :1], _TINY)
        # A longer period must be clearly better to be believed: the double of a period is one, too.
        zone = zone - 0.0006 * np.arange(last + 1 - first)
        at = zone.argmax(axis=1)
        return RATE_HZ / (first + at), zone[np.arange(len(zone)), at]

    def _listen_for_mains(self, frames: Floats) -> Floats:
        """Return level and prominence of the harmonics of 50 and 60 Hz, shape (frames, 2, mains, harmonics)."""
        power = np.abs(np.fft.rfft(frames * self._slow_window, axis=1)) ** 2
        power *= 4.0 / np.sum(self._slow_window) ** 2 / 2.0
        found = np.zeros((len(frames), 2, len(MAINS_HZ), HARMONICS))
        for m, mains in enumerate(MAINS_HZ):
            for h in range(HARMONICS):
                at = round(mains * (h + 1) * _SLOW_FRAME / _SLOW_RATE_HZ)
                line = power[:, at - 1 : at + 2].max(axis=1)
                beside = np.concatenate([power[:, at - 7 : at - 3], power[:, at + 4 : at + 8]], axis=1)
                found[:, 0, m, h] = decibels(line)
                found[:, 1, m, h] = decibels(line) - decibels(beside.mean(axis=1))
        return found

    def result(self) -> tuple[Frames, Floats, NDArray[np.uint32]]:
        """Return all frames, the mains hum, and the fingerprint."""
        frames, mains = list(self._frames), list(self._mains)
        padded = np.concatenate([self._rest, np.zeros(max(0, FRAME - len(self._rest)))])
        count = (len(padded) - FRAME) // HOP + 1 if len(self._rest) else 0
        if count:
            views = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
            frames.append(self._look(views))
        if not frames:
            frames.append(self._look(np.zeros((0, FRAME))))
        joined = Frames(*(np.concatenate([getattr(f, name) for f in frames]) for name in Frames.__slots__))
        hum = np.concatenate(mains) if mains else np.zeros((0, 2, len(MAINS_HZ), HARMONICS))
        return joined, hum, fingerprint(joined.print_power)


def fingerprint(power: Floats) -> NDArray[np.uint32]:
    """Return 32 bits a frame: whether the tilt between neighbouring bands grew since the frame before.

    The signs of differences survive codecs, filters and any gain (Haitsma and Kalker, 2002).
    """
    if len(power) == 0:
        return np.zeros(0, np.uint32)
    summed = np.cumsum(np.concatenate([np.zeros((1, power.shape[1])), power]), axis=0)
    ends = np.minimum(np.arange(len(power)) + _SMOOTH_FRAMES, len(power))
    smooth = summed[ends] - summed[: len(power)]
    tilt = np.diff(smooth, axis=1)
    before = np.concatenate([np.zeros((1, tilt.shape[1])), tilt[:-1]])
    bits = (tilt - before) > 0.0
    return np.asarray((bits * (np.uint64(1) << np.arange(32, dtype=np.uint64))).sum(axis=1).astype(np.uint32))
