"""Test signals as data: a recipe says everything about a sound, `render` makes it.

A closed union: the type checker points at every place that a new recipe must be added to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.core.units import amplitude_from_db
from stemkit.signals._shape import generator, shaped_noise


@dataclass(frozen=True, slots=True)
class Silence:
    """Digital silence."""

    length_samples: int


@dataclass(frozen=True, slots=True)
class Tone:
    """A sine whose peaks are at ``level_dbfs``."""

    length_samples: int
    frequency_hz: float
    level_dbfs: float = -20.0
    phase_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Burst:
    """A sine that sounds only from ``start_samples`` for ``burst_samples``; silence around it."""

    length_samples: int
    start_samples: int
    burst_samples: int
    frequency_hz: float
    level_dbfs: float = -20.0


@dataclass(frozen=True, slots=True)
class Noise:
    """Gaussian noise with an RMS of ``level_dbfs``, channels independent; ``seed`` decides all of it."""

    length_samples: int
    seed: int
    level_dbfs: float = -20.0
    colour: Literal["white", "pink"] = "white"


@dataclass(frozen=True, slots=True)
class Ramp:
    """A sine whose level moves linearly in dB from the first sample to the last."""

    length_samples: int
    frequency_hz: float
    from_dbfs: float = -60.0
    to_dbfs: float = -20.0


@dataclass(frozen=True, slots=True)
class Impulse:
    """One sample that is not zero."""

    length_samples: int
    at_samples: int
    amplitude: float = 0.5


@dataclass(frozen=True, slots=True)
class Sequence:
    """Recipes one after the other."""

    parts: tuple[Recipe, ...]


Recipe = Silence | Tone | Burst | Noise | Ramp | Impulse | Sequence


def render(recipe: Recipe, sample_rate_hz: int = 48_000, channels: int = 1) -> Block:
    """Return the sound of a recipe.

    Parameters
    ----------
    recipe
        What to make.
    sample_rate_hz
        Sample rate in Hz.
    channels
        Tones and impulses are equal in all channels, noise is independent.

    Examples
    --------
    >>> render(Impulse(4, 2)).tolist()
    [[0.0], [0.0], [0.5], [0.0]]
    """
    match recipe:
        case Noise():
            return _noise(recipe, sample_rate_hz, channels)
        case Sequence():
            parts = [render(part, sample_rate_hz, channels) for part in recipe.parts]
            return np.concatenate([np.zeros((0, channels)), *parts])
        case _:
            return np.repeat(_mono(recipe, sample_rate_hz)[:, None], channels, axis=1)


def _mono(recipe: Silence | Tone | Burst | Ramp | Impulse, rate_hz: int) -> NDArray[np.float64]:
    out = np.zeros(recipe.length_samples)
    match recipe:
        case Silence():
            pass
        case Tone():
            phase = recipe.phase_deg / 360.0
            out[:] = amplitude_from_db(recipe.level_dbfs) * _sine(
                recipe.length_samples, recipe.frequency_hz, rate_hz, phase
            )
        case Burst():
            sound = amplitude_from_db(recipe.level_dbfs) * _sine(recipe.burst_samples, recipe.frequency_hz, rate_hz)
            end = min(recipe.start_samples + recipe.burst_samples, recipe.length_samples)
            out[recipe.start_samples : end] = sound[: max(end - recipe.start_samples, 0)]
        case Ramp():
            level = np.linspace(recipe.from_dbfs, recipe.to_dbfs, recipe.length_samples)
            out[:] = 10.0 ** (level / 20.0) * _sine(recipe.length_samples, recipe.frequency_hz, rate_hz)
        case Impulse():
            out[recipe.at_samples] = recipe.amplitude
        case _:
            assert_never(recipe)
    return out


def _sine(length: int, frequency_hz: float, rate_hz: int, phase_turns: float = 0.0) -> NDArray[np.float64]:
    turns = np.arange(length) * (frequency_hz / rate_hz) + phase_turns
    # reduced to one turn first: sine of a large argument loses digits
    sine: NDArray[np.float64] = np.sin(2.0 * np.pi * (turns % 1.0))
    return sine


def _noise(recipe: Noise, rate_hz: int, channels: int) -> Block:
    random = generator("noise", recipe.seed, recipe.colour)
    gain = amplitude_from_db(recipe.level_dbfs)
    out = np.empty((recipe.length_samples, channels))
    for channel in range(channels):
        if recipe.colour == "white":
            out[:, channel] = random.standard_normal(recipe.length_samples) * gain
        else:
            out[:, channel] = gain * shaped_noise(recipe.length_samples, rate_hz, random, _pink)
    return out


def _pink(frequency_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    gain = np.zeros_like(frequency_hz)
    gain[1:] = 1.0 / np.sqrt(np.maximum(frequency_hz[1:], 10.0))
    return gain
