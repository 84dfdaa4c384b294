"""The low notes of a sound: squares and products of sums over some samples, step after step.

The sums are a crude low-pass. Rows get left power, right power, product, and the sums of both, of the first two
channels. Whole numbers add up exactly, so samples as they lie in a file give the bits that decoded ones do.
"""

# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from stemkit.kernels._compile import inner


@inner
def _note(row, a, b):
    row[0] += a * a
    row[1] += b * b
    row[2] += a * b
    row[3] += a
    row[4] += b


def low_band(x, low, step, width, rows):
    """Look at a buffer of shape ``(channels, samples)``, from sample ``low`` on."""
    other = min(1, x.shape[0] - 1)
    for at in range(rows.shape[0]):
        rows[at, :] = 0.0
        i = low + at * step
        while i + width <= low + (at + 1) * step:
            a, b = 0.0, 0.0
            for k in range(i, i + width):
                a += x[0, k]
                b += x[other, k]
            _note(rows[at], a, b)
            i += width


@inner
def _sums_16(words, channels):
    a, b = 0, 0
    if channels == 1:
        for i in range(words.shape[0]):
            a += words[i]
        return a, a
    if channels == 2:
        for i in range(words.shape[0] // 2):
            a += words[2 * i]
            b += words[2 * i + 1]
        return a, b
    for i in range(words.shape[0] // channels):
        a += words[i * channels]
        b += words[i * channels + 1]
    return a, b


def low_band_16(words, channels, step, width, rows):
    """Look at interleaved samples of 16 bit."""
    for at in range(rows.shape[0]):
        rows[at, :] = 0.0
        i = at * step
        while i + width <= (at + 1) * step:
            a, b = _sums_16(words[i * channels : (i + width) * channels], channels)
            _note(rows[at], a * 2.0**-15, b * 2.0**-15)
            i += width


@inner
def _sum_24(raw, count, stride):
    total = 0
    for k in range(count):
        i = k * stride
        word = (np.int32(raw[i]) << 8) | (np.int32(raw[i + 1]) << 16) | (np.int32(raw[i + 2]) << 24)
        total += np.int32(word) >> 8
    return total


def low_band_24(raw, channels, step, width, rows):
    """Look at interleaved samples of 24 bit."""
    other = 3 * min(1, channels - 1)
    for at in range(rows.shape[0]):
        rows[at, :] = 0.0
        i = at * step
        while i + width <= (at + 1) * step:
            here = raw[3 * i * channels : 3 * (i + width) * channels]
            a, b = _sum_24(here, width, 3 * channels), _sum_24(here[other:], width, 3 * channels)
            _note(rows[at], a * 2.0**-23, b * 2.0**-23)
            i += width
