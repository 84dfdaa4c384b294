"""The standards' own test signals, made from the recipes in ``fixtures/conformance``."""

from __future__ import annotations

import cmath
import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.core.block import Block
from stemkit.core.layout import LAYOUTS, SURROUND_WEIGHT, Layout

RATE_HZ = 48_000
_SPLICE_RATE_HZ = 192_000
_FADE_S = 0.01
# ITU-R BS.1770-5 Annex 1, Tables 1 and 2, as printed: (b0, b1, b2), (a1, a2) of both stages at 48 kHz.
_PRINTED = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (-1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621)),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a standard: the recipe of its signals, what a meter must read, and how exactly.

    Parameters
    ----------
    expect
        Reading to value, ``"undefined"`` where a meter must read nothing.
    tolerance
        How far a reading may be below and above.
    """

    id: str
    document: str
    layout: Layout
    expect: Mapping[str, float | str]
    expect_step: float
    tolerance: tuple[float, float]
    joined: bool
    recipe: Mapping[str, Any]

    def signals(self) -> Iterator[Block]:
        """Make the case's signals one after another; a case has one, or one for each of its steps."""
        if "peak_tone" in self.recipe:
            yield _in_all(_peak_tone(**self.recipe["peak_tone"]), self.layout)
        elif "spliced" in self.recipe:
            yield _in_all(_spliced(**self.recipe["spliced"]), self.layout)
        else:
            for i in range(self.recipe.get("each", 1)):
                yield _tones(self.recipe, self.layout, i)


def conformance_folder() -> Path:
    """Return where the recipes are: in the package when it is installed, in the checkout otherwise."""
    here = Path(__file__).resolve().parent.parent
    packaged = here / "_conformance"
    return packaged if packaged.is_dir() else here.parent / "fixtures" / "conformance"


def load_cases(folder: Path | None = None) -> tuple[Case, ...]:
    """Read all recipes."""
    cases: list[Case] = []
    for path in sorted((folder or conformance_folder()).glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        cases += [_case(recipe, data["document"]) for recipe in data["case"]]
    return tuple(cases)


def _case(recipe: Mapping[str, Any], document: str) -> Case:
    below, above = recipe["tolerance"]
    return Case(
        id=recipe["id"],
        document=document,
        layout=LAYOUTS[recipe.get("layout", "stereo")],
        expect=recipe["expect"],
        expect_step=recipe.get("expect_step", 0.0),
        tolerance=(below, above),
        joined=recipe.get("joined", False),
        recipe=recipe,
    )


def _in_all(channel: Block, layout: Layout) -> Block:
    return np.repeat(channel[:, np.newaxis], layout.count, axis=1)


def _tones(recipe: Mapping[str, Any], layout: Layout, step: int) -> Block:
    frequency = recipe.get("frequency_hz", 1000.0)
    offsets: Mapping[str, float] = recipe.get("channel_offsets_db", dict.fromkeys(layout.labels, 0.0))
    gains = np.array([10.0 ** (offsets[label] / 20.0) if label in offsets else 0.0 for label in layout.labels])
    parts: Sequence[Mapping[str, float]] = list(recipe["parts"]) * recipe.get("repeat", 1)
    pieces = []
    for part in parts:
        seconds = part["seconds"] + step * part.get("seconds_step", 0.0)
        n = np.arange(round(seconds * RATE_HZ))
        level = part.get("level_dbfs")
        if "weighted_level_lufs" in part:
            level = part["weighted_level_lufs"] - _gain_db(frequency, layout, gains)
        if level is None:
            pieces.append(np.zeros(len(n)))
            continue
        amplitude = 10.0 ** ((level + step * part.get("level_step", 0.0)) / 20.0)
        pieces.append(amplitude * np.sin(2.0 * np.pi * frequency * n / RATE_HZ))
    return np.asarray(np.concatenate(pieces)[:, np.newaxis] * gains)


def _gain_db(frequency_hz: float, layout: Layout, gains: Block) -> float:
    """Return the loudness of a tone of 0 dBFS peak in all channels that sound, by the printed filters."""
    z = cmath.exp(-2j * math.pi * frequency_hz / RATE_HZ)
    power = 0.5
    for (b0, b1, b2), (a1, a2) in _PRINTED:
        power *= abs((b0 + b1 * z + b2 * z * z) / (1.0 + a1 * z + a2 * z * z)) ** 2
    weights = {"LFE": 0.0} | dict.fromkeys(("Ls", "Rs", "Lss", "Rss"), SURROUND_WEIGHT)
    total = sum(weights.get(label, 1.0) * gain * gain for label, gain in zip(layout.labels, gains, strict=True))
    return -0.691 + 10.0 * math.log10(power * total)


def _faded(sound: Block, rate_hz: int) -> Block:
    n = round(_FADE_S * rate_hz)
    ramp = np.arange(n) / n
    sound[:n] *= ramp
    sound[-n:] *= ramp[::-1]
    return sound


def _peak_tone(rate_over: int, amplitude: float, phase_deg: float, seconds: float) -> Block:
    n = np.arange(round(seconds * RATE_HZ))
    return _faded(amplitude * np.sin(2.0 * np.pi * n / rate_over + math.radians(phase_deg)), RATE_HZ)


def _spliced(offset: int) -> Block:
    """Return a tone with one louder, faster period in its middle, band-limited and decimated."""
    half = 24 * (_SPLICE_RATE_HZ // 4 // 24)
    quiet = 0.5 * np.sin(2.0 * np.pi * np.arange(half) / 24)
    loud = np.sin(2.0 * np.pi * np.arange(16) / 16)
    sound = _faded(np.concatenate([quiet, loud, quiet]), _SPLICE_RATE_HZ)
    taps = 1025
    tap = np.arange(taps) - taps // 2
    cutoff = 0.98 * 24_000 / (_SPLICE_RATE_HZ / 2)
    lowpass = cutoff * np.sinc(cutoff * tap) * np.kaiser(taps, 10.0)
    return np.asarray(np.convolve(sound, lowpass / lowpass.sum(), mode="same")[offset::4])
