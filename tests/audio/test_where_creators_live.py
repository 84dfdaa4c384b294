"""Sound in the forms in which creators have it: as long, and at the same place, as ffmpeg decodes it."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.media import ProblemKind
from tests.oracles import require_module, require_program

Sound = NDArray[np.float64]
RATE_HZ = 48_000
AT = RATE_HZ // 2


def _source(folder: Path, rate_hz: int = RATE_HZ) -> Path:
    """Write a click over faint noise, one second in all."""
    sound = np.random.default_rng(0).normal(0.0, 0.002, (rate_hz, 2))
    time = np.arange(600) / rate_hz
    sound[rate_hz // 2 : rate_hz // 2 + 600] += (0.6 * np.exp(-400 * time) * np.cos(2e4 * time))[:, np.newaxis]
    path = folder / "source.wav"
    soundfile.write(path, sound, rate_hz, subtype="PCM_24")
    return path


def _made(folder: Path, name: str, *options: str, rate_hz: int = RATE_HZ) -> Path:
    path = folder / name
    command = [require_program("ffmpeg"), "-v", "error", "-y", "-i", str(_source(folder, rate_hz)), *options, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def _by_ffmpeg(path: Path) -> Sound:
    command = [require_program("ffmpeg"), "-v", "error", "-i", str(path), "-f", "f32le", "-c:a", "pcm_f32le", "-"]
    raw = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout
    return np.frombuffer(raw, "<f4").astype(np.float64).reshape(-1, 2)


def _read(path: Path) -> Sound:
    return np.concatenate(list(read_blocks(probe(path))))


def _late(one: Sound, other: Sound) -> int:
    size = 1 << (len(one) + len(other)).bit_length()
    both = np.fft.irfft(np.fft.rfft(other[:, 0], size) * np.fft.rfft(one[:, 0], size).conj(), size)
    lag = int(np.argmax(both))
    return lag - size if lag > size // 2 else lag


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.au", ("-c:a", "pcm_s24be")),
        ("f.au", ("-c:a", "pcm_f32be")),
        ("a.caf", ("-c:a", "pcm_s24be")),
        ("le.caf", ("-c:a", "pcm_s16le")),
        ("a.aiff", ("-c:a", "pcm_s24be")),
        ("i.aif", ("-c:a", "pcm_s32be")),
        ("sowt.aifc", ("-c:a", "pcm_s16le", "-f", "aiff")),
        ("f.aifc", ("-c:a", "pcm_f32be", "-f", "aiff")),
        ("a.w64", ("-c:a", "pcm_s24le")),
        ("rf64.wav", ("-c:a", "pcm_s24le", "-rf64", "always")),
        ("i.wav", ("-c:a", "pcm_s32le")),
        ("d.wav", ("-c:a", "pcm_f64le")),
        ("u8.wav", ("-c:a", "pcm_u8")),
        ("a.flac", ("-c:a", "flac")),
        ("a.mka", ("-c:a", "flac")),
        ("a.avi", ("-c:a", "pcm_s16le")),
        ("a.mov", ("-c:a", "pcm_s24le")),
    ],
)
def test_sound_without_loss_is_read_sample_by_sample(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    if Path(name).suffix in (".mka", ".avi", ".mov"):
        require_module("av")
    path = _made(tmp_path, name, *options)
    media = probe(path)
    assert media.problem is None
    assert not media.is_lossy
    read, expected = _read(path), _by_ffmpeg(path)
    assert media.length_samples == len(read) == len(expected) == RATE_HZ
    assert np.array_equal(read.astype(np.float32), expected.astype(np.float32))


@pytest.mark.parametrize(
    ("name", "options", "rate_hz", "late"),
    [
        ("a.ogg", ("-c:a", "libvorbis"), 48_000, 0),
        ("a.opus", ("-c:a", "libopus"), 48_000, 0),
        ("a.webm", ("-c:a", "libopus"), 48_000, 0),
        ("a.mp3", ("-c:a", "libmp3lame"), 44_100, 0),
        ("vbr.mp3", ("-c:a", "libmp3lame", "-q:a", "2"), 48_000, 0),
        ("tagged.mp3", ("-c:a", "libmp3lame", "-metadata", f"comment={'x' * 3000}"), 32_000, 0),
        ("bare.mp3", ("-c:a", "libmp3lame", "-write_xing", "0"), 48_000, 1105),
        ("mp3.wav", ("-c:a", "libmp3lame"), 48_000, 1105),
        ("mp3.avi", ("-c:a", "libmp3lame"), 48_000, 1105),
        ("mp3.flv", ("-c:a", "libmp3lame"), 44_100, 1105),
        ("a.m4a", ("-c:a", "aac"), 44_100, 0),
        ("a.3gp", ("-c:a", "aac"), 48_000, 0),
        ("a.m2ts", ("-c:a", "aac", "-f", "mpegts", "-mpegts_m2ts_mode", "1"), 48_000, 1024),
        ("a.ts", ("-c:a", "aac"), 48_000, 1024),
    ],
)
def test_a_codec_begins_where_ffmpeg_has_it_and_what_is_late_is_told(
    tmp_path: Path, name: str, options: tuple[str, ...], rate_hz: int, late: int
) -> None:
    if Path(name).suffix not in (".ogg", ".opus", ".mp3"):
        require_module("av")
    path = _made(tmp_path, name, *options, rate_hz=rate_hz)
    source, _ = soundfile.read(tmp_path / "source.wav", always_2d=True)
    media, read = probe(path), _read(path)
    assert media.problem is None
    assert media.is_lossy
    assert media.length_samples == len(read)
    assert _late(source, read) == late == _late(source, _by_ffmpeg(path))
    assert media.states_codec_delay is (None if name.endswith((".ogg", ".opus")) else late == 0)
    # Where the file says how long its sound is, there is no more of it than there was.
    if late == 0:
        assert len(read) == len(source)


def _atom(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def _with_gapless_tag(path: Path, padding: int, length: int) -> None:
    """Write the tag by which iTunes says where sound begins and ends into an M4A whose index comes last."""
    text = f" 00000000 {1024:08X} {padding:08X} {length:016X}" + " 00000000" * 8
    tag = _atom(b"mean", bytes(4) + b"com.apple.iTunes") + _atom(b"name", bytes(4) + b"iTunSMPB")
    tag += _atom(b"data", struct.pack(">II", 1, 0) + text.encode())
    handler = _atom(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    udta = _atom(b"udta", _atom(b"meta", bytes(4) + handler + _atom(b"ilst", _atom(b"----", tag))))
    body = path.read_bytes()
    at = body.rindex(b"moov") - 4
    (size,) = struct.unpack_from(">I", body, at)
    assert at + size == len(body)
    path.write_bytes(body[:at] + struct.pack(">I", size + len(udta)) + body[at + 4 :] + udta)


def test_the_tag_of_itunes_says_where_the_sound_begins(tmp_path: Path) -> None:
    require_module("av")
    path = _made(tmp_path, "a.m4a", "-c:a", "aac", "-use_editlist", "0", "-map_metadata", "-1", "-fflags", "+bitexact")
    assert probe(path).states_codec_delay is False
    _with_gapless_tag(path, 128, RATE_HZ)
    source, _ = soundfile.read(tmp_path / "source.wav", always_2d=True)
    media, read = probe(path), _read(path)
    assert media.states_codec_delay is True
    assert _late(source, read) == _late(source, _by_ffmpeg(path)) == 0
    assert media.length_samples == len(read)


def test_bw64_is_read_like_the_rf64_that_it_is(tmp_path: Path) -> None:
    path = _made(tmp_path, "rf64.wav", "-c:a", "pcm_s24le", "-rf64", "always")
    other = tmp_path / "bw64.wav"
    other.write_bytes(b"BW64" + path.read_bytes()[4:])
    media = probe(other)
    assert (media.container, media.problem, media.length_samples) == ("BW64", None, RATE_HZ)
    assert np.array_equal(_read(other), _read(path))


@pytest.mark.parametrize(("name", "codec"), [("vo.mp3", "pcm_s24le"), ("vo.flac", "pcm_s16le"), ("vo.wav", "flac")])
def test_a_name_that_says_another_container_is_told_and_the_sound_is_read(
    tmp_path: Path, name: str, codec: str
) -> None:
    form = "flac" if codec == "flac" else "wav"
    path = _made(tmp_path, name, "-c:a", codec, "-f", form)
    media = probe(path)
    assert media.problem is not None
    assert media.problem.kind is ProblemKind.WRONG_EXTENSION
    assert media.is_usable
    assert len(_read(path)) == RATE_HZ


@pytest.mark.parametrize(
    "head", [b"RIFF\x10\0\0\0AVI ", b"FLV\x01", b"\x47" * 2000, b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x55\0"]
)
def test_what_only_begins_like_one_is_a_finding(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "a.avi"
    path.write_bytes(head + bytes(3000))
    problem = probe(path).problem
    assert problem is not None
    assert problem.is_fatal
