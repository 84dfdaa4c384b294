"""FLAC holds the very samples or is not there; one mono file for each channel likewise."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from stemkit.audio.channel_files import ChannelWriter, channel_names
from stemkit.audio.flac_writer import FlacWriter, decodes_as_stated
from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.block import Block
from stemkit.core.errors import OutputError, RenderError, SumOverflow
from stemkit.core.layout import LAYOUTS, STEREO
from stemkit.core.steps import Subtype

LENGTH = 5000


def on_grid(channels: int, bits: int) -> Block:
    steps = 2 ** (bits - 1)
    sound = np.random.default_rng(bits).integers(-steps, steps, (LENGTH, channels)) / steps
    sound[:2] = [[-1.0], [1.0 - 1.0 / steps]]
    return np.asarray(sound)


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1"])
def test_what_is_written_is_read_again(tmp_path: Path, subtype: Subtype, bits: int, layout: str) -> None:
    sound = on_grid(LAYOUTS[layout].count, bits)
    path = tmp_path / "a.flac"
    with FlacWriter(path, WriteFormat(48_000, subtype, LAYOUTS[layout], LENGTH), [("TITLE", "Ä=1")]) as writer:
        for start in (0, 1, 4000):
            writer.push(sound[start : {0: 1, 1: 4000, 4000: LENGTH}[start]])
    media = probe(path)
    assert (media.container, media.subtype, media.length_samples) == ("FLAC", subtype, LENGTH)
    assert np.array_equal(np.concatenate(list(read_blocks(media))), sound)
    assert decodes_as_stated(media)
    assert [each.name for each in tmp_path.iterdir()] == ["a.flac"]


def test_a_file_that_decodes_to_something_else_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with FlacWriter(path, WriteFormat(48_000, "PCM_24", STEREO, LENGTH)) as writer:
        writer.push(on_grid(2, 24))
    data = bytearray(path.read_bytes())
    data[8 + 20] ^= 1  # the digest that STREAMINFO states
    path.write_bytes(data)
    assert not decodes_as_stated(probe(path))


@pytest.mark.parametrize(
    ("sound", "error"),
    [
        (np.full((10, 2), 1.0), SumOverflow),
        (np.full((10, 2), 1e-9), RenderError),
        (np.full((10, 2), np.nan), RenderError),
        (np.zeros((11, 2)), RenderError),
        (np.zeros((9, 2)), RenderError),
    ],
)
def test_what_does_not_fit_leaves_no_file(tmp_path: Path, sound: Block, error: type[Exception]) -> None:
    fmt = WriteFormat(48_000, "PCM_24", STEREO, 10)
    with pytest.raises(error), FlacWriter(tmp_path / "a.flac", fmt) as writer:
        writer.push(sound)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("layout", "subtype"), [("5.1-film", "PCM_24"), ("7.1.4", "PCM_24"), ("stereo", "FLOAT")])
def test_what_flac_has_no_place_for_is_refused(tmp_path: Path, layout: str, subtype: Subtype) -> None:
    with pytest.raises(RenderError):
        FlacWriter(tmp_path / "a.flac", WriteFormat(48_000, subtype, LAYOUTS[layout], LENGTH))
    assert not list(tmp_path.iterdir())


def test_each_channel_has_a_file_of_its_own_or_there_is_none(tmp_path: Path) -> None:
    layout = LAYOUTS["5.1"]
    names = channel_names("a.wav", layout)
    assert names == ("a.L.wav", "a.R.wav", "a.C.wav", "a.LFE.wav", "a.Ls.wav", "a.Rs.wav")
    assert channel_names("a.wav", LAYOUTS["mono"]) == ("a.wav",)
    fmt, sound = WriteFormat(48_000, "PCM_24", LAYOUTS["mono"], LENGTH), on_grid(6, 24)

    def writers() -> ChannelWriter:
        return ChannelWriter([lambda name=name: PrintWriter(tmp_path / name, fmt) for name in names])  # type: ignore[misc]

    with writers() as writer:
        writer.push(sound)
    for channel, name in enumerate(names):
        assert np.array_equal(np.concatenate(list(read_blocks(probe(tmp_path / name))))[:, 0], sound[:, channel])
        (tmp_path / name).unlink()
    with pytest.raises(RenderError), writers() as writer:
        writer.push(sound[:-1])
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on the size of files is the disk that is full")
@pytest.mark.parametrize("limit", [1, 5000, 20_000])
def test_a_disk_that_is_full_is_said_and_nothing_is_left(tmp_path: Path, limit: int) -> None:
    import resource
    import signal

    def written() -> None:
        with FlacWriter(tmp_path / "a.flac", WriteFormat(48_000, "PCM_24", STEREO, 20 * LENGTH)) as writer:
            for _ in range(20):
                writer.push(on_grid(2, 24))

    before, told = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(OutputError, match="too large"):
            written()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, told)
    assert list(tmp_path.iterdir()) == []
