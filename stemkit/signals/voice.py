"""A voice that speaks no language: syllables with formants, consonants, melody of a sentence, pauses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.signals._shape import Mono, band, decay, envelope, generator, room, samples, shaped_noise, to_rms

# First four formants of a man's vowels in Hz, after the averages that Peterson and Barney published in 1952;
# the fourth is a plain guess.
_VOWELS: dict[str, tuple[float, float, float, float]] = {
    "a": (730.0, 1090.0, 2440.0, 3400.0),
    "ae": (660.0, 1720.0, 2410.0, 3400.0),
    "e": (530.0, 1840.0, 2480.0, 3500.0),
    "i": (270.0, 2290.0, 3010.0, 3700.0),
    "o": (570.0, 840.0, 2410.0, 3300.0),
    "u": (300.0, 870.0, 2240.0, 3200.0),
    "er": (490.0, 1350.0, 1690.0, 3300.0),
}
_NASAL = (250.0, 1050.0, 2200.0, 3200.0)
_BANDWIDTHS_HZ = (80.0, 100.0, 150.0, 220.0)
_HIGHEST_HARMONIC_HZ = 5200.0


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: melody around ``pitch_hz``, size of the mouth (1.0 a man's, 1.17 a woman's), tempo."""

    pitch_hz: float
    formant_scale: float
    syllables_per_s: float


@dataclass(frozen=True, slots=True)
class _Syllable:
    start: int
    length: int
    onset: str
    vowels: tuple[str, str]
    pitch_hz: tuple[float, float]
    loudness: float


def speaker(seed: int) -> Speaker:
    """Return the speaker that a seed stands for."""
    random = generator("speaker", seed)
    is_low = bool(seed % 2)
    return Speaker(
        pitch_hz=float(random.uniform(98.0, 128.0) if is_low else random.uniform(175.0, 215.0)),
        formant_scale=float(random.uniform(0.97, 1.03) if is_low else random.uniform(1.13, 1.19)),
        syllables_per_s=float(random.uniform(4.2, 5.4)),
    )


def speak(length_samples: int, sample_rate_hz: int, seed: int, *, rms_dbfs: float = -27.0) -> Block:
    """Return speech-like sound, dead centre in two channels.

    Parameters
    ----------
    length_samples, sample_rate_hz
        Length and rate of the sound.
    seed
        Decides the speaker and what is said.
    rms_dbfs
        Level of the spoken parts; the pauses hold the quiet of a booth.
    """
    who = speaker(seed)
    dry = np.zeros(length_samples)
    random = generator("speech", seed)
    for syllable in _script(length_samples, sample_rate_hz, who, random):
        _add(dry, _syllable(syllable, sample_rate_hz, who, random), syllable.start)
    booth = room(dry[:, None], sample_rate_hz, generator("booth", seed), decay_s=0.16, wet=0.09)
    # one voice, one microphone: both sides alike
    voice = to_rms(np.repeat(booth.mean(axis=1)[:, None], 2, axis=1), 10.0 ** (rms_dbfs / 20.0))
    air = shaped_noise(length_samples, sample_rate_hz, generator("air", seed), band(120.0, 3000.0, 1.0))
    voice += 10.0 ** (-74.0 / 20.0) * air[:, None]
    return voice


def _script(length: int, rate_hz: int, who: Speaker, random: np.random.Generator) -> Iterator[_Syllable]:
    """Yield the syllables of sentences: melody falls through a sentence, the last syllable is long."""
    names = list(_VOWELS)
    position = samples(float(random.uniform(0.35, 0.9)), rate_hz)
    while True:
        count = int(random.integers(6, 15))
        for index in range(count):
            is_last, is_stressed = index == count - 1, bool(random.random() < 0.36)
            stretch = (1.5 if is_last else 1.0) * (1.15 if is_stressed else 0.88) * float(random.uniform(0.85, 1.15))
            duration = samples(stretch / who.syllables_per_s, rate_hz)
            if position + duration > length - samples(0.25, rate_hz):
                return
            fall = 1.14 - 0.30 * index / count
            start_hz = who.pitch_hz * fall * (1.12 if is_stressed else 1.0) * float(random.uniform(0.97, 1.03))
            end_hz = who.pitch_hz * (0.78 if is_last else fall * float(random.uniform(0.93, 1.02)))
            onset = str(random.choice(["s", "sh", "t", "k", "m", "n", "l", "", "b"]))
            vowels = (str(random.choice(names)), str(random.choice(names)) if random.random() < 0.3 else "")
            loudness = (1.0 if is_stressed else 0.62) * (0.7 if is_last else 1.0)
            yield _Syllable(
                position, duration, onset, (vowels[0], vowels[1] or vowels[0]), (start_hz, end_hz), loudness
            )
            position += duration
            if random.random() < 0.3:
                position += samples(float(random.uniform(0.02, 0.06)), rate_hz)
        position += samples(float(random.uniform(0.45, 1.3)), rate_hz)


