"""Sound leaves a file as float64 blocks; integers become exactly ``k / 2 ** (bits - 1)``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from stemkit.audio import _foreign, _video
from stemkit.audio._patience import patiently
from stemkit.core.block import BLOCK_SAMPLES, Block
from stemkit.core.errors import MediaError, Problem
from stemkit.core.media import MediaInfo
from stemkit.core.system import RandomReader
from stemkit.core.timebase import Span

if TYPE_CHECKING:
    from soundfile import SoundFile

_MAX_BLOCK_VALUES = 1 << 22  # 32 MiB of float64, however many channels a header claims
BYTES_OF = {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}
"""Bytes of one stored sample of one channel, for the subtypes that stemkit decodes by itself."""


def read_blocks(media: MediaInfo, span: Span | None = None, block_samples: int = BLOCK_SAMPLES) -> Iterator[Block]:
    """Yield a file's sound in order.

    Parameters
    ----------
    media
        A file as probed, without a fatal problem.
    span
        Samples of the file to read; all by default.
    block_samples
        Largest length of a block; shorter where there are very many channels.

    Yields
    ------
    float64, shape (samples, channels), full scale ±1.0. Floats are as they are in the file, NaN included.

    Raises
    ------
    MediaError
        If the file cannot be read, or ends before its declared length.
    """
    span = _checked_span(media, span)
    step = max(1, min(block_samples, _MAX_BLOCK_VALUES // max(1, media.channels)))
    if media.data_offset_bytes is not None:
        yield from _read_own(media, span, step)
    elif media.container in _video.CONTAINERS:
        yield from _read_video(media, span, step)
    else:
        yield from _read_foreign(media, span, step)


def _checked_span(media: MediaInfo, span: Span | None) -> Span:
    if not media.is_usable:
        detail = media.problem.detail if media.problem else ""
        raise MediaError(Problem("unusable", f"cannot be read as sound: {detail}", path=str(media.path)))
    whole = Span(0, media.length_samples)
    if span is not None and not (whole.start <= span.start and span.end <= whole.end):
        raise ValueError(f"{span} is not inside the file's {whole}")
    return whole if span is None else span


class PcmFile:
    """Raw access to the samples of a file that stemkit reads by itself; threads may share it.

    Parameters
    ----------
    media
        A usable file with ``data_offset_bytes``.
    """

    def __init__(self, media: MediaInfo) -> None:
        if media.data_offset_bytes is None or media.subtype not in BYTES_OF:
            raise ValueError(f"{media.path} is not stored as plain PCM")
        self.media = media
        self.frame_bytes = media.channels * BYTES_OF[media.subtype]
        self._offset = media.data_offset_bytes
        with _as_media_error(media):
            self._file = RandomReader(media.path)

    def read_into(self, start_sample: int, buffer: memoryview) -> int:
        """Fill a buffer of whole sample instants with packed little-endian data.

        Returns
        -------
        Number of sample instants read: as many as fit and are left by the header.

        Raises
        ------
        MediaError
            If the file ends before that.
        """
        wanted = min(len(buffer) // self.frame_bytes, self.media.length_samples - start_sample)
        if wanted <= 0:
            return 0
        length = wanted * self.frame_bytes
        with _as_media_error(self.media):
            got = self._file.read_into(self._offset + start_sample * self.frame_bytes, buffer[:length])
        if got < length:
            raise _ended_early(self.media, start_sample + got // self.frame_bytes)
        return wanted

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> PcmFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def open_pcm(media: MediaInfo) -> PcmFile | None:
    """Open a file for raw reading; `None` if libsndfile has to decode it."""
    is_plain = media.data_offset_bytes is not None and media.subtype in BYTES_OF
    return PcmFile(media) if is_plain else None


def decode(raw: memoryview, subtype: str, channels: int) -> Block:
    """Turn packed little-endian samples into a block.

    Parameters
    ----------
    raw
        Whole sample instants; not kept.
    """
    return _DECODERS[subtype](raw).reshape(-1, channels)


def _decode_u8(raw: memoryview) -> NDArray[np.float64]:
    return (np.frombuffer(raw, np.uint8).astype(np.float64) - 128.0) * 2.0**-7


def _decode_16(raw: memoryview) -> NDArray[np.float64]:
    return _scaled(np.frombuffer(raw, "<i2"), 2.0**-15)


def _scaled(whole: NDArray[np.signedinteger], step: float) -> NDArray[np.float64]:
    values = whole.astype(np.float64)
    values *= step
    return values


def _decode_24(raw: memoryview) -> NDArray[np.float64]:
    # Four bytes are read at every third one, and the foreign one shifted out at the top: this is 15 times
    # as fast as moving bytes. The last sample has no byte after it.
    count = len(raw) // 3
    wide = np.empty(count, np.int32)
    if count > 1:
        wide[:-1] = np.ndarray((count - 1,), "<i4", raw, 0, (3,))
        wide[:-1] <<= 8
    if count:
        wide[-1] = int.from_bytes(raw[3 * count - 3 : 3 * count], "little", signed=True) << 8
    return _scaled(wide, 2.0**-31)


def _decode_32(raw: memoryview) -> NDArray[np.float64]:
    return _scaled(np.frombuffer(raw, "<i4"), 2.0**-31)


def _decode_float(raw: memoryview) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # a signalling NaN is still a NaN
        return np.frombuffer(raw, "<f4").astype(np.float64)


def _decode_double(raw: memoryview) -> NDArray[np.float64]:
    return np.frombuffer(raw, "<f8").astype(np.float64)


_DECODERS: dict[str, Callable[[memoryview], NDArray[np.float64]]] = {
    "PCM_U8": _decode_u8,
    "PCM_16": _decode_16,
    "PCM_24": _decode_24,
    "PCM_32": _decode_32,
    "FLOAT": _decode_float,
    "DOUBLE": _decode_double,
}


def _read_own(media: MediaInfo, span: Span, step: int) -> Iterator[Block]:
    with PcmFile(media) as file:
        buffer = memoryview(bytearray(min(step, max(span.length, 1)) * file.frame_bytes))
        at = span.start
        while at < span.end:
            wanted = min(step, span.end - at) * file.frame_bytes
            got = file.read_into(at, buffer[:wanted])
            yield decode(buffer[: got * file.frame_bytes], media.subtype, media.channels)
            at += got


def _read_foreign(media: MediaInfo, span: Span, step: int) -> Iterator[Block]:
    with _as_media_error(media), RandomReader(media.path) as file, _foreign.open_sound(file) as opened:
        # A codec with memory gives other bits after a seek, so it is decoded from its start.
        at = -opened.lead_samples if media.is_lossy else span.start
        if at > 0:
            opened.sound.seek(at)
        blocks = _decoded(opened.sound, _foreign.is_integer(media.subtype), span.end - at, step)
        for block in patiently(blocks, lambda block: len(block) / media.sample_rate_hz):
            if len(block) == 0:
                raise _ended_early(media, at)
            skipped = max(0, span.start - at)
            at += len(block)
            if skipped < len(block):
                yield block[skipped:]


def _decoded(sound: SoundFile, as_integer: bool, length: int, step: int) -> Iterator[Block]:
    """Yield blocks of some length in all; an empty one where the file ends before."""
    while length > 0:
        if as_integer:
            block = sound.read(min(step, length), dtype="int32", always_2d=True).astype(np.float64) * 2.0**-31
        else:
            block = sound.read(min(step, length), dtype="float64", always_2d=True)
        length -= len(block)
        yield block


def _read_video(media: MediaInfo, span: Span, step: int) -> Iterator[Block]:
    count = 0
    with _as_media_error(media):
        for block in _video.read_video(media, span, step):
            count += len(block)
            yield block
    if count < span.length:
        raise _ended_early(media, span.start + count)


@contextlib.contextmanager
def _as_media_error(media: MediaInfo) -> Iterator[None]:
    """Turn what the system or libsndfile refuses into an error for people."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        problem = Problem("cannot_read", f"cannot be read: {reason}", "check the disk", path=str(media.path))
        raise MediaError(problem) from error
    except RuntimeError as error:  # the base of soundfile's errors
        problem = Problem("cannot_decode", f"cannot be decoded: {error}", "ask for a new copy", path=str(media.path))
        raise MediaError(problem) from error


def _ended_early(media: MediaInfo, at: int) -> MediaError:
    message = f"ends after {at} of {media.length_samples} samples"
    hint = "the file is damaged or was changed meanwhile; ask for a new copy or run again"
    return MediaError(Problem("truncated", message, hint, path=str(media.path)))
