"""The sound of MP4, MOV, M4A and Matroska files, through PyAV (the extra ``video``).

Priming is taken off by the decoder as the container's edit list says; at the tail the sound ends where the
track says that it ends, not where the codec's last block does.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.audio._sniff import layout_of_codec
from stemkit.core.block import Block
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import MediaInfo, MediaProblem, ProblemKind
from stemkit.core.timebase import Span

CONTAINERS = ("MP4", "MATROSKA")
_MAGIC = ((4, b"ftyp", "MP4"), (0, b"\x1a\x45\xdf\xa3", "MATROSKA"))
_CODECS = {"aac": "AAC", "opus": "OPUS", "vorbis": "VORBIS", "mp3": "MPEG_LAYER_III", "mp2": "MPEG_LAYER_II"}
_DEPTHS = {"s16": 16, "s16p": 16, "s32": 24, "s32p": 24, "flt": 32, "fltp": 32}
_LAYOUTS = {"mono": "mono", "stereo": "stereo", "5.1": "5.1", "5.1(side)": "5.1", "5.1(back)": "5.1"}
_SCALES = {"u1": 2.0**-7, "i2": 2.0**-15, "i4": 2.0**-31}
_NO_START = "a Matroska file does not say where the sound of its codec begins; export MP4, M4A or WAV"
_WITHOUT = "the sound of video and M4A files needs the extra 'video': pip install 'stemkit[video]', or export WAV"


def container_of(head: bytes) -> str | None:
    """Return what kind of file the first bytes are of, `None` if it is none of these."""
    return next((name for at, magic, name in _MAGIC if head[at : at + len(magic)] == magic), None)


def probe_video(path: Path, container: str, size_bytes: int) -> MediaInfo:
    """Return what is known of the one sound track of a file."""
    nothing = MediaInfo(path, container, "", 0, 0, 0, size_bytes)
    try:
        import av
    except ImportError:
        return _with_problem(nothing, _WITHOUT)
    try:
        with _open(path) as opened:
            tracks = opened.streams.audio
            if len(tracks) != 1:
                return _with_problem(nothing, _tracks_told(tracks))
            return _info(path, container, size_bytes, tracks[0])
    except (av.FFmpegError, ValueError, OSError) as error:
        return _with_problem(nothing, f"its sound cannot be decoded: {error}")


def _with_problem(media: MediaInfo, detail: str) -> MediaInfo:
    from dataclasses import replace

    return replace(media, problem=MediaProblem(ProblemKind.UNREADABLE, detail))


def _tracks_told(tracks: Any) -> str:
    if not tracks:
        return "a video without sound"
    names = [
        f"{at} {track.metadata.get('title') or track.language or ''}".strip() for at, track in enumerate(tracks, 1)
    ]
    return f"it holds {len(tracks)} sound tracks ({', '.join(names)}); export the one that is meant"


def _open(path: Path) -> Any:
    import av

    # Nothing but the file itself is ever opened, whatever its name or contents ask for.
    return av.open(f"file:{path.absolute()}", mode="r", options={"protocol_whitelist": "file"})


def _info(path: Path, container: str, size_bytes: int, track: Any) -> MediaInfo:
    context = track.codec_context
    codec, rate_hz, channels = context.name, int(context.sample_rate), int(context.channels)
    subtype, bits = _stored(codec, context.format.name if context.format else "")
    if container == "MATROSKA" and subtype in ("AAC", "MPEG_LAYER_III", "MPEG_LAYER_II"):
        # Sync cannot be told from such a file: players start it some 20 ms late.
        return _with_problem(MediaInfo(path, container, subtype, 0, 0, 0, size_bytes), _NO_START)
    name = _LAYOUTS.get(context.layout.name)
    layout, source = layout_of_codec("", "", channels) if name is None else (LAYOUTS[name], "codec")
    decoded = sum(len(block) for block in _blocks(path))
    return MediaInfo(
        path=path,
        container=container,
        subtype=subtype,
        sample_rate_hz=rate_hz,
        channels=channels,
        length_samples=min(decoded, _stated(track, rate_hz) or decoded),
        size_bytes=size_bytes,
        bit_depth_bits=bits,
        valid_bits=bits,
        is_float=subtype == "FLOAT",
        layout=layout,
        layout_source="codec" if source == "codec" else "assumed",
    )


def _stored(codec: str, sample_format: str) -> tuple[str, int | None]:
    if codec in _CODECS:
        return _CODECS[codec], None
    bits = _DEPTHS.get(sample_format)
    if codec == "alac":
        return f"ALAC_{bits or 24}", bits
    if codec.startswith("pcm_f32"):
        return "FLOAT", 32
    digits = "".join(mark for mark in codec if mark.isdigit())
    if codec.startswith("pcm_s") and digits in ("16", "24", "32"):
        return f"PCM_{digits}", int(digits)
    return codec.upper(), None


def _stated(track: Any, rate_hz: int) -> int | None:
    if track.duration is None or track.time_base is None:
        return None
    return round(Fraction(track.duration) * Fraction(track.time_base) * rate_hz)


def _blocks(path: Path) -> Iterator[Block]:
    with _open(path) as opened:
        for frame in opened.decode(audio=0):
            yield _block(frame)


def _block(frame: Any) -> Block:
    data = frame.to_ndarray()
    data = data.T if frame.format.is_planar else data.reshape(-1, len(frame.layout.channels))
    kind = data.dtype.str[1:]
    wide = np.ascontiguousarray(data, dtype=np.float64)
    if kind == "u1":
        wide -= 128.0
    return wide * _SCALES[kind] if kind in _SCALES else wide


def read_video(media: MediaInfo, span: Span, step: int) -> Iterator[Block]:
    """Yield the sound of a span; always decoded from the start, as these codecs have memory."""
    import av

    at = 0
    try:
        for block in _blocks(media.path):
            first, last = max(span.start - at, 0), min(span.end - at, len(block))
            for start in range(first, last, step):
                yield block[start : min(start + step, last)]
            at += len(block)
            if at >= span.end:
                return
    except av.FFmpegError as error:
        raise RuntimeError(str(error)) from error
