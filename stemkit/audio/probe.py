"""A path becomes a `MediaInfo`: what the header says, and what is wrong with the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stemkit.audio import _foreign, _riff, _video
from stemkit.audio._extent import count_samples, cut_after_opening, cut_before_opening, is_open_length
from stemkit.audio._sniff import kind_of, layout_of_codec, missing_sound, wrong_extension
from stemkit.audio.bext import parse_bext
from stemkit.core.errors import MediaError, Problem
from stemkit.core.layout import assumed_layout, layout_from_mask
from stemkit.core.media import LayoutSource, MediaInfo, MediaProblem, ProblemKind
from stemkit.core.system import RandomReader

MAX_CHANNELS = 1024  # as libsndfile
MIN_RATE_HZ, MAX_RATE_HZ = 1_000, 768_000
MAX_HOURS = 24  # a kilobyte of FLAC can claim weeks of silence, and they would be decoded
_HEAD_BYTES = 4096
_NOISY = b"\xf0\x7e"  # libsndfile writes to standard output while it reads MIDI sample dumps
_SUBTYPES = {
    (_riff.PCM, 1): "PCM_U8",
    (_riff.PCM, 2): "PCM_16",
    (_riff.PCM, 3): "PCM_24",
    (_riff.PCM, 4): "PCM_32",
    (_riff.IEEE_FLOAT, 4): "FLOAT",
    (_riff.IEEE_FLOAT, 8): "DOUBLE",
}


def probe(path: Path) -> MediaInfo:
    """Read a file's header.

    What is wrong with the contents stands in ``problem``.

    Raises
    ------
    MediaError
        If there is no file at the path, or it cannot be opened as one.
    """
    try:
        with RandomReader(path) as file:
            return _probe(path, file)
    except OSError as error:
        return _not_opened(path, error)


def _not_opened(path: Path, error: OSError) -> MediaInfo:
    if isinstance(error, PermissionError) and path.is_file():
        reason = error.strerror or str(error)
        return _broken(path, 0, ProblemKind.UNREADABLE, f"the system refuses to open it: {reason}")
    if path.is_file():
        reason = error.strerror or str(error)
        return _broken(path, 0, ProblemKind.UNREADABLE, f"it cannot be read from the disk: {reason}")
    what = "there is no such file" if not path.exists() else "this is not a file"
    raise MediaError(Problem("no_file", what, "check the path", path=str(path))) from error


def _probe(path: Path, file: RandomReader) -> MediaInfo:
    if file.size_bytes == 0:
        return _broken(path, 0, ProblemKind.EMPTY, "the file has 0 bytes")
    head = file.read(0, _HEAD_BYTES)
    if _riff.is_riff(head):
        riff = _riff.walk(file)
        form = _riff.parse_format(riff.bodies.get(b"fmt ", b""))
        if form is None or form.tag in (_riff.PCM, _riff.IEEE_FLOAT):
            return _checked(_own(path, riff, form))
        container = _video.MP3_IN_WAV if form.tag == _riff.MP3 else None
    else:
        container = _video.container_of(head)
    if container is not None:
        return _checked(_video.probe_video(path, container, file.size_bytes, MAX_HOURS))
    return _checked(_foreign_info(path, file, head))


def _checked(media: MediaInfo) -> MediaInfo:
    """Add the problems that every kind of file can have."""
    if media.problem is not None:
        return media
    problem = _absurd(media) or missing_sound(media) or wrong_extension(media)
    return _with_problem(media, problem) if problem else media


def _absurd(media: MediaInfo) -> MediaProblem | None:
    if not 1 <= media.channels <= MAX_CHANNELS:
        detail = f"the header declares {media.channels} channels; stemkit reads 1 to {MAX_CHANNELS}"
        return MediaProblem(ProblemKind.UNREADABLE, detail, {"channels": media.channels})
    if not MIN_RATE_HZ <= media.sample_rate_hz <= MAX_RATE_HZ:
        detail = f"the header declares a sample rate of {media.sample_rate_hz} Hz"
        return MediaProblem(ProblemKind.UNREADABLE, detail, {"sample_rate_hz": media.sample_rate_hz})
    if media.length_samples > MAX_HOURS * 3600 * media.sample_rate_hz:
        hours = media.length_samples // (3600 * media.sample_rate_hz)
        detail = f"it is {hours} hours long; stemkit reads up to {MAX_HOURS}"
        return MediaProblem(ProblemKind.UNREADABLE, detail, {"length_samples": media.length_samples})
    return None


def _own(path: Path, riff: _riff.Riff, form: _riff.Format | None) -> MediaInfo:
    body = riff.bodies.get(b"bext")
    ixml = riff.bodies.get(b"iXML")
    common: dict[str, Any] = {
        "path": path,
        "container": riff.container,
        "size_bytes": riff.size_bytes,
        "chunks": tuple(riff.names),
        "bext": parse_bext(body) if body else None,
        "ixml": ixml.rstrip(b"\0").decode("utf-8", "replace") if ixml else None,
        "declared_bytes": riff.data_declared,
        "data_offset_bytes": riff.data_offset,
    }
    if form is None:
        return MediaInfo(**common, subtype="", sample_rate_hz=0, channels=0, length_samples=0, problem=_no_format(riff))
    layout, source = layout_of(form.mask, form.channels)
    length = riff.available // form.frame_bytes if form.frame_bytes else 0
    media = MediaInfo(
        **common,
        subtype=_SUBTYPES.get((form.tag, form.container_bytes), ""),
        sample_rate_hz=form.sample_rate_hz,
        channels=form.channels,
        length_samples=length,
        bit_depth_bits=form.bits,
        valid_bits=form.valid_bits,
        is_float=form.tag == _riff.IEEE_FLOAT,
        channel_mask=form.mask,
        layout=layout,
        layout_source=source,
    )
    problem = _absurd(media) or _size_problem(riff, form, media)
    return _with_problem(media, problem) if problem else media


def layout_of(mask: int | None, channels: int) -> tuple[Any, LayoutSource]:
    """Return the layout that a mask names, or the one assumed, and which of both it is."""
    if mask:
        return layout_from_mask(mask, channels), "mask"
    return assumed_layout(channels), "assumed"


def _no_format(riff: _riff.Riff) -> MediaProblem:
    if riff.cut_chunk or riff.size_bytes < 44:
        detail = "the file ends inside its header"
        return MediaProblem(ProblemKind.TRUNCATED, detail, {"size_bytes": riff.size_bytes})
    return MediaProblem(ProblemKind.UNREADABLE, "the header does not say how the samples are stored")


def _size_problem(riff: _riff.Riff, form: _riff.Format, media: MediaInfo) -> MediaProblem | None:
    if not media.subtype:
        detail = f"samples of {form.bits} bits (format {form.tag:#06x}) are not known"
        return MediaProblem(ProblemKind.UNREADABLE, detail, {"bits": form.bits})
    if riff.data_offset is None:
        return _no_data(riff)
    declared, follows = riff.data_declared, riff.size_bytes - riff.data_offset
    if declared is None:
        return None
    return _truncated(declared, follows, form) if declared > follows else _understated(riff, declared, follows)


def _no_data(riff: _riff.Riff) -> MediaProblem:
    if riff.cut_chunk is None:
        return MediaProblem(ProblemKind.HEADER_ONLY, "the file holds a header and no sound")
    detail = f"the file ends inside its '{riff.cut_chunk}' chunk, before any sound"
    return MediaProblem(ProblemKind.TRUNCATED, detail, {"size_bytes": riff.size_bytes})


def _understated(riff: _riff.Riff, declared: int, follows: int) -> MediaProblem | None:
    """Find a header that was never completed, or whose 32 bits cannot hold the true size."""
    ends_in_sound = riff.trailing_bytes > 0 and riff.names[-1] == "data"
    is_too_long = riff.container == "WAV" and follows > _riff.UNKNOWN_SIZE
    if not ends_in_sound or not (declared == 0 or is_too_long):
        return None
    params = {"declared_bytes": declared, "available_bytes": follows}
    detail = f"the header declares {declared} bytes of sound, but {follows} follow: it was never completed"
    return MediaProblem(ProblemKind.UNREADABLE, detail, params)


def _truncated(declared: int, available: int, form: _riff.Format) -> MediaProblem:
    wanted, present = declared // form.frame_bytes, available // form.frame_bytes
    params: dict[str, str | int | float] = {
        "declared_bytes": declared,
        "available_bytes": available,
        "declared_samples": wanted,
        "available_samples": present,
    }
    if present == 0 and available < form.frame_bytes:
        detail = f"the header declares {wanted} samples, the file holds none"
        return MediaProblem(ProblemKind.HEADER_ONLY, detail, params)
    detail = f"the header declares {wanted} samples, the file holds {present}"
    return MediaProblem(ProblemKind.TRUNCATED, detail, params)


def _foreign_info(path: Path, file: RandomReader, head: bytes) -> MediaInfo:
    import soundfile

    kind = kind_of(head)
    if head.startswith(_NOISY):
        return _broken(path, file.size_bytes, kind.problem, kind.detail)
    problem = cut_before_opening(file, head)
    if problem is not None and problem.params.get("available_frames") is not None:
        return MediaInfo(path, "MP3", "MPEG_LAYER_III", 0, 0, 0, file.size_bytes, problem=problem)
    try:
        with _foreign.open_sound(file) as opened:
            sound = opened.sound
            container = _foreign.CONTAINERS.get(sound.format, sound.format)
            subtype, channels = sound.subtype, sound.channels
            rate_hz, states_delay = sound.samplerate, opened.states_codec_delay
            length = count_samples(sound, MAX_HOURS) if is_open_length(sound) else opened.length_samples
            problem = problem or cut_after_opening(sound)
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError):
        if problem is None:
            return _broken(path, file.size_bytes, kind.problem, kind.detail)
        return MediaInfo(path, "", "", 0, 0, 0, file.size_bytes, problem=problem)
    layout, source = layout_of_codec(container, subtype, channels)
    bits = _foreign.bits_of(subtype)
    return MediaInfo(
        path=path,
        container=container,
        subtype=subtype,
        sample_rate_hz=rate_hz,
        channels=channels,
        length_samples=length,
        size_bytes=file.size_bytes,
        bit_depth_bits=bits,
        valid_bits=bits,
        is_float=subtype in ("FLOAT", "DOUBLE"),
        layout=layout,
        layout_source=source,
        problem=problem,
        states_codec_delay=states_delay,
    )


def _broken(path: Path, size_bytes: int, kind: ProblemKind, detail: str) -> MediaInfo:
    problem = MediaProblem(kind, detail, {"size_bytes": size_bytes})
    return MediaInfo(path, "", "", 0, 0, 0, size_bytes, problem=problem)


def _with_problem(media: MediaInfo, problem: MediaProblem) -> MediaInfo:
    from dataclasses import replace

    return replace(media, problem=problem)
