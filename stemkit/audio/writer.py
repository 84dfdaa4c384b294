"""The one place that writes sound: integer or float WAV, RF64 where a WAV would be too long.

Everything in the header is known before the first byte, and nothing in it depends on the clock.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemkit.audio._riff import EXTENSIBLE, IEEE_FLOAT, PCM, UNKNOWN_SIZE
from stemkit.audio._values import packed_at_once, whole_values, wrong_value
from stemkit.audio.bext import LEVELS_AT, build_bext
from stemkit.core.block import Block
from stemkit.core.checksum import Checksum
from stemkit.core.completing import Completing
from stemkit.core.errors import Problem, RenderError
from stemkit.core.files import cannot_write
from stemkit.core.layout import Layout, mask_of
from stemkit.core.media import Bext
from stemkit.core.steps import Subtype
from stemkit.core.system import begin_to_write, system_path

Chunks = Sequence[tuple[bytes, bytes]]
_BYTES: Mapping[str, int] = {"PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4}
_WAV_LIMIT = (1 << 32) - 1  # the largest file whose sizes fit 32 bits with room for the outer header
_BEGIN_BYTES = 8 << 20  # the disk is at work meanwhile, and has little left to do when the file is complete
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


@dataclass(frozen=True, slots=True)
class WriteFormat:
    """What is to be written, known in full beforehand."""

    sample_rate_hz: int
    subtype: Subtype
    layout: Layout
    length_samples: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample instant."""
        return self.layout.count * _BYTES[self.subtype]

    @property
    def data_bytes(self) -> int:
        """Bytes of the sound alone."""
        return self.length_samples * self.frame_bytes


def needed_bytes(fmt: WriteFormat, bext: Bext | None = None, chunks: Chunks = ()) -> int:
    """Return the size that the file will have."""
    return len(header_of(fmt, bext, chunks)) + fmt.data_bytes + fmt.data_bytes % 2


def container_of(fmt: WriteFormat, bext: Bext | None = None) -> str:
    """Return ``WAV`` or ``RF64``: which container the file will be."""
    return "RF64" if _is_long(fmt, _chunks_before_data(fmt, bext)) else "WAV"


