"""A picture with the mix under it, through PyAV (the extra ``video``): video copied, sound as plain PCM.

MP4 and its relatives become QuickTime and Matroska stays Matroska, as these hold PCM that every editing
program reads. No packet of the video is decoded, and none of its bytes change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.audio._values import whole_values
from stemkit.core.block import Block, is_same_sound
from stemkit.core.errors import MediaError, OutputError, Problem, UsageError
from stemkit.core.layout import Layout
from stemkit.core.steps import Subtype

_CODECS = {"PCM_16": "pcm_s16le", "PCM_24": "pcm_s24le", "FLOAT": "pcm_f32le"}
_FRAMES = {"PCM_16": ("s16", np.int16), "PCM_24": ("s32", np.int32), "FLOAT": ("flt", np.float32)}
_LAYOUTS = {"mono": "mono", "stereo": "stereo", "5.1": "5.1", "2.1": "2.1", "3.0": "3.0", "5.0": "5.0"}
_MATROSKA = "matroska"


@dataclass(frozen=True, slots=True)
class Picture:
    """What a video file says of its picture.

    Parameters
    ----------
    suffix
        Of a file that can hold it beside PCM.
    start_s, length_s
        When its first frame is shown, and how long all of them are.
    digest
        Of all packets of the video, in their order.
    """

    path: Path
    suffix: str
    frames: int
    fps: Fraction | None
    start_s: Fraction
    length_s: Fraction
    digest: str


def require_video() -> Any:
    """Import PyAV.

    Raises
    ------
    UsageError
        If the extra is not installed.
    """
    try:
        import av
    except ImportError:
        hint = "pip install 'stemkit[video]'"
        raise UsageError(Problem("no_video", "putting the mix under a picture needs the extra 'video'", hint)) from None
    return av


def look_at_picture(path: Path) -> Picture:
    """Read the packets of a video once.

    Raises
    ------
    UsageError
        If there is no such file, or the extra is not installed.
    MediaError
        If it holds no picture, or cannot be read to its end.
    """
    av = require_video()
    if not path.is_file():
        raise UsageError(Problem("no_file", "there is no such video", "name the picture's file", str(path)))
    try:
        with _open(path) as opened:
            if not opened.streams.video:
                problem = Problem("no_picture", "the file holds no picture", "name a video file", str(path))
                raise MediaError(problem)
            return _picture(path, opened, opened.streams.video[0])
    except (av.FFmpegError, ValueError) as error:
        message = f"the picture cannot be read: {error}"
        raise MediaError(Problem("bad_picture", message, "export it again", str(path))) from error


def _picture(path: Path, opened: Any, stream: Any) -> Picture:
    digest, starts, ends, frames = hashlib.sha256(), [], [], 0
    for packet in opened.demux(stream):
        if packet.pts is None:
            continue
        digest.update(bytes(packet))
        frames += 1
        starts.append(packet.pts)
        ends.append(packet.pts + (packet.duration or 0))
    if not frames:
        raise MediaError(Problem("no_picture", "the file holds no picture", "name a video file", str(path)))
    base = Fraction(stream.time_base)
    suffix = "mkv" if _MATROSKA in opened.format.name else "mov"
    fps = Fraction(stream.average_rate) if stream.average_rate else None
    start = min(starts) * base
    return Picture(path, suffix, frames, fps, start, max(ends) * base - start, digest.hexdigest())


def put_under(
    picture: Picture, sound: Iterable[Block], rate_hz: int, layout: Layout, subtype: Subtype, path: Path
) -> None:
    """Write the video of a picture and a sound, which begins with its first frame, into one file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    av = require_video()
    if layout.name not in _LAYOUTS:
        message = f"a video file cannot state the channel order of {layout.name}"
        raise OutputError(Problem("no_layout", message, "mix to stereo or 5.1 for it", str(path)))
    container = "matroska" if picture.suffix == "mkv" else "mov"
    try:
        with _open(picture.path) as source, av.open(f"file:{path.absolute()}", "w", format=container) as out:
            video = source.streams.video[0]
            copied = out.add_stream_from_template(video)
            heard = out.add_stream(_CODECS[subtype], rate=rate_hz, layout=_LAYOUTS[layout.name])
            heard.time_base = Fraction(1, rate_hz)
            _interleave(source.demux(video), copied, _packets(sound, heard, picture, rate_hz, subtype), out)
    except (av.FFmpegError, OSError, ValueError) as error:
        message = f"the picture with its sound cannot be written: {error}"
        hint = "check free space; some codecs of picture fit neither QuickTime nor Matroska"
        raise OutputError(Problem("cannot_write", message, hint, str(path))) from error


def _interleave(video: Iterator[Any], copied: Any, sound: Iterator[tuple[Fraction, Any]], out: Any) -> None:
    """Write both in the order of their times, so that little of either waits in memory."""
    heard = next(sound, None)
    for packet in _decoding_times(video):
        while heard is not None and heard[0] <= packet.dts * packet.time_base:
            out.mux(heard[1])
            heard = next(sound, None)
        packet.stream = copied
        out.mux(packet)
    while heard is not None:
        out.mux(heard[1])
        heard = next(sound, None)


def _decoding_times(video: Iterator[Any]) -> Iterator[Any]:
    """Give the first packets, of which Matroska does not say when they are decoded, times before those of the next."""
    waiting: list[Any] = []
    for packet in video:
        if packet.pts is None:
            continue
        waiting.append(packet)
        if packet.dts is None:
            continue
        for back, earlier in enumerate(reversed(waiting)):
            earlier.dts = packet.dts - back * (packet.duration or 1)
        yield from waiting
        waiting = []
    for packet in waiting:
        packet.dts = packet.pts
        yield packet


def _packets(
    sound: Iterable[Block], stream: Any, picture: Picture, rate_hz: int, subtype: Subtype
) -> Iterator[tuple[Fraction, Any]]:
    av = require_video()
    kind, dtype = _FRAMES[subtype]
    position = round(picture.start_s * rate_hz)
    for block in sound:
        if subtype == "FLOAT":
            values = block.astype(dtype)
        else:
            values = whole_values(block, 16 if subtype == "PCM_16" else 24, picture.path, position)
            values = (values << 8 if subtype == "PCM_24" else values).astype(dtype)
        frame = av.AudioFrame.from_ndarray(values.reshape(1, -1), format=kind, layout=stream.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, position, Fraction(1, rate_hz)
        at = Fraction(position, rate_hz)
        position += len(block)
        for packet in stream.encode(frame):
            yield at, packet
    for packet in stream.encode(None):
        yield Fraction(position, rate_hz), packet


def holds_sound(path: Path, sound: Iterable[Block]) -> bool:
    """Tell whether the sound of a file is exactly these blocks."""
    from stemkit.audio._video import _blocks

    return is_same_sound(_blocks(path), sound)


def _open(path: Path) -> Any:
    av = require_video()
    return av.open(f"file:{path.absolute()}", mode="r", options={"protocol_whitelist": "file"})
