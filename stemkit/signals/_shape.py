"""Building stones of synthesis: seeds, envelopes, coloured noise, rooms and placing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block

Mono = NDArray[np.float64]
"""float64, shape ``(samples,)``."""

Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Gain over frequency in Hz."""


def generator(*parts: int | str) -> np.random.Generator:
    """Return a random generator that depends on the parts alone."""
    key = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return np.random.default_rng(int.from_bytes(key[:16], "little"))


def samples(seconds: float, rate_hz: int) -> int:
    """Return the nearest number of samples to a duration chosen by ear."""
    return round(seconds * rate_hz)


def envelope(length: int, attack: int, release: int) -> Mono:
    """Return a gain that rises over ``attack`` samples, stays at 1 and falls over ``release`` samples."""
    gain = np.ones(length)
    attack, release = min(attack, length), min(release, length)
    if attack:
        gain[:attack] = 0.5 - 0.5 * np.cos(np.pi * (np.arange(attack) + 0.5) / attack)
    if release:
        gain[length - release :] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(release) + 0.5) / release)
    return gain


def decay(length: int, time_samples: float) -> Mono:
    """Return an exponential fall by 60 dB over ``time_samples``."""
    fallen: Mono = np.exp(-6.907755 / max(time_samples, 1.0) * np.arange(length))
    return fallen


def shaped_noise(length: int, rate_hz: int, random: np.random.Generator, curve: Curve) -> Mono:
    """Return noise of RMS 1 whose spectrum follows ``curve``."""
    if length <= 0:
        return np.zeros(0)
    size = _fast_size(length)
    spectrum = np.fft.rfft(random.standard_normal(size))
    spectrum *= curve(np.asarray(np.fft.rfftfreq(size, 1.0 / rate_hz), dtype=np.float64))
    noise: Mono = np.fft.irfft(spectrum, size)[:length]
    noise /= max(float(np.sqrt(np.mean(noise * noise))), 1e-12)
    return noise


def band(low_hz: float, high_hz: float, slope: float = 2.0) -> Curve:
    """Return a gentle band: 1 between two frequencies, falling ``6 * slope`` dB an octave outside."""

    def curve(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
        floor = np.maximum(frequency, 1e-3)
        low = (floor / low_hz) ** slope
        high = (floor / high_hz) ** slope
        return low / np.sqrt(1.0 + low * low) / np.sqrt(1.0 + high * high)

    return curve


def slow_random(length: int, rate_hz: int, random: np.random.Generator, period_s: float) -> Mono:
    """Return a smooth random curve between 0 and 1 that moves about once in ``period_s``."""
    knots = max(4, int(length / rate_hz / period_s) + 4)
    positions = np.linspace(0, length, knots)
    between = np.interp(np.arange(length), positions, random.uniform(0.0, 1.0, knots))
    smooth: Mono = 0.5 - 0.5 * np.cos(np.pi * between)
    return smooth


def room(
    dry: Block, rate_hz: int, random: np.random.Generator, *, decay_s: float, wet: float, bright_hz: float = 4500.0
) -> Block:
    """Return a stereo sound in a room: early reflections, then two independent decaying tails.

    Parameters
    ----------
    dry
        The sound, shape ``(n, 1)`` or ``(n, 2)``.
    decay_s
        Time in which the tail falls by 60 dB.
    wet
        Amplitude of the room beside the sound, for a steady sound of many frequencies.
    """
    length, tail = len(dry), samples(decay_s, rate_hz)
    size = _fast_size(length + tail)
    out = np.empty((length, 2))
    for side in range(2):
        source = dry[:, side % dry.shape[1]]
        reflections = shaped_noise(tail, rate_hz, random, band(180.0, bright_hz, 1.0)) * decay(tail, tail)
        for arrival in random.uniform(0.006, 0.05, 7):
            at = samples(float(arrival), rate_hz)
            if at < tail:
                reflections[at] += float(random.uniform(-3.0, 3.0))
        reflections[: samples(0.004, rate_hz)] = 0.0
        reflections *= wet / max(float(np.sqrt(np.sum(reflections * reflections))), 1e-12)
        spectrum = np.fft.rfft(source, size) * np.fft.rfft(reflections, size)
        out[:, side] = source + np.fft.irfft(spectrum, size)[:length]
    return out


def place(target: Block, sound: Mono, at: int, *, gain: float = 1.0, pan: float = 0.0) -> None:
    """Add a mono sound to a stereo block at a position, panned with constant power (-1 left to 1 right)."""
    start, end = max(at, 0), min(at + len(sound), len(target))
    if start >= end:
        return
    angle = (pan + 1.0) * np.pi / 4.0
    part = sound[start - at : end - at] * gain
    target[start:end, 0] += part * (np.cos(angle) * np.sqrt(2.0))
    target[start:end, 1] += part * (np.sin(angle) * np.sqrt(2.0))


def to_rms(sound: Block, rms: float, active_above: float = 0.05) -> Block:
    """Scale a sound so that its active parts (100 ms windows well above its quietest) have an RMS."""
    if not len(sound):
        return sound
    power = np.mean(sound * sound, axis=1)
    window = max(1, len(power) // 200)
    usable = len(power) // window * window
    steps = power[:usable].reshape(-1, window).mean(axis=1)
    active = steps[steps > active_above * steps.max()] if steps.max() > 0.0 else steps
    level = float(np.sqrt(active.mean())) if len(active) else 0.0
    return sound * (rms / level) if level > 0.0 else sound


def _fast_size(length: int) -> int:
    """Return a size, at least ``length``, for which the Fourier transform is quick."""
    size = 1 << max(length - 1, 1).bit_length()
    return size * 3 // 4 if size * 3 // 4 >= length else size
