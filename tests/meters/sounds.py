"""Sounds for the tests of the meter."""

from __future__ import annotations

import numpy as np

from stemkit.core.block import Block
from stemkit.core.layout import LAYOUTS, Layout
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import Scanner

STEREO, MONO = LAYOUTS["stereo"], LAYOUTS["mono"]


def programme(seconds: float, rate: int = 48_000, channels: int = 2, seed: int = 0) -> Block:
    """Return noise in phrases of changing level, with pauses, on the 24-bit grid, below full scale."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    level = np.repeat(10.0 ** (rng.uniform(-45.0, -6.0, n // (rate // 2) + 1) / 20.0), rate // 2)[:n, np.newaxis]
    sound = level * rng.standard_normal((n, channels)) * 0.3
    sound[rng.integers(0, max(1, n // 2)) :][: rate // 3] = 0.0
    return np.asarray(np.clip(np.round(sound * 2.0**23), -(2.0**23), 2.0**23 - 1.0) * 2.0**-23)


def tone(level_dbfs: float, seconds: float, hz: float = 1000.0, rate: int = 48_000, channels: int = 2) -> Block:
    """Return a sine in phase in all channels."""
    n = np.arange(round(seconds * rate))
    sine = 10.0 ** (level_dbfs / 20.0) * np.sin(2.0 * np.pi * hz * n / rate)
    return np.repeat(sine[:, np.newaxis], channels, axis=1)


def scan(sound: Block, rate: int = 48_000, layout: Layout | None = STEREO, *, parts: int = 1, mode: int = 0) -> Ledger:
    """Scan a sound that comes in some parts of equal length."""
    scanner = Scanner(rate, sound.shape[1], layout, mode=mode)
    for block in np.array_split(sound, parts):
        scanner.push(block)
    return scanner.result()


def differences(one: Ledger, two: Ledger) -> list[str]:
    """Return the names of what is not bit for bit the same in two ledgers."""
    a, b = one.as_arrays(), two.as_arrays()
    return [name for name in a if not np.array_equal(a[name], b[name])]
