"""The sound of MP4, MOV, M4A, Matroska, AVI, transport streams and MP3 in WAV, through PyAV (the extra ``video``).

Priming is taken off by the decoder as the container's edit list says; at the tail the sound ends where the
track says that it ends, not where the codec's last block does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.audio._patience import patiently
from stemkit.audio._sniff import layout_of_codec
from stemkit.core.block import Block
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import MediaInfo, MediaProblem, ProblemKind
from stemkit.core.names import safe_name
from stemkit.core.timebase import Span

MP3_IN_WAV = "MP3 in WAV"  # libsndfile takes its length out of a header that the codec does not keep
CONTAINERS = ("MP4", "MATROSKA", "ADTS", "AVI", "FLV", "MPEG-TS", MP3_IN_WAV)
_MAGIC = ((4, b"ftyp", "MP4"), (0, b"\x1a\x45\xdf\xa3", "MATROSKA"), (8, b"AVI ", "AVI"), (0, b"FLV\x01", "FLV"))
_PACKET_BYTES, _SYNC = 188, b"\x47"
_HEAD_BYTES = 4096
_DEMUXERS = {"AVI": "avi", "FLV": "flv", "MPEG-TS": "mpegts"}  # little marks them: ffmpeg is not to guess further
_CODECS = {"mp3": "MPEG_LAYER_III", "mp2": "MPEG_LAYER_II", "mp1": "MPEG_LAYER_I"}
_LOSSLESS = ("alac", "flac", "pcm_", "wavpack", "tta", "truehd", "mlp", "ape")
_STATE_THEIR_START = ("OPUS", "VORBIS")  # in the codec's own header, whatever the container
_DEPTHS = {"s16": 16, "s16p": 16, "s32": 24, "s32p": 24, "flt": 32, "fltp": 32}
_LAYOUTS = {"mono": "mono", "stereo": "stereo", "5.1": "5.1", "5.1(side)": "5.1", "5.1(back)": "5.1"}
_SCALES = {"u1": 2.0**-7, "i2": 2.0**-15, "i4": 2.0**-31}
_HANDLERS = ("soundhandler", "sound media handler", "core media audio", "apple sound media handler", "audio handler")
_CHOOSE = 'name one in the film file: { file = "...", track = 2 }, or export it alone'
_WITHOUT = "the sound of video, M4A and AAC files needs the extra 'video': pip install 'stemkit[video]', or export WAV"


class TrackError(Exception):
    """A video file does not hold the track that was asked for.

    Parameters
    ----------
    hint
        What it holds.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def container_of(head: bytes) -> str | None:
    """Return what kind of file the first bytes are of, `None` if it is none of these."""
    if len(head) > 6 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # MP3 has a layer there
        return "ADTS"
    for lead in (0, 4):  # cameras write a time before each packet
        if all(head[at : at + 1] == _SYNC for at in range(lead, 5 * (_PACKET_BYTES + lead), _PACKET_BYTES + lead)):
            return "MPEG-TS"
    return next((name for at, magic, name in _MAGIC if head[at : at + len(magic)] == magic), None)


def probe_video(path: Path, container: str, size_bytes: int, max_hours: int) -> MediaInfo:
    """Return what is known of the one sound track of a file, which is decoded for that, for some hours at most."""
    nothing = MediaInfo(path, container, "", 0, 0, 0, size_bytes)
    try:
        import av
    except ImportError:
        return _with_problem(nothing, _WITHOUT)
    try:
        with _open(path) as opened:
            tracks = opened.streams.audio
            if len(tracks) != 1:
                what = f"it holds {_tracks_told(tracks)}; {_CHOOSE}" if tracks else "a video without sound"
                return _with_problem(nothing, what)
            return _info(path, container, size_bytes, tracks[0], max_hours)
    except (av.FFmpegError, ValueError, OSError, RuntimeError) as error:
        return _with_problem(nothing, f"its sound cannot be decoded: {error}")


def _with_problem(media: MediaInfo, detail: str) -> MediaInfo:
    return replace(media, problem=MediaProblem(ProblemKind.UNREADABLE, detail))


def _tracks_told(tracks: Sequence[Any]) -> str:
    names = [f"{at} {_title(track) or track.language or ''}".strip() for at, track in enumerate(tracks, 1)]
    return f"{len(tracks)} sound track{'s' * (len(tracks) != 1)} ({', '.join(names)})"


def _title(track: Any) -> str:
    """Return the title of a track, where a person gave it one."""
    found = str(track.metadata.get("title") or track.metadata.get("handler_name") or "").strip("\0 ")
    return "" if found.casefold() in _HANDLERS else found


def copy_track(path: Path, wanted: int | str, folder: Path) -> None:
    """Copy one sound track of a video file into a folder, as it is coded, as a file with no other track.

    Parameters
    ----------
    wanted
        Counted from 1, or a title, or a language where only one track is in it.

    Raises
    ------
    TrackError
        If there is no such track, or its codec cannot be copied.
    OSError
        If the file cannot be read.
    ImportError
        If the extra ``video`` is not there.
    """
    import av

    try:
        with _open(path) as opened:
            track = opened.streams.audio[_place_of(opened.streams.audio, wanted)]
            suffix, form = _form_for(opened.format.name, _context_of(track).codec.canonical_name)
            target = folder / f"{safe_name(path.stem)}{suffix}"
            with av.open(f"file:{target.absolute()}", mode="w", format=form) as copy:
                copied = copy.add_stream_from_template(track)
                for packet in opened.demux(track):
                    if packet.dts is not None:
                        packet.stream = copied
                        copy.mux(packet)
    except (av.FFmpegError, ValueError) as error:
        raise OSError(None, str(error), str(path)) from error


