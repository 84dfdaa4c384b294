"""The sound of video files: right length, right place, against ffmpeg's encoders."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

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


def test_a_matroska_file_that_does_not_say_where_it_begins_is_refused(tmp_path: Path) -> None:
    path, _ = _made(tmp_path, "a.mkv", "-c:a", "aac")
    problem = probe(path).problem
    assert problem is not None
    assert "does not say where" in problem.detail


@pytest.mark.parametrize("body", [b"", b"isom" * 20, bytes(500)])
def test_what_only_looks_like_a_video_is_unreadable(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x20ftyp" + body)
    media = probe(path)
    assert media.problem is not None
    assert media.problem.is_fatal
