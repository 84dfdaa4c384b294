"""Harmonic music: chords that follow one another, a bass and a plucked figure, in a hall."""

from __future__ import annotations

import numpy as np

from stemkit.core.block import Block
from stemkit.signals._shape import Mono, decay, envelope, generator, place, room, samples, to_rms

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)
_TRIAD = (0, 2, 4, 7)
_PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 4, 0), (5, 3, 0, 4), (0, 2, 5, 4), (0, 4, 5, 3), (1, 4, 0, 5))
_FIGURES = ((0, 2, 4, 2), (0, 4, 2, 4, 7, 4), (4, 2, 0, 2), (0, 2, 4, 7, 4, 2, 4, 2))


def compose(length_samples: int, sample_rate_hz: int, seed: int, *, rms_dbfs: float = -33.5) -> Block:
    """Return a piece of music in stereo; key, mode, tempo, harmony and figure depend on the seed.

    Parameters
    ----------
    length_samples, sample_rate_hz
        Length and rate of the sound.
    rms_dbfs
        Level of the music.
    """
    random = generator("music", seed)
    scale = _MINOR if seed % 3 else _MAJOR
    tonic = 45 + int(random.integers(0, 9))
    progression = _PROGRESSIONS[seed % len(_PROGRESSIONS)]
    figure = _FIGURES[int(random.integers(0, len(_FIGURES)))]
    bar = samples(float(random.uniform(2.6, 3.8)), sample_rate_hz)
    dry = np.zeros((length_samples, 2))
    for number in range(-(-length_samples // bar)):
        degree = progression[number % len(progression)]
        chord = tuple(_pitch(tonic, scale, degree + step) for step in _TRIAD)
        _bar(dry, number * bar, bar, chord=chord, rate_hz=sample_rate_hz, random=random)
        notes = [_frequency(_pitch(tonic + 24, scale, degree + step)) for step in figure]
        _pluck_figure(dry, number * bar, bar, notes, sample_rate_hz)
    hall = room(dry, sample_rate_hz, generator("hall", seed), decay_s=1.9, wet=0.35, bright_hz=3200.0)
    return to_rms(hall, 10.0 ** (rms_dbfs / 20.0))


def _pitch(tonic: int, scale: tuple[int, ...], step: int) -> int:
    return tonic + 12 * (step // len(scale)) + scale[step % len(scale)]


def _frequency(pitch: int) -> float:
    return 440.0 * float(2.0 ** ((pitch - 69) / 12.0))


def _bar(
    target: Block, at: int, bar: int, *, chord: tuple[int, ...], rate_hz: int, random: np.random.Generator
) -> None:
    overlap = samples(0.5, rate_hz)
    for voice, pitch in enumerate(chord):
        sung = _pad(_frequency(pitch + 12), bar + overlap, rate_hz, random)
        place(target, sung, at, gain=0.16, pan=-0.6 + 0.4 * voice)
    bass = _pad(_frequency(chord[0] - 12), bar + overlap // 4, rate_hz, random, partials=4)
    place(target, bass, at, gain=0.28)


def _pad(frequency_hz: float, length: int, rate_hz: int, random: np.random.Generator, partials: int = 7) -> Mono:
    """Return a string-like note: two players a little apart, soft partials, slow bow."""
    out = np.zeros(length)
    for cents in (-4.0, 4.0):
        step = 2.0 * np.pi * frequency_hz * 2.0 ** (cents / 1200.0) / rate_hz
        turn = np.exp(1j * (step * np.arange(length) + float(random.uniform(0.0, 6.28))))
        harmonic = np.ones(length, dtype=np.complex128)
        for number in range(1, partials + 1):
            harmonic *= turn
            out += harmonic.imag / number**1.7
    return out * envelope(length, samples(0.45, rate_hz), samples(0.6, rate_hz))


def _pluck_figure(target: Block, at: int, bar: int, notes_hz: list[float], rate_hz: int) -> None:
    for index, frequency_hz in enumerate(notes_hz):
        pan = 0.5 if index % 2 else -0.5
        gain = 0.30 if index == 0 else 0.20
        place(target, _pluck(frequency_hz, rate_hz), at + index * bar // len(notes_hz), gain=gain, pan=pan)


def _pluck(frequency_hz: float, rate_hz: int) -> Mono:
    length = samples(1.4, rate_hz)
    turn = np.exp(2j * np.pi * frequency_hz / rate_hz * np.arange(length))
    harmonic = np.ones(length, dtype=np.complex128)
    out = np.zeros(length)
    for number in range(1, 7):
        harmonic *= turn
        out += harmonic.imag / number**1.2 * decay(length, 1.3 * rate_hz / number)
    return out * envelope(length, samples(0.002, rate_hz), samples(0.1, rate_hz))
