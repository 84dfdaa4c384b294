"""The one requantisation of a file: on the PCM grid, with TPDF dither where something was processed.

The dither is a pure function of role, channel and absolute sample position, so that blocks,
threads and excerpts give the same bits (architecture invariant I6). Sound that nothing touched
passes bit for bit, and nothing is ever clipped.

References
----------
Lipshitz, Wannamaker and Vanderkooy, "Quantization and dither: a theoretical survey", JAES 40 (1992):
triangular dither of two steps peak to peak leaves neither distortion nor noise modulation.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block, Stream
from stemkit.core.errors import Problem, SumOverflow


@dataclass(frozen=True, slots=True)
class DitherKey:
    """Which dither: that of a role in the prints, or of a role's stems as they are conformed.

    The two differ, so that a stem that is dithered twice gets two independent noises.
    """

    role: str
    purpose: Literal["print", "conform"] = "print"


def full_scale_steps(bits: int) -> float:
    """Return the number of steps between zero and full scale: 8 388 608 for 24 bit."""
    return float(1 << (bits - 1))


def is_on_grid(block: Block, bits: int) -> bool:
    """Tell whether every value of a block can be stored as an integer of ``bits`` as it is."""
    steps = block * full_scale_steps(bits)
    highest = full_scale_steps(bits) - 1.0
    return bool(np.all((np.rint(steps) == steps) & (steps >= -highest - 1.0) & (steps <= highest)))


def quantise_block(
    block: Block, bits: int, key: DitherKey, start_sample: int, touched: bool | NDArray[np.bool_] = True
) -> Block:
    """Bring a block onto the PCM grid.

    Parameters
    ----------
    block
        float64, shape ``(samples, channels)``.
    bits
        Word length, such as 24.
    start_sample
        Absolute position of the block's first sample in the file or film.
    touched
        Whether the sound was processed, for the whole block or for each sample; what was not is
        on the grid already and passes as it is.

    Returns
    -------
    Block
        Values ``k / 2 ** (bits - 1)``.

    Raises
    ------
    SumOverflow
        If a value does not fit.
    ValueError
        If an untouched value is not on the grid.
    """
    from stemkit.kernels.dither import dither_to_grid

    out = np.empty_like(block, order="C")
    mask = np.full(1, touched) if isinstance(touched, bool) else touched
    over, first, off_grid = dither_to_grid(
        block, full_scale_steps(bits), channel_keys(key, block.shape[1]), start_sample, mask, out
    )
    if off_grid:
        raise ValueError(f"{off_grid} values that nothing touched are not on the {bits}-bit grid")
    if over:
        raise SumOverflow(_does_not_fit(over, start_sample + first, bits, key))
    return out


def quantise(stream: Stream, bits: int, key: DitherKey, touched: bool = True, start_sample: int = 0) -> Stream:
    """Bring a stream onto the PCM grid; see `quantise_block`."""
    position = start_sample
    for block in stream:
        yield quantise_block(block, bits, key, position, touched)
        position += len(block)


def packed_24(block: Block, key: DitherKey, start_sample: int, copies: int = 1) -> memoryview:
    """Bring a processed block of one or two channels onto the 24-bit grid, as it lies in a file.

    The samples are those of `quantise_block`; with two ``copies``, mono is both sides of stereo.

    Raises
    ------
    SumOverflow
        If a value does not fit.
    """
    from stemkit.kernels.dither import dither_24

    packed = dither_24(block, copies, channel_keys(key, block.shape[1]), start_sample)
    if packed is None:
        quantise_block(block, 24, key, start_sample)  # which says what does not fit, and where
        raise AssertionError("what fits on the grid fits into a file")
    return packed.data


def _does_not_fit(count: int, position: int, bits: int, key: DitherKey) -> Problem:
    return Problem(
        "over_full_scale",
        f"{count} values of {key.role} exceed full scale at {bits} bit, the first at sample {position}",
        "nothing is ever clipped: lower the level, or store 32-bit float",
    )


@lru_cache(maxsize=64)
def channel_keys(key: DitherKey, channels: int) -> NDArray[np.uint64]:
    """Return the key of each channel's dither."""
    names = [f"{key.purpose}/{key.role}/{channel}" for channel in range(channels)]
    words = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names]
    keys = np.array([int.from_bytes(word, "little") for word in words], dtype=np.uint64)
    keys.flags.writeable = False
    return keys
