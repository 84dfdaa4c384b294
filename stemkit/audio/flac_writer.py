"""FLAC files, for those who want smaller ones: the same samples, with chapters and place in the film as tags.

Libsndfile encodes; the tags are put in afterwards, as it knows no chapters. The digest that the encoder
states is compared with that of the samples given, so a reader that decodes to the same digest has them all.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from stemkit.audio._values import whole_values
from stemkit.audio.reader import read_blocks
from stemkit.audio.tags import Marker
from stemkit.audio.writer import WriteFormat, pack_24
from stemkit.core.block import Block
from stemkit.core.checksum import Checksum
from stemkit.core.completing import Completing
from stemkit.core.errors import Problem, RenderError
from stemkit.core.files import PARTIAL_PREFIX, PARTIAL_SUFFIX, cannot_write
from stemkit.core.media import MediaInfo
from stemkit.core.system import system_path

_STREAMINFO, _COMMENT, _PADDING, _LAST = 0, 4, 1, 0x80
_DIGEST = slice(18, 34)
_LAYOUTS = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1-mask")
_VENDOR = b"stemkit"


class _Patient:
    """A file that notes what the system refuses: inside libsndfile nobody could catch it, only Python print it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.refused: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def write(self, data: bytes) -> int:
        return self._tried(lambda: self._file.write(data))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._tried(lambda: self._file.seek(offset, whence))

    def tell(self) -> int:
        return self._tried(self._file.tell)

    def require_all(self) -> None:
        if self.refused is not None:
            raise self.refused

    def _tried(self, call: Callable[[], int]) -> int:
        try:
            return call()
        except OSError as error:
            self.refused = self.refused or error
            return 0


class FlacWriter(Completing):
    """A sink that writes one FLAC file of 16 or 24 bits, at exactly the path given.

    Parameters
    ----------
    tags
        Vorbis comments, name and value.
    checksum
        Takes the digest of the sound that is written, so that it can be looked for again.

    Raises
    ------
    RenderError
        If FLAC has no place for the layout, or as `stemkit.audio.writer.PrintWriter`.
    OutputError
        If the system refuses to write.
    """

    def __init__(
        self, path: Path, fmt: WriteFormat, tags: Sequence[tuple[str, str]] = (), checksum: Checksum | None = None
    ) -> None:
        from stemkit.audio._streamed import WholeCalls

        if fmt.layout.name not in _LAYOUTS or fmt.subtype == "FLOAT":
            message = f"FLAC cannot hold {fmt.layout.name} in {fmt.subtype}"
            hint = "choose WAV, or one mono file for each channel"
            raise RenderError(Problem("no_flac", message, hint, path=str(path)))
        self._path, self._fmt, self._tags, self._checksum = path, fmt, tags, checksum
        self._bits = 16 if fmt.subtype == "PCM_16" else 24
        self._written, self._digest = 0, hashlib.md5(usedforsecurity=False)
        try:
            self._file: IO[bytes] = open(system_path(path), "w+b")  # noqa: SIM115, PTH123
            self._held = _Patient(self._file)
            self._sound = WholeCalls(self._held, "w", fmt.sample_rate_hz, fmt.layout.count, fmt.subtype, format="FLAC")
        except OSError as error:
            raise cannot_write(path, error) from error

    def push(self, block: Block) -> None:
        """Write a block, whose values are on the grid already."""
        if self._written + len(block) > self._fmt.length_samples:
            raise self._defect("too_long", f"more samples than the {self._fmt.length_samples} announced")
        if len(block) == 0:
            return
        whole = whole_values(block, self._bits, self._path, self._written)
        self._digest.update(whole.astype("<i2").data.cast("B") if self._bits == 16 else pack_24(whole).data.cast("B"))
        try:
            with contextlib.suppress(AssertionError):  # soundfile's word for fewer samples written than given
                self._sound.write(whole << (32 - self._bits))
            self._held.require_all()
        except (OSError, RuntimeError) as error:
            self.abort()
            raise cannot_write(self._path, self._held.refused or _as_os_error(error)) from error
        self._written += len(block)

    def close(self) -> None:
        """Complete the file, put its tags in and force it to the disk."""
        if self._file.closed:
            return
        if self._written != self._fmt.length_samples:
            message = f"{self._written} samples instead of the {self._fmt.length_samples} announced"
            self.abort()
            raise self._defect("too_short", message)
        try:
            self._sound.close()
            self._held.require_all()
            self._file.close()
            self._put_tags()
        except (OSError, RuntimeError) as error:
            self.abort()
            raise cannot_write(self._path, self._held.refused or _as_os_error(error)) from error
        if stated_digest(self._path) != self._digest.digest():
            self.abort()
            raise self._defect("not_lossless", "the encoder was given other samples than it states")
        if self._checksum is not None:
            self._checksum.update(self._digest.digest())

    def abort(self) -> None:
        """Give up and remove what was written."""
        with contextlib.suppress(OSError, RuntimeError):
            self._sound.close()
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _put_tags(self) -> None:
        tagged = self._path.with_name(f"{PARTIAL_PREFIX}{secrets.token_hex(6)}{PARTIAL_SUFFIX}")
        try:
            with open(system_path(self._path), "rb") as old, open(system_path(tagged), "wb") as new:  # noqa: PTH123
                new.write(_with_comment(_blocks(old), self._tags))
                shutil.copyfileobj(old, new, 1 << 20)
                new.flush()
                os.fsync(new.fileno())
            tagged.replace(self._path)
        finally:
            with contextlib.suppress(OSError):
                tagged.unlink(missing_ok=True)

    def _defect(self, code: str, message: str) -> RenderError:
        return RenderError(Problem(code, message, "this is a defect of the render", path=str(self._path)))