def _syllable(syllable: _Syllable, rate_hz: int, who: Speaker, random: np.random.Generator) -> Mono:
    onset = _onset(syllable.onset, rate_hz, who, random)
    voiced = max(syllable.length - len(onset) // 2, samples(0.06, rate_hz))
    out = np.zeros(len(onset) // 2 + voiced)
    _add(out, onset * 0.5, 0)
    vowel = _voiced(syllable, voiced, rate_hz, who, random)
    _add(out, vowel, len(onset) // 2)
    return out * syllable.loudness


def _voiced(syllable: _Syllable, length: int, rate_hz: int, who: Speaker, random: np.random.Generator) -> Mono:
    """Sum the harmonics of the glottis through two positions of the mouth, gliding from one to the other."""
    low, high = syllable.pitch_hz
    knots = random.standard_normal(max(length * 90 // rate_hz, 2))
    jitter = np.interp(np.arange(length), np.linspace(0, length, len(knots)), knots)
    pitch = np.linspace(low, high, length) * (1.0 + 0.006 * jitter)
    turn = np.exp(2j * np.pi * np.cumsum(pitch) / rate_hz)
    first = _NASAL if syllable.onset in ("m", "n") else _VOWELS[syllable.vowels[0]]
    middle, last = _VOWELS[syllable.vowels[0]], _VOWELS[syllable.vowels[1]]
    glide = np.linspace(0.0, 1.0, length)
    weights = (np.clip(1.0 - glide / 0.25, 0.0, 1.0), np.clip((glide - 0.45) / 0.55, 0.0, 1.0))
    harmonic = np.ones(length, dtype=np.complex128)
    out = np.zeros(length)
    for number in range(1, int(_HIGHEST_HARMONIC_HZ / max(low, high)) + 1):
        harmonic *= turn
        at_hz = number * 0.5 * (low + high) / who.formant_scale
        gains = [_mouth(at_hz, mouth) / number**0.8 for mouth in (first, middle, last)]
        gain = gains[1] + weights[0] * (gains[0] - gains[1]) + weights[1] * (gains[2] - gains[1])
        out += (gain * harmonic).imag
    return out * envelope(length, samples(0.018, rate_hz), samples(0.055, rate_hz))


def _mouth(frequency_hz: float, formants: tuple[float, float, float, float]) -> complex:
    """Return the transfer of the vocal tract at one frequency: four resonances in a row."""
    gain = complex(1.0)
    for centre, width in zip(formants, _BANDWIDTHS_HZ, strict=True):
        gain *= centre * centre / complex(centre * centre - frequency_hz * frequency_hz, frequency_hz * width)
    return gain


def _onset(name: str, rate_hz: int, who: Speaker, random: np.random.Generator) -> Mono:
    """Return the consonant before a vowel: a hiss, a burst after a closed mouth, or nothing."""
    scale = who.formant_scale
    hisses = {"s": (5200.0, 8500.0, 0.11, 0.9), "sh": (2400.0, 5200.0, 0.10, 1.1)}
    bursts = {"t": (3200.0, 7000.0, 0.9), "k": (1500.0, 3200.0, 1.1), "b": (200.0, 900.0, 1.2)}
    if name in hisses:
        low, high, duration, level = hisses[name]
        length = samples(duration, rate_hz)
        hiss = shaped_noise(length, rate_hz, random, band(low * scale, high * scale, 3.0))
        return hiss * level * envelope(length, length // 2, length // 3)
    if name in bursts:
        low, high, level = bursts[name]
        length, closed = samples(0.035, rate_hz), samples(0.03, rate_hz)
        burst = shaped_noise(length, rate_hz, random, band(low * scale, high * scale, 2.0)) * decay(length, length)
        burst *= envelope(length, samples(0.004, rate_hz), length // 3)
        out: NDArray[np.float64] = np.concatenate([np.zeros(closed), burst * level])
        return out
    return np.zeros(0)


def _add(target: Mono, sound: Mono, at: int) -> None:
    end = min(at + len(sound), len(target))
    if end > at:
        target[at:end] += sound[: end - at]
