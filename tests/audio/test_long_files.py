"""Files of more than 4 GiB, sparse: only header and ends are on the disk."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.audio import writer as writer_module
from stemkit.audio.probe import probe
from stemkit.audio.reader import PcmFile, read_blocks
from stemkit.audio.writer import PrintWriter, WriteFormat, needed_bytes
from stemkit.core.layout import SURROUND_51
from stemkit.core.media import Bext, ProblemKind
from stemkit.core.timebase import Span
from tests.oracles import require_module, require_program

LENGTH = 250_000_000  # 87 minutes of 5.1: 4.5 GB
FORMAT = WriteFormat(48_000, "PCM_24", SURROUND_51, LENGTH)
END = np.arange(-6, 6).reshape(2, 6) / 2**23


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """Write the header and the last two samples of a long print; the rest is a hole."""
    path = tmp_path / "x.wav"
    header = writer_module.header_of(FORMAT, Bext(time_reference_samples=5))
    with path.open("wb") as file:
        file.write(header)
        file.seek(len(header) + (LENGTH - 2) * FORMAT.frame_bytes)
        file.write(writer_module.pack_24((END * 2**23).astype(np.int32)).tobytes())
    if path.stat().st_blocks * 512 > 1 << 20:
        pytest.skip("this file system has no sparse files")
    return path


def test_a_long_file_is_rf64_and_read_to_its_end(long_file: Path) -> None:
    media = probe(long_file)
    assert (media.container, media.problem, media.length_samples) == ("RF64", None, LENGTH)
    assert media.size_bytes == needed_bytes(FORMAT, Bext())
    assert media.declared_bytes == LENGTH * 18
    assert media.bext is not None
    assert media.bext.time_reference_samples == 5
    assert np.array_equal(np.concatenate(list(read_blocks(media, Span(LENGTH - 2, LENGTH)))), END)
    with PcmFile(media) as file:
        assert file.read_into(LENGTH - 1, memoryview(bytearray(100))) == 1


def test_others_agree_on_its_length(long_file: Path) -> None:
    with soundfile.SoundFile(long_file) as file:
        assert (file.format, file.frames) == ("RF64", LENGTH)
        file.seek(LENGTH - 2)
        assert np.array_equal(file.read(always_2d=True), END)
    command = [require_program("ffprobe"), "-v", "error", "-show_entries", "stream=duration_ts,channel_layout"]
    out = subprocess.run([*command, "-of", "csv=p=0", str(long_file)], check=True, capture_output=True).stdout
    assert out.decode().split() == [f"5.1,{LENGTH}"]
    info = require_module("wavinfo").WavInfoReader(str(long_file))
    assert info.data.frame_count == LENGTH
    assert info.bext.time_reference == 5


@pytest.mark.parametrize("left", [LENGTH // 2, LENGTH - 1, 1])
def test_a_long_file_that_was_cut_is_truncated(long_file: Path, left: int) -> None:
    with long_file.open("r+b") as file:
        file.truncate(needed_bytes(FORMAT, Bext()) - (LENGTH - left) * FORMAT.frame_bytes)
    media = probe(long_file)
    assert media.problem is not None
    assert media.problem.kind is ProblemKind.TRUNCATED
    assert media.length_samples == left
    assert media.problem.params["declared_samples"] == LENGTH


def test_a_plain_wav_beyond_4_gib_is_not_read_as_its_first_part(tmp_path: Path) -> None:
    short = WriteFormat(48_000, "PCM_24", SURROUND_51, 100)
    path = tmp_path / "x.wav"
    with PrintWriter(path, short) as writer:
        writer.push(np.full((100, 6), 0.5))
    with path.open("r+b") as file:  # sizes that went round: 2**32 bytes more than the header says
        file.truncate(path.stat().st_size + (1 << 32))
        file.seek(68 + 1800)
        file.write(b"\xff\x00" * 8)
    media = probe(path)
    assert media.problem is not None
    assert media.problem.kind is ProblemKind.UNREADABLE


def test_bw64_is_read(long_file: Path) -> None:
    with long_file.open("r+b") as file:
        file.write(b"BW64")
    media = probe(long_file)
    assert (media.container, media.problem, media.length_samples) == ("BW64", None, LENGTH)
