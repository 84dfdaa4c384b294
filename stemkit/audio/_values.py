"""Which values an integer file can hold: those on its grid and in its range; nothing is ever clipped or rounded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.core.errors import Problem, RenderError, SumOverflow


def whole_values(block: Block, bits: int, path: Path, written: int) -> NDArray[np.int32]:
    """Return the integers of a block that is on the grid already.

    Parameters
    ----------
    written
        Samples of the file before this block, for messages.

    Raises
    ------
    SumOverflow
        If a value is over full scale.
    RenderError
        If a value is off the grid or no number.
    """
    scaled = block * 2.0 ** (bits - 1)
    lowest, highest = -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1.0
    if not (scaled.min() >= lowest and scaled.max() <= highest):
        if not np.isfinite(scaled).all():
            raise wrong_value("non_finite", "a sample is not a number", block, ~np.isfinite(scaled), path, written)
        raise _overflow(block, (scaled < lowest) | (scaled > highest), path, written)
    whole = scaled.astype(np.int32, order="C")
    if not np.array_equal(whole, scaled):
        message = f"a sample is not on the {bits}-bit grid"
        raise wrong_value("off_grid", message, block, whole != scaled, path, written)
    return whole


def wrong_value(
    code: str, message: str, block: Block, where: NDArray[np.bool_], path: Path, written: int
) -> RenderError:
    """Return the error for values that no render may give."""
    message += f" (sample {_first(where, written)}, value {float(block[where][0])!r})"
    return RenderError(Problem(code, message, "this is a defect of the render", path=str(path)))


def _overflow(block: Block, outside: NDArray[np.bool_], path: Path, written: int) -> SumOverflow:
    peak = float(np.abs(block[outside]).max())
    message = f"sample {_first(outside, written)} is over full scale (peak {peak:.6f}); nothing is ever clipped"
    return SumOverflow(Problem("sum_overflow", message, "use a lower gain, or 32-bit float", path=str(path)))


def _first(where: NDArray[np.bool_], written: int) -> int:
    return written + int(np.argmax(where.any(axis=1)))


def packed_at_once(block: Block) -> NDArray[np.uint8] | None:
    """Return the packed 24-bit samples of a block; `None` if a value is off the grid or does not fit."""
    from stemkit.kernels.pcm import pack_24

    packed = np.empty(3 * block.size, np.uint8)
    return packed if pack_24(np.ascontiguousarray(block).reshape(-1), packed) else None
