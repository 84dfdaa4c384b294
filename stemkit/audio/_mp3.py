"""The frames of an MP3, counted: libsndfile guesses the length where no Info header states it.

A guess counts an ID3 tag with a cover picture as seconds of sound, and misses most of a file of
variable bit rate. The true count is handed to it in an Info header of our own.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from stemkit.core.system import RandomReader

_WINDOW = 1 << 20
_LAYER_III = 1
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS_V1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_KBITS_V2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
_MAX_TAGS = 16
_DECODER_DELAY = 529


@dataclass(frozen=True, slots=True)
class Mp3:
    """What counting found.

    Parameters
    ----------
    start
        Where the first frame is.
    frames
        Complete frames of sound, an Info frame not counted.
    stated_frames
        Frames that an Info or Xing header states, `None` without one.
    is_cut
        Whether the last frame is incomplete.
    is_regular
        Whether frame followed frame to the end of the file or the tags there.
    """

    start: int
    frames: int
    stated_frames: int | None
    is_cut: bool
    is_regular: bool
    header: int
    states_delay: bool = False
    """Whether an Info header says how many samples the encoder has put before the sound."""

    @property
    def needs_info(self) -> bool:
        """Whether libsndfile would get the length wrong."""
        return self.is_regular and self.frames > 0 and (self.stated_frames is None or self.frames > self.stated_frames)

    def front(self) -> tuple[bytes, int]:
        """Return what to put before the first frame, and how many samples of silence that adds.

        An Info frame states the true number of frames. Decoders that see one drop the delay of a
        decoder; a frame of silence in between pays for that, so that the sound itself is whole.
        """
        header = (self.header & ~0xF200) | 0xE000 | 0x10000  # highest bit rate, no padding, no checksum
        size = frame_size(header) or 0
        stated = bytes(_side_info(header)) + b"Xing" + struct.pack(">II", 1, self.frames + 1)
        frames = [(struct.pack(">I", header) + body).ljust(size, b"\0") for body in (stated, b"")]
        return b"".join(frames), (1152 if header >> 19 & 3 == 3 else 576) - _DECODER_DELAY


def frame_size(header: int) -> int | None:
    """Return the bytes of a layer III frame with this header, `None` if it is none."""
    version, layer = header >> 19 & 3, header >> 17 & 3
    rate_index, kbit_index = header >> 10 & 3, header >> 12 & 15
    if header >> 21 != 0x7FF or version == 1 or layer != _LAYER_III or rate_index == 3:
        return None
    kbits = (_KBITS_V1 if version == 3 else _KBITS_V2)[kbit_index]
    if kbits == 0:
        return None
    return (144_000 if version == 3 else 72_000) * kbits // _RATES[version][rate_index] + (header >> 9 & 1)


def scan_mp3(file: RandomReader) -> Mp3 | None:
    """Count the frames of a file; `None` if it does not begin with two layer III frames."""
    start = _after_tags(file)
    frames = _Frames(file)
    first = frames.header_at(start)
    size = frame_size(first)
    if size is None:
        return None
    info = file.read(start, size)
    stated = _stated_frames(info, first)
    at = start if stated is None else start + size
    count = 0
    while (size := frames.size_at(at, first)) is not None and at + size <= file.size_bytes:
        at, count = at + size, count + 1
    if count == 0 and stated is None:
        return None
    rest = file.read(at, 128)
    is_tag = not rest.strip(b"\0") or rest.startswith((b"TAG", b"APETAGEX", b"ID3", b"LYRICSBEGIN"))
    is_regular = size is not None or is_tag or len(rest) < 4
    return Mp3(start, count, stated, size is not None, is_regular, first, _states_delay(info, first))


class _Frames:
    """Frame headers of a file, read a window at a time."""

    def __init__(self, file: RandomReader) -> None:
        self._file = file
        self._window, self._start = b"", 0

    def header_at(self, at: int) -> int:
        if not self._start <= at <= self._start + len(self._window) - 4:
            self._window, self._start = self._file.read(at, _WINDOW), at
        offset = at - self._start
        return int.from_bytes(self._window[offset : offset + 4].ljust(4, b"\0"), "big")

    def size_at(self, at: int, like: int) -> int | None:
        """Return the size of the frame at a place if it is one of the same kind as the first."""
        header = self.header_at(at)
        return frame_size(header) if (header ^ like) & 0xFFFE0C00 == 0 else None


def _after_tags(file: RandomReader) -> int:
    """Return where ID3v2 tags at the beginning end."""
    at = 0
    for _ in range(_MAX_TAGS):
        head = file.read(at, 10)
        if len(head) < 10 or head[:3] != b"ID3":
            break
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        at += 10 + size + (10 if head[5] & 0x10 else 0)
    padding = file.read(at, 4096)
    return at + len(padding) - len(padding.lstrip(b"\0"))


def _side_info(header: int) -> int:
    is_mono = header >> 6 & 3 == 3
    if header >> 19 & 3 == 3:
        return 17 if is_mono else 32
    return 9 if is_mono else 17


def _stated_frames(frame: bytes, header: int) -> int | None:
    """Return the count that an Info, Xing or VBRI header states, `None` without one."""
    at = 4 + _side_info(header)
    if frame[at : at + 4] in (b"Xing", b"Info") and len(frame) >= at + 12:
        flags, count = struct.unpack_from(">II", frame, at + 4)
        return int(count) if flags & 1 else 0
    if frame[36:40] == b"VBRI" and len(frame) >= 54:
        return int(struct.unpack_from(">I", frame, 50)[0])
    return None


def _states_delay(frame: bytes, header: int) -> bool:
    """Tell whether an Info header carries an encoder's name and its delay, as LAME's and libavformat's do."""
    at = 4 + _side_info(header)
    if frame[at : at + 4] not in (b"Xing", b"Info") or len(frame) < at + 8:
        return False
    flags = int.from_bytes(frame[at + 4 : at + 8], "big")
    at += 8 + sum(size for bit, size in ((1, 4), (2, 4), (4, 100), (8, 4)) if flags & bit)
    name, delay = frame[at : at + 9], frame[at + 21 : at + 24]
    return len(delay) == 3 and bool(name.strip(b"\0 ")) and any(delay)