def chapter_tags(markers: Sequence[Marker], rate_hz: int) -> list[tuple[str, str]]:
    """Return chapters as players of Vorbis comments know them."""
    found = []
    for number, marker in enumerate(markers, 1):
        thousandths = round(marker.at_samples * 1000 / rate_hz)
        seconds, rest = divmod(thousandths, 1000)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"
        found += [(f"CHAPTER{number:03}", clock), (f"CHAPTER{number:03}NAME", marker.label)]
    return found


def stated_digest(path: Path) -> bytes:
    """Return the MD5 digest of all samples that a FLAC file states of itself."""
    with open(system_path(path), "rb") as file:  # noqa: PTH123
        return _blocks(file)[_STREAMINFO][_DIGEST]


class DigestOfSamples:
    """A sink that digests samples as FLAC does, to see whether a file decodes to what it states."""

    def __init__(self, media: MediaInfo) -> None:
        self._media, self._digest = media, hashlib.md5(usedforsecurity=False)
        self._bits = 16 if media.subtype == "PCM_16" else 24

    def push(self, block: Block) -> None:
        """Take the next samples."""
        whole = whole_values(block, self._bits, self._media.path, 0)
        self._digest.update(whole.astype("<i2").data.cast("B") if self._bits == 16 else pack_24(whole).data.cast("B"))

    def is_as_stated(self) -> bool:
        """Tell whether the digest is the file's own."""
        return self._digest.digest() == stated_digest(self._media.path)


def decodes_as_stated(media: MediaInfo) -> bool:
    """Tell whether a FLAC file decodes to the very samples that its encoder was given."""
    digest = DigestOfSamples(media)
    for block in read_blocks(media):
        digest.push(block)
    return digest.is_as_stated()


def _blocks(file: IO[bytes]) -> dict[int, bytes]:
    """Read the metadata blocks, the last of each kind, and stop at the first frame."""
    found: dict[int, bytes] = {}
    file.seek(4)
    kind = 0
    while not kind & _LAST:
        kind, high, low = struct.unpack(">BBH", file.read(4))
        found[kind & 0x7F] = file.read(high << 16 | low)
    return found


def _with_comment(blocks: Mapping[int, bytes], tags: Sequence[tuple[str, str]]) -> bytes:
    entries = [f"{name}={value}".encode("utf-8", "replace") for name, value in tags]
    comment = struct.pack("<I", len(_VENDOR)) + _VENDOR + struct.pack("<I", len(entries))
    comment += b"".join(struct.pack("<I", len(entry)) + entry for entry in entries)
    kept = {kind: body for kind, body in blocks.items() if kind not in (_COMMENT, _PADDING)}
    ordered = [(_STREAMINFO, kept.pop(_STREAMINFO)), *kept.items(), (_COMMENT, comment)]
    head = b"fLaC"
    for at, (kind, body) in enumerate(ordered, 1):
        flag = _LAST if at == len(ordered) else 0
        head += struct.pack(">BBH", kind | flag, len(body) >> 16, len(body) & 0xFFFF) + body
    return head


def _as_os_error(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else OSError(str(error))