def _context_of(track: Any) -> Any:
    if track.codec_context is None:
        raise ValueError("no decoder here knows its codec")
    return track.codec_context


def _form_for(container: str, codec: str) -> tuple[str, str]:
    """Return suffix and format of a file that holds a codec as its container does."""
    if "matroska" in container:
        return ".mka", "matroska"
    return (".mp4", "mp4") if codec in ("flac", "opus") else (".mov", "mov")


def _place_of(tracks: Sequence[Any], wanted: int | str) -> int:
    if isinstance(wanted, int):
        found = [wanted - 1] if wanted <= len(tracks) else []
    else:
        word = wanted.strip().casefold()
        found = [at for at, track in enumerate(tracks) if _title(track).casefold() == word]
        found = found or [at for at, track in enumerate(tracks) if (track.language or "").casefold() == word]
    if len(found) == 1:
        return found[0]
    what = "has no sound track" if not found else "has several sound tracks"
    raise TrackError(f"the file {what} {wanted!r}", f"it holds {_tracks_told(tracks)}")


def _open(path: Path) -> Any:
    import av

    with path.open("rb") as file:
        form = _DEMUXERS.get(container_of(file.read(_HEAD_BYTES)) or "")
    # Nothing but the file itself is ever opened, whatever its name or contents ask for.
    return av.open(f"file:{path.absolute()}", mode="r", format=form, options={"protocol_whitelist": "file"})


def _info(path: Path, container: str, size_bytes: int, track: Any, max_hours: int) -> MediaInfo:
    context = _context_of(track)
    codec, stored = context.codec.canonical_name, context.format
    subtype, bits = _stored(codec, stored.name if stored else "")
    forms, decoded = _decoded(path, max_hours)
    if len(forms) != 1:
        what = "changes its rate or its channels on the way" if forms else "holds nothing that can be decoded"
        return _with_problem(MediaInfo(path, container, subtype, 0, 0, 0, size_bytes), f"its sound {what}")
    ((rate_hz, channels, name),) = forms
    known = _LAYOUTS.get(name)
    layout, source = layout_of_codec("", "", channels) if known is None else (LAYOUTS[known], "codec")
    stated = _stated(track, rate_hz) if container == "MP4" else None
    return MediaInfo(
        path=path,
        container=container,
        subtype=subtype,
        sample_rate_hz=rate_hz,
        channels=channels,
        length_samples=min(decoded, stated or decoded),
        size_bytes=size_bytes,
        bit_depth_bits=bits,
        valid_bits=bits,
        is_float=subtype == "FLOAT",
        layout=layout,
        layout_source="codec" if source == "codec" else "assumed",
        states_codec_delay=_states_start(path, container, subtype) if bits is None else None,
    )


def _decoded(path: Path, max_hours: int) -> tuple[set[tuple[int, int, str]], int]:
    """Return the forms that a track's sound has and its length: the header of AAC may state half the rate."""
    forms, length = set(), 0
    with _open(path) as opened:
        for frame in patiently(opened.decode(audio=0), _seconds):
            forms.add((int(frame.sample_rate), len(frame.layout.channels), frame.layout.name))
            length += frame.samples
            if length > max_hours * 3600 * frame.sample_rate:
                break
    return forms, length


def _seconds(frame: Any) -> float:
    return float(frame.samples) / max(1, int(frame.sample_rate))


def _states_start(path: Path, container: str, subtype: str) -> bool:
    """Tell whether a file says where the sound of its codec begins; else players start it some 20 ms late."""
    if subtype in _STATE_THEIR_START:
        return True
    if container != "MP4":
        return False
    with _open(path) as opened:
        track = opened.streams.audio[0]
        first = next((packet for packet in opened.demux(track) if packet.pts is not None), None)
        is_tagged = any(key.casefold() == "itunsmpb" for key in (*opened.metadata, *track.metadata))
    return is_tagged or (first is not None and first.pts < 0)


def _stored(codec: str, sample_format: str) -> tuple[str, int | None]:
    """Return a codec in libsndfile's words, and the bits of a sample; lossy codecs have none."""
    if not codec.startswith(_LOSSLESS):
        return _CODECS.get(codec, codec.upper()), None
    bits = _DEPTHS.get(sample_format)
    if codec == "alac":
        return f"ALAC_{bits or 24}", bits
    if codec.startswith("pcm_f32"):
        return "FLOAT", 32
    digits = "".join(mark for mark in codec if mark.isdigit())
    if codec.startswith("pcm_s") and digits in ("16", "24", "32"):
        return f"PCM_{digits}", int(digits)
    return codec.upper(), bits


def _stated(track: Any, rate_hz: int) -> int | None:
    if track.duration is None or track.time_base is None:
        return None
    return round(Fraction(track.duration) * Fraction(track.time_base) * rate_hz)


def _blocks(path: Path) -> Iterator[Block]:
    with _open(path) as opened:
        for frame in patiently(opened.decode(audio=0), _seconds):
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
