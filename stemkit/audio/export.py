"""Files as other programs would deliver them: FLAC, AIFF, MP3 and more, for the demo film and for tests.

Deliverables never come from here: they are written by `stemkit.audio.writer`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from stemkit.core.block import Block

Container = Literal["WAV", "FLAC", "AIFF", "CAF", "MP3", "OGG"]
_INTEGER_BITS = {"PCM_16": 16, "PCM_24": 24}
_BLOCK = 1 << 16


def write_foreign(path: Path, block: Block, sample_rate_hz: int, container: Container, subtype: str) -> None:
    """Write a whole sound into one file with libsndfile.

    Parameters
    ----------
    path
        Overwritten if it exists.
    block
        The sound, shape ``(n, channels)``; integer subtypes take the nearest step, without dither.
    subtype
        libsndfile's word, such as ``PCM_24``, ``FLOAT`` or ``MPEG_LAYER_III``.

    Raises
    ------
    ValueError
        If a value does not fit into an integer subtype.
    """
    import soundfile

    data = _as_stored(block, subtype)
    shape = {"samplerate": sample_rate_hz, "channels": block.shape[1], "format": container, "subtype": subtype}
    with path.open("wb") as raw, soundfile.SoundFile(raw, "w", **shape) as file:
        for start in range(0, len(data), _BLOCK):
            file.write(data[start : start + _BLOCK])


def _as_stored(block: Block, subtype: str) -> np.typing.NDArray[np.generic]:
    bits = _INTEGER_BITS.get(subtype)
    if bits is None:
        return block
    steps = np.rint(block * 2.0 ** (bits - 1))
    if steps.size and np.max(np.abs(steps)) >= 2.0 ** (bits - 1):
        raise ValueError(f"a value is over the full scale of {subtype}")
    # soundfile takes integers as 32-bit ones, most significant bits first
    return (steps * 2.0 ** (32 - bits)).astype(np.int32)
