"""Effects with room: six places, each with its air, its sounding things and its walls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stemkit.core.block import Block
from stemkit.signals._shape import (
    Mono,
    band,
    decay,
    envelope,
    generator,
    place,
    room,
    samples,
    shaped_noise,
    slow_random,
    to_rms,
)

Maker = Callable[[int, np.random.Generator], Mono]


@dataclass(frozen=True, slots=True)
class _Thing:
    """A sounding thing: how to make it, how often it is heard (at most), how loud, and whether it keeps time."""

    make: Maker
    every_s: float
    gain: float
    is_regular: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """Air between two frequencies that swells every ``swell_s``, things, and a room."""

    air_hz: tuple[float, float]
    swell_s: float
    air_gain: float
    things: tuple[_Thing, ...]
    decay_s: float
    wet: float


def ambience(length_samples: int, sample_rate_hz: int, seed: int, *, rms_dbfs: float = -35.5) -> Block:
    """Return the sound of a place, in stereo; places differ by ``seed % 6``, what happens there by ``seed``.

    Parameters
    ----------
    length_samples, sample_rate_hz
        Length and rate of the sound.
    rms_dbfs
        Level of the passages in which something happens.
    """
    place_here = PLACES[seed % len(PLACES)]
    dry = np.zeros((length_samples, 2))
    for index, thing in enumerate(place_here.things):
        _scatter(dry, thing, sample_rate_hz, generator("thing", seed, index))
    heard = room(dry, sample_rate_hz, generator("walls", seed), decay_s=place_here.decay_s, wet=place_here.wet)
    for side in range(2):
        random = generator("air", seed, side)
        air = shaped_noise(length_samples, sample_rate_hz, random, band(*place_here.air_hz, 1.0))
        swell = 0.35 + 0.65 * slow_random(length_samples, sample_rate_hz, generator("swell", seed), place_here.swell_s)
        heard[:, side] += air * swell * place_here.air_gain
    fade = samples(0.02, sample_rate_hz)
    return to_rms(heard, 10.0 ** (rms_dbfs / 20.0)) * envelope(length_samples, fade, fade)[:, None]


def _scatter(target: Block, thing: _Thing, rate_hz: int, random: np.random.Generator) -> None:
    at = samples(float(random.uniform(0.2, 1.0)) * thing.every_s, rate_hz)
    pan, drift = float(random.uniform(-0.6, 0.6)), float(random.uniform(-0.06, 0.06))
    while at < len(target):
        gain = thing.gain * float(random.uniform(0.75, 1.0))
        place(target, thing.make(rate_hz, random), at, gain=gain, pan=float(np.clip(pan, -0.9, 0.9)))
        pan = pan + drift if thing.is_regular else float(random.uniform(-0.8, 0.8))
        wait = 1.0 if thing.is_regular else float(random.uniform(0.45, 1.6))
        at += max(samples(thing.every_s * wait, rate_hz), 1)


def _struck(rate_hz: int, duration_s: float, partials: tuple[tuple[float, float, float], ...]) -> Mono:
    """Return something struck: partials as (frequency in Hz, amplitude, seconds to fall by 60 dB)."""
    length = samples(duration_s, rate_hz)
    out = np.zeros(length)
    at = np.arange(length)
    for frequency, amplitude, fall_s in partials:
        out += amplitude * np.sin(2.0 * np.pi * frequency / rate_hz * at) * decay(length, fall_s * rate_hz)
    return out * envelope(length, samples(0.001, rate_hz), samples(0.01, rate_hz))


def _step(rate_hz: int, random: np.random.Generator) -> Mono:
    length = samples(0.16, rate_hz)
    heel = shaped_noise(length, rate_hz, random, band(90.0, 420.0)) * decay(length, 0.09 * rate_hz)
    sole = shaped_noise(length, rate_hz, random, band(900.0, 3800.0, 1.0)) * decay(length, 0.05 * rate_hz)
    return (heel + 0.35 * sole) * envelope(length, samples(0.003, rate_hz), samples(0.02, rate_hz))


def _bell(rate_hz: int, random: np.random.Generator) -> Mono:
    hum = float(random.uniform(0.995, 1.005)) * 262.0
    partials = (
        (0.5, 0.3, 4.0),
        (1.0, 0.6, 3.2),
        (1.19, 0.5, 2.6),
        (1.56, 0.25, 2.0),
        (2.0, 0.45, 1.6),
        (2.74, 0.2, 0.9),
    )
    return _struck(rate_hz, 3.5, tuple((hum * ratio, level, fall) for ratio, level, fall in partials))


def _tick(rate_hz: int, random: np.random.Generator) -> Mono:
    high = 2350.0 * float(random.choice([1.0, 0.86]))
    return _struck(rate_hz, 0.06, ((high, 0.5, 0.04), (high * 1.73, 0.3, 0.025), (420.0, 0.3, 0.03)))


def _cup(rate_hz: int, random: np.random.Generator) -> Mono:
    base = float(random.uniform(1500.0, 2600.0))
    return _struck(rate_hz, 0.5, ((base, 0.4, 0.35), (base * 2.32, 0.3, 0.2), (base * 4.25, 0.15, 0.1)))


def _anvil(rate_hz: int, random: np.random.Generator) -> Mono:
    base = float(random.uniform(690.0, 730.0))
    ring = _struck(
        rate_hz, 1.2, ((base, 0.5, 1.0), (base * 2.76, 0.4, 0.8), (base * 5.4, 0.3, 0.5), (base * 8.9, 0.15, 0.3))
    )
    ring[: samples(0.16, rate_hz)] += _step(rate_hz, random)[: len(ring)]
    return ring


def _bird(rate_hz: int, random: np.random.Generator) -> Mono:
    notes = []
    base = float(random.uniform(2600.0, 4200.0))
    for _ in range(int(random.integers(2, 7))):
        length = samples(float(random.uniform(0.05, 0.12)), rate_hz)
        sweep = np.linspace(1.0, float(random.uniform(0.75, 1.35)), length)
        phase = 2.0 * np.pi * np.cumsum(base * sweep) / rate_hz
        notes.append(np.sin(phase) * envelope(length, length // 4, length // 2))
        notes.append(np.zeros(samples(float(random.uniform(0.02, 0.09)), rate_hz)))
    return np.concatenate(notes)


def _drop(rate_hz: int, random: np.random.Generator) -> Mono:
    length = samples(0.07, rate_hz)
    base = float(random.uniform(700.0, 1900.0))
    phase = 2.0 * np.pi * np.cumsum(base * np.linspace(0.8, 1.5, length)) / rate_hz
    fallen: Mono = (
        np.sin(phase) * decay(length, 0.06 * rate_hz) * envelope(length, samples(0.002, rate_hz), length // 4)
    )
    return fallen


def _thunder(rate_hz: int, random: np.random.Generator) -> Mono:
    length = samples(5.0, rate_hz)
    roll = shaped_noise(length, rate_hz, random, band(35.0, 160.0)) * decay(length, 4.5 * rate_hz)
    crack = shaped_noise(length, rate_hz, random, band(120.0, 1500.0, 1.0)) * decay(length, 0.9 * rate_hz)
    rumble = 0.4 + 0.6 * slow_random(length, rate_hz, random, 0.35)
    return (roll * rumble + 0.5 * crack) * envelope(length, samples(0.05, rate_hz), samples(1.0, rate_hz))


def _car(rate_hz: int, random: np.random.Generator) -> Mono:
    length = samples(5.0, rate_hz)
    near = np.exp(-0.5 * ((np.arange(length) / length - 0.5) / 0.13) ** 2)
    doppler = 1.06 - 0.12 / (1.0 + np.exp(-14.0 * (np.arange(length) / length - 0.5)))
    turn = 2.0 * np.pi * np.cumsum(float(random.uniform(62.0, 84.0)) * doppler) / rate_hz
    engine = sum((np.sin(order * turn) / order for order in range(1, 9)), np.zeros(length))
    tyres = shaped_noise(length, rate_hz, random, band(300.0, 1800.0, 1.0))
    return (0.5 * engine + 0.8 * tyres) * near * envelope(length, length // 8, length // 8)


def _wave(rate_hz: int, random: np.random.Generator) -> Mono:
    length = samples(6.0, rate_hz)
    wash = shaped_noise(length, rate_hz, random, band(150.0, 2600.0, 1.0))
    return wash * envelope(length, int(length * 0.4), int(length * 0.55)) ** 1.5


def _steam(rate_hz: int, random: np.random.Generator) -> Mono:
    length = samples(float(random.uniform(0.5, 1.1)), rate_hz)
    return shaped_noise(length, rate_hz, random, band(2500.0, 9000.0)) * envelope(length, length // 12, length // 2)


def _door(rate_hz: int, random: np.random.Generator) -> Mono:
    length = samples(0.5, rate_hz)
    slam = shaped_noise(length, rate_hz, random, band(50.0, 350.0)) * decay(length, 0.3 * rate_hz)
    latch = _struck(rate_hz, 0.1, ((1900.0, 0.4, 0.05), (3300.0, 0.25, 0.03)))
    slam[: len(latch)] += latch
    return slam * envelope(length, samples(0.002, rate_hz), samples(0.1, rate_hz))


PLACES: tuple[_Place, ...] = (
    _Place(  # harbour at night
        (80.0, 600.0),
        5.0,
        0.10,
        (_Thing(_wave, 5.5, 0.30), _Thing(_bell, 9.0, 0.5), _Thing(_step, 0.62, 0.5, True)),
        1.1,
        0.25,
    ),
    _Place(  # kitchen while it rains
        (1200.0, 6500.0),
        3.0,
        0.10,
        (_Thing(_tick, 1.0, 0.7, True), _Thing(_cup, 2.2, 0.7), _Thing(_drop, 0.16, 0.25)),
        0.4,
        0.30,
    ),
    _Place(  # street
        (70.0, 500.0),
        4.0,
        0.12,
        (_Thing(_car, 6.0, 0.45), _Thing(_step, 0.52, 0.45, True), _Thing(_door, 8.0, 0.8)),
        0.9,
        0.22,
    ),
    _Place(  # wood in the morning
        (300.0, 2500.0),
        6.0,
        0.08,
        (_Thing(_bird, 1.3, 0.35), _Thing(_step, 0.7, 0.3, True), _Thing(_drop, 2.5, 0.3)),
        1.6,
        0.35,
    ),
    _Place(  # workshop
        (90.0, 260.0),
        8.0,
        0.10,
        (_Thing(_anvil, 0.9, 0.7, True), _Thing(_steam, 3.2, 0.35), _Thing(_door, 7.0, 0.5)),
        0.8,
        0.35,
    ),
    _Place(  # storm
        (500.0, 4500.0),
        3.5,
        0.22,
        (_Thing(_thunder, 8.0, 0.7), _Thing(_drop, 0.09, 0.25), _Thing(_door, 5.0, 0.7)),
        1.3,
        0.25,
    ),
)
