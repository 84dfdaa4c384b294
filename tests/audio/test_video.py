"""The sound of video files: right length, right place, against ffmpeg's encoders."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemkit.audio._video import TrackError, copy_track
from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.timebase import Span
from tests.oracles import require_module, require_program

RATE = 48_000


def _made(folder: Path, name: str, *options: str, inputs: int = 1) -> tuple[Path, NDArray[np.float64]]:
    require_module("av")
    time = np.arange(2 * RATE) / RATE
    sound = np.column_stack([0.2 * np.sin(2 * np.pi * 440 * time**1.2), 0.2 * np.sin(2 * np.pi * 997 * time)])
    source = folder / "source.wav"
    soundfile.write(source, sound, RATE, subtype="PCM_24")
    exact, _ = soundfile.read(source, always_2d=True)
    given = ["-i", str(source)] * inputs
    maps = [word for at in range(inputs) for word in ("-map", str(at))]
    path = folder / name
    command = [require_program("ffmpeg"), "-v", "error", "-y", *given, *maps, *options, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path, exact


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("a.m4a", ("-c:a", "aac", "-b:a", "256k"), 0.02),
        ("a.mp4", ("-c:a", "aac", "-b:a", "256k"), 0.02),
        ("a.m4a", ("-c:a", "alac"), 0.0),
        ("a.mov", ("-c:a", "pcm_s24le"), 0.0),
        ("a.mov", ("-c:a", "pcm_s16le"), 2.0**-15),
        ("a.mkv", ("-c:a", "pcm_s24le"), 0.0),
    ],
)
def test_a_track_has_its_length_and_its_place(
    tmp_path: Path, name: str, options: tuple[str, ...], error: float
) -> None:
    path, sound = _made(tmp_path, name, *options)
    media = probe(path)
    assert media.problem is None
    assert (media.sample_rate_hz, media.channels, media.length_samples) == (RATE, 2, len(sound))
    read = np.concatenate(list(read_blocks(media)))
    assert np.abs(read - sound)[2000:-2000].max() <= error
    part = np.concatenate(list(read_blocks(media, Span(1000, 50_001), 777)))
    assert np.array_equal(part, read[1000:50_001])


def test_several_tracks_are_told_and_none_is_taken(tmp_path: Path) -> None:
    path, _ = _made(tmp_path, "two.mp4", "-c:a", "aac", inputs=2)
    problem = probe(path).problem
    assert problem is not None
    assert "2 sound tracks" in problem.detail


def _late(sound: NDArray[np.float64], read: NDArray[np.float64]) -> int:
    """Return by how many samples a sound is late, by correlation."""
    size = 2 ** (max(len(sound), len(read)) * 2 - 1).bit_length()
    both = np.fft.irfft(np.fft.rfft(read[:, 0], size).conj() * np.fft.rfft(sound[:, 0], size))
    lag = int(np.argmax(both))
    return -(lag - size if lag > size // 2 else lag)


@pytest.mark.parametrize(
    ("name", "codec", "late", "states"),
    [
        ("a.mkv", "aac", 1024, False),
        ("a.aac", "aac", 1024, False),
        ("a.mkv", "libmp3lame", 1105, False),
        ("a.mp4", "libmp3lame", 0, True),
        ("a.mov", "libmp3lame", 0, True),
        ("a.mkv", "libopus", 0, True),
        ("a.m4a", "aac", 0, True),
    ],
)
def test_a_file_that_does_not_say_where_it_begins_is_read_whole_and_told(
    tmp_path: Path, name: str, codec: str, late: int, states: bool
) -> None:
    path, sound = _made(tmp_path, name, "-c:a", codec, "-b:a", "192k")
    media = probe(path)
    assert media.problem is None
    assert media.is_lossy
    assert media.states_codec_delay is states
    read = np.concatenate(list(read_blocks(media)))
    assert len(read) == media.length_samples >= len(sound) + late
    assert _late(sound, read) == late


def test_an_m4a_without_an_edit_list_does_not_say_it_either(tmp_path: Path) -> None:
    path, _ = _made(tmp_path, "a.m4a", "-c:a", "aac", "-use_editlist", "0")
    assert probe(path).states_codec_delay is False


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        ("mov", "aac"),
        ("mov", "pcm_s24le"),
        ("mp4", "aac"),
        ("mp4", "alac"),
        ("mp4", "flac"),
        ("mkv", "aac"),
        ("mkv", "flac"),
    ],
)
def test_a_track_is_copied_as_it_is_coded(tmp_path: Path, suffix: str, codec: str) -> None:
    title = "title" if suffix == "mkv" else "handler_name"
    titles = ("-metadata:s:a:0", f"{title}=Dialog", "-metadata:s:a:1", f"{title}=Effects and more")
    coded = ("-filter:a", "volume=0.5", "-c:a", codec, "-strict", "-2")
    both, _ = _made(tmp_path, f"two.{suffix}", *coded, "-filter:a:0", "volume=0.1", *titles, inputs=2)
    alone, _ = _made(tmp_path, f"alone.{suffix}", *coded)
    wanted = probe(alone)
    for track in (2, "effects and MORE"):
        folder = tmp_path / str(track)
        folder.mkdir()
        copy_track(both, track, folder)
        (copied,) = folder.iterdir()
        media = probe(copied)
        assert media.problem is None
        assert (media.subtype, media.length_samples) == (wanted.subtype, wanted.length_samples)
        pairs = zip(read_blocks(media), read_blocks(wanted), strict=True)
        assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("track", [3, "Music", "und"])
def test_a_track_that_is_not_there_is_said_with_those_that_are(tmp_path: Path, track: int | str) -> None:
    path, _ = _made(tmp_path, "two.mkv", "-c:a", "flac", "-metadata:s:a:1", "title=Dialog", inputs=2)
    with pytest.raises(TrackError) as caught:
        copy_track(path, track, tmp_path)
    assert "2 sound tracks (1, 2 Dialog)" in caught.value.hint
    assert repr(track) in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"isom" * 20, bytes(500)])
def test_what_only_looks_like_a_video_is_unreadable(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x20ftyp" + body)
    media = probe(path)
    assert media.problem is not None
    assert media.problem.is_fatal


def test_a_track_in_a_codec_that_nobody_knows_is_said(tmp_path: Path) -> None:
    path, _ = _made(tmp_path, "vo.mov", "-c:a", "pcm_s24le")
    path.write_bytes(path.read_bytes().replace(b"in24", b"xx99").replace(b"lpcm", b"xx99"))
    problem = probe(path).problem
    assert problem is not None
    assert "no decoder here knows its codec" in problem.detail
    with pytest.raises(OSError, match="no decoder here knows its codec"):
        copy_track(path, 1, tmp_path)
