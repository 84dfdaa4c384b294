"""What is fuzzed: one function a reader, which takes any bytes and may fail only as it promises.

Hypothesis calls them in the tests, atheris in ``python -m tests.fuzz``.
"""

from __future__ import annotations

import contextlib
import io
import json
import struct
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from stemkit.audio import _riff
from stemkit.audio._mp3 import scan_mp3
from stemkit.audio.bext import parse_bext
from stemkit.audio.probe import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ, probe
from stemkit.audio.reader import read_blocks
from stemkit.core.errors import MediaError, StemkitError
from stemkit.core.manifest import load_film
from stemkit.core.media import MediaInfo
from stemkit.core.profile import load_profile
from stemkit.core.system import RandomReader
from stemkit.intake.chapter_list import read_chapter_list
from stemkit.report.model import open_report
from stemkit.workflows._conformed_tree import look_at

ROOT = Path(__file__).parents[2]
MALFORMED = ROOT / "fixtures" / "malformed"
_READ_AT_MOST = 1 << 20


@cache
def _work() -> Path:
    """Return a folder for one file at a time, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="stemkit-fuzz-", dir=memory if memory.is_dir() else None))


def _put(name: str, data: bytes) -> Path:
    path = _work() / name
    path.write_bytes(data)
    return path


def _sound(name: str, data: bytes) -> None:
    """Probe a file and read it: whatever it claims, what comes out is what was announced, or an error."""
    media = probe(_put(name, data))
    if not media.is_usable:
        assert media.problem is not None
        assert media.problem.detail
        return
    assert media.length_samples > 0
    assert 1 <= media.channels <= MAX_CHANNELS
    assert MIN_RATE_HZ <= media.sample_rate_hz <= MAX_RATE_HZ
    _read(media)


def _read(media: MediaInfo) -> None:
    count = 0
    with contextlib.suppress(MediaError):
        for block in read_blocks(media, block_samples=4096):
            assert block.dtype == np.float64
            assert block.shape[1] == media.channels
            count += len(block)
            if count * media.channels > _READ_AT_MOST:
                return
        assert count == media.length_samples


def riff(data: bytes) -> None:
    """Our own reader of RIFF, RF64 and BW64."""
    _sound("x.wav", data)


def foreign(data: bytes) -> None:
    """What libsndfile reads, behind our guards."""
    _sound("x.flac", data)


def video(data: bytes) -> None:
    """What FFmpeg reads: MP4, MOV, M4A, Matroska and bare AAC."""
    _sound("x.mp4", data)


def mp3(data: bytes) -> None:
    """The counting of MP3 frames."""
    with RandomReader(_put("x.mp3", data)) as file:
        found = scan_mp3(file)
    assert found is None or 0 <= found.start <= len(data)
    assert found is None or found.frames <= len(data)


def bext(data: bytes) -> None:
    """Broadcast chunks, format chunks, tables of sizes."""
    parse_bext(data)
    _riff.parse_format(data)
    _riff._wide_sizes(data)


def film(data: bytes) -> None:
    """Film files."""
    _only_our_errors(load_film, _put("film.toml", data))


def profile(data: bytes) -> None:
    """Profiles."""
    _only_our_errors(lambda path: load_profile(str(path)), _put("profile.toml", data))


def chapter_list(data: bytes) -> None:
    """Chapter lists out of spreadsheets."""
    _only_our_errors(read_chapter_list, _put("list.csv", data))


def report(data: bytes) -> None:
    """Reports and receipts of earlier runs."""
    _only_our_errors(open_report, _put("report.json", data))
    folder = _work() / "tree" / "receipts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "x.json").write_bytes(data)
    look_at(folder.parent)


def _only_our_errors(read: Callable[[Path], object], path: Path) -> None:
    try:
        read(path)
    except StemkitError as error:
        problems = error.problems
    else:
        return
    assert problems
    assert all(problem.message for problem in problems)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "riff": riff,
    "foreign": foreign,
    "video": video,
    "mp3": mp3,
    "bext": bext,
    "film": film,
    "profile": profile,
    "chapter_list": chapter_list,
    "report": report,
}


def seeds(target: str) -> Iterator[bytes]:
    """Yield small good and bad inputs to begin with."""
    if target in ("riff", "bext"):
        yield from (path.read_bytes() for path in sorted(MALFORMED.glob("*.wav")))
        yield _header(5)
    if target == "riff":
        yield from (_as(*kind) for kind in (("WAV", "PCM_24"), ("WAVEX", "FLOAT"), ("RF64", "PCM_16"), ("WAV", "ULAW")))
    elif target in ("foreign", "mp3"):
        yield from _foreign_seeds()
    elif target == "video":
        kinds = (
            "mp4 aac",
            "mov alac",
            "mov pcm_s24le",
            "ipod aac",
            "matroska flac",
            "matroska opus",
            "adts aac",
            "mp4 mp3",
        )
        yield from map(_track, kinds)
    elif target == "film":
        yield FILM_TEXT.encode()
        yield from (
            path.read_bytes() for path in sorted((ROOT / "fixtures").rglob("*.toml")) if path.stat().st_size < 20_000
        )
    elif target == "profile":
        yield from (path.read_bytes() for path in sorted((ROOT / "profiles").glob("*.toml")))
    elif target == "chapter_list":
        yield from (text.encode(code) for text in LISTS for code in ("utf-8", "utf-16", "cp1252"))
    elif target == "report":
        yield json.dumps({"schema": "stemkit/report/1", "prints": [], "film": {"title": "x"}}).encode()
        yield json.dumps({"schema": "stemkit/receipt/1", "output": {"path": "a", "sha256": "b"}}).encode()


def _foreign_seeds() -> Iterator[bytes]:
    kinds = [
        ("FLAC", "PCM_16"),
        ("FLAC", "PCM_24"),
        ("AIFF", "PCM_24"),
        ("AIFF", "FLOAT"),
        ("CAF", "ALAC_16"),
        ("CAF", "ALAC_24"),
        ("CAF", "PCM_16"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
        ("W64", "PCM_16"),
        ("AU", "PCM_16"),
        ("WAV", "IMA_ADPCM"),
        ("WAV", "MS_ADPCM"),
        ("WAV", "GSM610"),
        ("WAV", "NMS_ADPCM_16"),
        ("RAW", "VOX_ADPCM"),
        ("SVX", "PCM_16"),
        ("NIST", "PCM_16"),
        ("VOC", "PCM_16"),
        ("IRCAM", "PCM_16"),
        ("MAT5", "PCM_16"),
        ("PVF", "PCM_16"),
        ("HTK", "PCM_16"),
        ("SDS", "PCM_16"),
        ("AVR", "PCM_16"),
        ("XI", "DPCM_16"),
        ("WVE", "ALAW"),
        ("MPC2K", "PCM_16"),
    ]
    for container, subtype in kinds:
        with contextlib.suppress(soundfile.SoundFileError, ValueError, TypeError):
            yield _as(container, subtype)
    yield from (path.read_bytes() for path in sorted(MALFORMED.glob("cut.*")))


@cache
def _track(kind: str) -> bytes:
    import av

    container, codec = kind.split()
    sound = 0.1 * np.random.default_rng(1).uniform(-1.0, 1.0, (2, 6 * 1152))
    out, length = io.BytesIO(), 1152 if codec == "mp3" else 960
    with av.open(out, "w", format=container) as file:
        encoder = {"opus": "libopus", "mp3": "libmp3lame"}.get(codec, codec)
        track: Any = file.add_stream(encoder, rate=48_000, layout="stereo")
        wanted = track.codec_context.codec.audio_formats[0].name
        frame = av.AudioFrame.from_ndarray(sound.astype(np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 48_000
        resampler = av.AudioResampler(format=wanted, layout="stereo", rate=48_000, frame_size=length)
        for number, piece in enumerate(resampler.resample(frame)):
            piece.pts, piece.time_base = number * length, Fraction(1, 48_000)
            file.mux(track.encode(piece))
        file.mux(track.encode(None))
    return out.getvalue()


@cache
def _as(container: str, subtype: str) -> bytes:
    channels = 1 if container in ("SVX", "WVE", "HTK", "XI", "VOC") or "ADPCM" in subtype or "GSM" in subtype else 2
    rate_hz = 8_000 if container in ("WVE", "XI", "HTK") or "GSM" in subtype else 48_000
    sound = 0.1 * np.random.default_rng(1).uniform(-1.0, 1.0, (1200, channels))
    out = io.BytesIO()
    soundfile.write(out, sound, rate_hz, format=container, subtype=subtype)
    return out.getvalue()


def _header(valid_bits: int) -> bytes:
    body = struct.pack("<HHIIHHHHIH", 0xFFFE, 2, 48_000, 288_000, 6, 24, 22, valid_bits, 3, 1)
    return body + bytes.fromhex("000000001000800000aa00389b71")


FILM_TEXT = """
[film]
title = "Tide"
profile = "crowd-film"
frame_rate = "24000/1001"
start_timecode = "01:00:00:00"
[defaults]
handles = { head = "2s", tail = "2s" }
crossfade.SFX = "0.5s"
crossfade.MUSIC = { before = "1s", after = "2s", law = "equal-power" }
[[chapter]]
number = 7
title = "x"
creator = "y"
length = "00:01:48:12"
handles = { head = "0f", tail = "48f" }
folder = "ch07"
intentionally_silent = ["MUSIC"]
[[chapter]]
number = 8
length = "48f"
stems = { VO = "ch07/vo.wav", SFX = ["ch07/amb.wav", "ch07/fx.wav"], MUSIC = "ch07/mx.wav" }
[[boundary]]
after = 7
MUSIC = { before = "1s", after = "2.5s", law = "equal-power" }
[[waiver]]
rule = "SIG001"
chapter = 7
stem = "VO"
span = "00:00:10:00-00:00:12:00"
reason = "radio silence"
[mix]
profile = "ebu-r128"
balance = "none"
max_trim_db = 6.0
limiter = "off"
duck = { depth_db = 0.0 }
"""
LISTS = (
    "No;Titel;Länge (Frames);Name\n1;Anfang;240;Änne\n2;Ende;00:00:10:00;Bo\n",
    "Film: Tide\n\nchapter,title,start tc,end tc,fps\n1,one,01:00:00:00,01:00:10:00,24\n"
    "2,two,01:00:10:00,01:00:20:12,24\n",
    "number\tlength\n1\t10s\n3\t4.5\n",
)
