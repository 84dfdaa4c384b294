"""Files that would keep a decoder busy for ever, and disks that fail under it."""

from __future__ import annotations

import errno
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.audio import _foreign, _patience, _video
from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.errors import MediaError
from stemkit.core.media import ProblemKind
from stemkit.core.system import RandomReader


def flac(path: Path, seconds: int = 20) -> Path:
    soundfile.write(path, 0.1 * np.random.default_rng(1).uniform(-1.0, 1.0, (seconds * 48_000, 1)), 48_000)
    return path


def test_a_file_that_claims_weeks_is_not_decoded(tmp_path: Path) -> None:
    raw = bytearray(flac(tmp_path / "vo.flac").read_bytes())
    # STREAMINFO: 20 bits of rate, 3 of channels, 5 of depth, 36 of length.
    raw[21] |= 0x0F
    raw[22:26] = b"\xff" * 4
    (tmp_path / "vo.flac").write_bytes(raw)
    media = probe(tmp_path / "vo.flac")
    assert media.problem is not None
    assert media.problem.kind in (ProblemKind.UNREADABLE, ProblemKind.TRUNCATED)


def test_a_wav_of_two_days_is_refused(tmp_path: Path) -> None:
    import struct

    rate, length = 1000, 48 * 3600 * 1000
    head = b"RIFF" + struct.pack("<I", 36 + length) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8)
    with (tmp_path / "vo.wav").open("wb") as file:
        file.write(head + b"data" + struct.pack("<I", length))
        file.truncate(44 + length)
    problem = probe(tmp_path / "vo.wav").problem
    assert problem is not None
    assert "48 hours long" in problem.detail


@pytest.mark.parametrize("after", [1, 3, 8, 20])
def test_a_disk_that_fails_under_a_decoder_is_an_error_without_a_traceback(
    tmp_path: Path, after: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    media = probe(flac(tmp_path / "vo.flac"))
    real, calls = RandomReader.read_into, [0]

    def fail(self: RandomReader, offset: int, buffer: memoryview) -> int:
        calls[0] += 1
        if calls[0] > after:
            raise OSError(errno.EIO, "Input/output error")
        return real(self, offset, buffer)

    monkeypatch.setattr(RandomReader, "read_into", fail)
    with pytest.raises(MediaError, match="Input/output error"):
        list(read_blocks(media))
    found = probe(media.path).problem
    assert found is not None
    assert "Input/output error" in found.detail
    assert capfd.readouterr() == ("", "")


def test_a_decoder_that_reads_for_ever_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    media = probe(flac(tmp_path / "vo.flac"))
    monkeypatch.setattr(_foreign, "_READS", 0)
    monkeypatch.setattr(_foreign, "_MORE_BYTES", 100_000)
    with pytest.raises(MediaError, match="again and again"):
        list(read_blocks(media))


class Clock:
    """Processor time that passes at every look at it, however fast the machine."""

    def __init__(self, step_s: float) -> None:
        self.now_s, self.step_s = 0.0, step_s

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@pytest.mark.parametrize("name", ["vo.flac", "vo.mp3", "vo.aiff"])
def test_a_decoder_that_computes_for_ever_is_stopped(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / name, 0.1 * np.random.default_rng(1).uniform(-1.0, 1.0, 960_000), 48_000)
    media = probe(tmp_path / name)
    with monkeypatch.context() as patch:
        patch.setattr("stemkit.audio._patience.time.thread_time", Clock(20.0))
        with pytest.raises(MediaError, match=r"cannot be decoded: its decoder has computed for \d+ s"):
            list(read_blocks(media))
    assert sum(map(len, read_blocks(media))) == 960_000


def test_a_slow_decoder_that_gives_enough_is_waited_for() -> None:
    pieces = list(_patience.patiently(iter([1.0] * 50), lambda piece: piece * 10.0))
    assert len(pieces) == 50
    assert list(_patience.patiently(iter([]), float)) == []


def test_time_counts_against_the_sound_that_came_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stemkit.audio._patience.time.thread_time", Clock(5.0))
    assert len(list(_patience.patiently(iter([6.0] * 100), float))) == 100
    given: list[float] = []
    with pytest.raises(RuntimeError, match="computed for 80 s and given 16 s of sound"):
        given.extend(_patience.patiently(iter([1.0] * 100), float))
    assert len(list(_patience.patiently(iter([1.0] * 15), float))) == 15


def test_a_track_of_weeks_is_not_decoded_to_its_end(tmp_path: Path) -> None:
    from tests.oracles import require_program

    source = ["-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", "60", "-c:a", "flac", str(tmp_path / "vo.mkv")]
    subprocess.run([require_program("ffmpeg"), "-v", "error", *source], check=True)
    forms, length = _video._decoded(tmp_path / "vo.mkv", 1)
    assert (len(forms), length) == (1, 480_000)
    assert 0 < _video._decoded(tmp_path / "vo.mkv", 0)[1] < 48_000, "one frame is enough to know"