class PrintWriter(Completing):
    """A sink that writes one file, at exactly the path given.

    Parameters
    ----------
    path
        Overwritten if it exists: callers give temporary names (`stemkit.core.files.OutputSet`).
    fmt
        Format and exact length.
    bext
        Broadcast Wave chunk to put in front, or `None`.
    chunks
        Other chunks to put before the sound, name and body.
    durable
        Force the file to the disk when it is complete; without, that is left to who gives it its name.
    checksum
        Takes the sound that is written, so that it can be looked for again (`stemkit.audio.written`).

    Raises
    ------
    RenderError
        If the layout has no place in a WAV header, a block is off the grid of an integer format, or the
        length is not the one announced.
    SumOverflow
        If a value does not fit into an integer format: nothing is ever clipped.
    OutputError
        If the system refuses to write.
    """

    def __init__(
        self,
        path: Path,
        fmt: WriteFormat,
        *,
        bext: Bext | None = None,
        chunks: Chunks = (),
        durable: bool = True,
        checksum: Checksum | None = None,
    ) -> None:
        header = header_of(fmt, bext, chunks)
        self._path, self._fmt, self._durable, self._checksum = path, fmt, durable, checksum
        self._written = self._bytes = self._begun_bytes = 0
        try:
            self._file = open(system_path(path), "wb", buffering=0)  # noqa: SIM115, PTH123
        except OSError as error:
            raise cannot_write(path, error) from error
        self._put(header)

    def push(self, block: Block) -> None:
        """Write a block; for integer formats its values are on the grid already."""
        if block.ndim != 2 or block.shape[1] != self._fmt.layout.count:
            raise ValueError(f"a block of shape {block.shape} does not fit {self._fmt.layout.name}")
        if self._written + len(block) > self._fmt.length_samples:
            raise self._error("too_long", f"more samples than the {self._fmt.length_samples} announced")
        if len(block) == 0:
            return
        self._put_sound(self._encode(block).data.cast("B"))
        self._written += len(block)

    def push_packed(self, raw: memoryview) -> None:
        """Write samples as they lie in a 24-bit file, whole instants of them."""
        length = raw.nbytes // self._fmt.frame_bytes
        if self._fmt.subtype != "PCM_24" or length * self._fmt.frame_bytes != raw.nbytes:
            raise ValueError(f"{raw.nbytes} bytes do not fit {self._fmt.subtype} in {self._fmt.layout.name}")
        if self._written + length > self._fmt.length_samples:
            raise self._error("too_long", f"more samples than the {self._fmt.length_samples} announced")
        self._put_sound(raw)
        self._written += length

    def close(self) -> None:
        """Complete the file."""
        if self._file.closed:
            return
        if self._written != self._fmt.length_samples:
            message = f"{self._written} samples instead of the {self._fmt.length_samples} announced"
            self.abort()
            raise self._error("too_short", message)
        self._put(bytes(self._fmt.data_bytes % 2))
        try:
            if self._durable:
                os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            self.abort()
            raise cannot_write(self._path, error) from error

    def abort(self) -> None:
        """Give up and remove what was written."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _put_sound(self, data: memoryview) -> None:
        if self._checksum is not None:
            self._checksum.update(data)
        self._put(data)

    def _put(self, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        self._bytes += rest.nbytes
        try:
            while rest.nbytes:
                rest = rest[self._file.write(rest) :]
            if self._bytes - self._begun_bytes >= _BEGIN_BYTES:
                begin_to_write(self._file.fileno(), self._begun_bytes, self._bytes - self._begun_bytes)
                self._begun_bytes = self._bytes
        except OSError as error:
            self.abort()
            raise cannot_write(self._path, error) from error

    def _encode(self, block: Block) -> NDArray[np.generic]:
        if self._fmt.subtype == "FLOAT":
            return self._encode_float(block)
        if self._fmt.subtype == "PCM_24" and (packed := packed_at_once(block)) is not None:
            return packed
        whole = whole_values(block, 8 * _BYTES[self._fmt.subtype], self._path, self._written)
        if self._fmt.subtype == "PCM_24":
            return pack_24(whole)
        return whole.astype("<i2" if self._fmt.subtype == "PCM_16" else "<i4", copy=False)

    def _encode_float(self, block: Block) -> NDArray[np.generic]:
        with np.errstate(over="ignore", invalid="ignore"):
            narrow = block.astype("<f4", order="C")
        if not np.isfinite(narrow).all():
            where = ~np.isfinite(narrow)
            raise wrong_value("non_finite", "a sample is not a number", block, where, self._path, self._written)
        return narrow

    def _error(self, code: str, message: str) -> RenderError:
        return RenderError(Problem(code, message, "this is a defect of the render", path=str(self._path)))


def pack_24(whole: NDArray[np.int32]) -> NDArray[np.generic]:
    """Return the three low bytes of each value (byte by byte: four times as fast as one copy)."""
    wide = whole.astype("<i4", copy=False).reshape(-1, 1).view(np.uint8)
    packed = np.empty((len(wide), 3), np.uint8)
    for byte in range(3):
        packed[:, byte] = wide[:, byte]
    return packed


def write_levels(path: Path, bext: Bext) -> None:
    """Put what was measured into the ``bext`` chunk of a file that was just written; no sample is touched.

    It is not forced to the disk: that is left to who gives the file its name.

    Raises
    ------
    OutputError
        If the system refuses to write.
    """
    body = build_bext(bext)[LEVELS_AT]
    try:
        with open(system_path(path), "r+b") as file:  # noqa: PTH123
            head = file.read(64)
            chunk_at = 12 if head[:4] == b"RIFF" else 20 + struct.unpack_from("<I", head, 16)[0]
            if head[chunk_at : chunk_at + 4] != b"bext":
                raise RenderError(Problem("no_bext", "the file has no bext chunk in front", path=str(path)))
            file.seek(chunk_at + 8 + LEVELS_AT.start)
            file.write(body)
    except OSError as error:
        raise cannot_write(path, error) from error


def header_of(fmt: WriteFormat, bext: Bext | None, others: Chunks = ()) -> bytes:
    """Return everything before the first sample."""
    chunks = _chunks_before_data(fmt, bext, others)
    data_bytes = fmt.data_bytes
    outer = _outer_bytes(fmt, chunks)
    if not _is_long(fmt, chunks):
        return b"RIFF" + struct.pack("<I", outer) + b"WAVE" + chunks + b"data" + struct.pack("<I", data_bytes)
    ds64 = struct.pack("<QQQI", outer + 36, data_bytes, fmt.length_samples, 0)
    open_size = struct.pack("<I", UNKNOWN_SIZE)
    return b"RF64" + open_size + b"WAVE" + _chunk(b"ds64", ds64) + chunks + b"data" + open_size


def _outer_bytes(fmt: WriteFormat, chunks: bytes) -> int:
    return 4 + len(chunks) + 8 + fmt.data_bytes + fmt.data_bytes % 2


def _is_long(fmt: WriteFormat, chunks: bytes) -> bool:
    return 8 + _outer_bytes(fmt, chunks) > _WAV_LIMIT


def _chunks_before_data(fmt: WriteFormat, bext: Bext | None, others: Chunks = ()) -> bytes:
    chunks = _chunk(b"bext", build_bext(bext)) if bext is not None else b""
    chunks += _chunk(b"fmt ", _format_body(fmt))
    if fmt.subtype == "FLOAT":
        chunks += _chunk(b"fact", struct.pack("<I", min(fmt.length_samples, UNKNOWN_SIZE)))
    return chunks + b"".join(_chunk(name, body) for name, body in others)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _format_body(fmt: WriteFormat) -> bytes:
    """Return the ``fmt`` chunk: plain for mono and stereo, extensible with a mask for more channels."""
    tag = IEEE_FLOAT if fmt.subtype == "FLOAT" else PCM
    bits = 8 * _BYTES[fmt.subtype]
    is_plain = fmt.layout.name in ("mono", "stereo")
    rate_hz, align = fmt.sample_rate_hz, fmt.frame_bytes
    head = struct.pack(
        "<HHIIHH", tag if is_plain else EXTENSIBLE, fmt.layout.count, rate_hz, rate_hz * align, align, bits
    )
    if is_plain:
        return head if tag == PCM else head + struct.pack("<H", 0)
    mask = mask_of(fmt.layout)
    if mask is None:
        message = f"a WAV header cannot state the channel order of {fmt.layout.name}"
        hint = "choose a layout in mask order, such as 5.1"
        raise RenderError(Problem("layout_without_mask", message, hint))
    return head + struct.pack("<HHIH", 22, bits, mask, tag) + _GUID_TAIL
