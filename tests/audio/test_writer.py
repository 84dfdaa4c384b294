"""What is written: read back by others, on the grid, long enough, whole or not at all."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemkit.audio.bext import build_bext, parse_bext
from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.writer import PrintWriter, WriteFormat, container_of, needed_bytes
from stemkit.core.block import Block
from stemkit.core.errors import OutputError, RenderError, SumOverflow
from stemkit.core.layout import LAYOUTS, MONO, STEREO, SURROUND_51, SURROUND_51_FILM, Layout
from stemkit.core.media import Bext
from stemkit.core.steps import Subtype
from tests.oracles import require_module, require_program

SUBTYPES: list[Subtype] = ["PCM_16", "PCM_24", "FLOAT"]
BITS = {"PCM_16": 16, "PCM_24": 24, "FLOAT": 24}
BEXT = Bext(
    description="Chapter seven, VO",
    originator="stemkit",
    originator_reference="ABC",
    origination_date="2026-01-02",
    origination_time="03:04:05",
    time_reference_samples=172_800_000 + (1 << 32),
    loudness_lufs=-23.04,
    loudness_range_lu=7.5,
    max_true_peak_dbtp=-1.02,
    max_momentary_lufs=-15.0,
    coding_history="A=PCM,F=48000,W=24,M=stereo,T=stemkit\r\n",
)


def on_grid(samples: int, channels: int, bits: int, seed: int = 3) -> Block:
    full = 1 << (bits - 1)
    whole = np.random.default_rng(seed).integers(-full, full, (samples, channels))
    whole[:1], whole[1:2] = -full, full - 1
    return whole / full


def write(path: Path, block: Block, subtype: Subtype, layout: Layout, bext: Bext | None = None) -> WriteFormat:
    fmt = WriteFormat(48_000, subtype, layout, len(block))
    with PrintWriter(path, fmt, bext=bext) as writer:
        for start in range(0, len(block), 300):
            writer.push(block[start : start + 300])
    return fmt


@pytest.mark.parametrize("bext", [None, BEXT], ids=["plain", "bext"])
@pytest.mark.parametrize("samples", [0, 1, 1001])
@pytest.mark.parametrize("name", ["mono", "stereo", "3.0", "5.1", "7.1.4-mask"])
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_what_is_written_is_read_again(
    tmp_path: Path, subtype: Subtype, name: str, samples: int, bext: Bext | None
) -> None:
    layout = LAYOUTS[name]
    block = on_grid(samples, layout.count, BITS[subtype])
    fmt = write(tmp_path / "x.wav", block, subtype, layout, bext)
    media = probe(tmp_path / "x.wav")
    assert media.size_bytes == needed_bytes(fmt, bext)
    assert (media.container, media.subtype, media.layout, media.bext) == ("WAV", subtype, layout, bext)
    if samples:
        assert np.array_equal(np.concatenate(list(read_blocks(media))), block)
        with soundfile.SoundFile(tmp_path / "x.wav") as file:
            assert np.array_equal(file.read(always_2d=True), block)


@pytest.mark.parametrize("layout", [MONO, STEREO, SURROUND_51], ids=lambda layout: str(layout.name))
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_ffmpeg_reads_the_same_samples(tmp_path: Path, subtype: Subtype, layout: Layout) -> None:
    block = on_grid(1001, layout.count, BITS[subtype])
    write(tmp_path / "x.wav", block, subtype, layout, BEXT)
    command = [require_program("ffmpeg"), "-v", "error", "-i", str(tmp_path / "x.wav"), "-f", "f64le", "-"]
    run = subprocess.run(command, check=True, capture_output=True)
    assert run.stderr == b""
    assert np.array_equal(np.frombuffer(run.stdout, "<f8").reshape(-1, layout.count), block)


@pytest.mark.parametrize("layout", [MONO, STEREO, SURROUND_51], ids=lambda layout: str(layout.name))
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_sox_reads_the_same_samples(tmp_path: Path, subtype: Subtype, layout: Layout) -> None:
    block = on_grid(1001, layout.count, BITS[subtype])
    block[block >= 1.0 - 2.0**-22] = 0.5  # sox counts the largest float as clipped
    write(tmp_path / "x.wav", block, subtype, layout, BEXT)
    command = [require_program("sox"), "-D", str(tmp_path / "x.wav"), "-t", "s32", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    assert np.array_equal(np.frombuffer(raw, "<i4").reshape(-1, layout.count) / 2**31, block)


def test_wavinfo_and_mediainfo_read_the_broadcast_chunk(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write(path, on_grid(1001, 2, 24), "PCM_24", STEREO, BEXT)
    info = require_module("wavinfo").WavInfoReader(str(path))
    assert (info.data.frame_count, info.fmt.bits_per_sample, info.fmt.channel_count) == (1001, 24, 2)
    bext = info.bext
    assert (bext.description, bext.originator, bext.originator_ref) == ("Chapter seven, VO", "stemkit", "ABC")
    assert (bext.originator_date, bext.originator_time) == ("2026-01-02", "03:04:05")
    assert (bext.time_reference, bext.version) == (BEXT.time_reference_samples, 2)
    assert bext.coding_history.strip() == BEXT.coding_history.strip()
    assert (bext.loudness_value, bext.loudness_range, bext.max_true_peak) == (-23.04, 7.5, -1.02)
    out = subprocess.run([require_program("mediainfo"), "--Output=JSON", path], check=True, capture_output=True).stdout
    general, audio = json.loads(out)["media"]["track"]
    assert (general["Producer"], general["Encoded_Date"]) == ("stemkit", "2026-01-02 03:04:05")
    assert (audio["SamplingCount"], audio["BitDepth"], audio["Channels"]) == ("1001", "24", "2")
    assert (audio["extra"]["LoudnessValue"], audio["extra"]["MaxTruePeakLevel"]) == ("-23.04", "-1.02")


def test_undefined_levels_are_marked_and_never_zero() -> None:
    body = build_bext(Bext(loudness_lufs=None, loudness_range_lu=0.0, max_true_peak_dbtp=-400.0))
    assert body[412:414] == b"\xff\x7f"
    assert body[414:416] == b"\x00\x00"
    assert body[416:418] == b"\xff\x7f"
    assert len(body) == 602
    read = parse_bext(body)
    assert read is not None
    assert (read.loudness_lufs, read.loudness_range_lu) == (None, 0.0)


@given(
    text=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=32),
    start=st.integers(0, (1 << 64) - 1),
    level=st.one_of(st.none(), st.integers(-9000, 900).map(lambda n: n / 100)),
)
def test_broadcast_chunks_survive(text: str, start: int, level: float | None) -> None:
    bext = Bext(originator=text, time_reference_samples=start, max_short_term_lufs=level, coding_history=text)
    assert parse_bext(build_bext(bext)) == bext


@given(body=st.binary(max_size=700))
def test_any_bytes_are_no_danger_as_a_broadcast_chunk(body: bytes) -> None:
    assert (parse_bext(body) is None) == (len(body) < 346)


def test_texts_outside_ascii_are_replaced_and_long_ones_cut() -> None:
    read = parse_bext(build_bext(Bext(description="é" * 300, originator="旁白" * 30)))
    assert read is not None
    assert (read.description, read.originator) == ("e" * 256, "?" * 32)


@pytest.mark.parametrize(("value", "bits"), [(1.0, 16), (1.0, 24), (-1.0 - 2**-15, 16), (1.0 - 2**-16, 16)])
def test_nothing_is_ever_clipped(tmp_path: Path, value: float, bits: int) -> None:
    subtype: Subtype = "PCM_16" if bits == 16 else "PCM_24"
    writer = PrintWriter(tmp_path / "x.wav", WriteFormat(48_000, subtype, MONO, 10))
    writer.push(np.zeros((4, 1)))
    with pytest.raises(SumOverflow, match="sample 6 is over full scale"):
        writer.push(np.array([[0.0], [0.0], [value]]))
    writer.abort()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [2.0**-16, 0.1, -(2.0**-24), -1.0 + 2.0**-16])
def test_values_off_the_grid_are_refused(tmp_path: Path, value: float) -> None:
    with pytest.raises(RenderError, match="not on the 16-bit grid"):
        write(tmp_path / "x.wav", np.array([[value]]), "PCM_16", MONO)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("subtype", SUBTYPES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(tmp_path: Path, subtype: Subtype, value: float) -> None:
    with pytest.raises(RenderError, match="not a number"):
        write(tmp_path / "x.wav", np.array([[0.0], [value]]), subtype, MONO)


def test_float_files_hold_more_than_full_scale(tmp_path: Path) -> None:
    block = np.array([[1.75], [-3.0], [2.0**-140]])
    write(tmp_path / "x.wav", block, "FLOAT", MONO)
    assert np.array_equal(np.concatenate(list(read_blocks(probe(tmp_path / "x.wav")))), block)
    with pytest.raises(RenderError, match="not a number"):
        write(tmp_path / "y.wav", np.array([[1e39]]), "FLOAT", MONO)


def test_the_announced_length_is_kept(tmp_path: Path) -> None:
    with (
        pytest.raises(RenderError, match="3 samples instead of the 4"),
        PrintWriter(tmp_path / "short.wav", WriteFormat(48_000, "PCM_16", MONO, 4)) as writer,
    ):
        writer.push(np.zeros((3, 1)))
    with (
        pytest.raises(RenderError, match="more samples than the 2"),
        PrintWriter(tmp_path / "long.wav", WriteFormat(48_000, "PCM_16", MONO, 2)) as writer,
    ):
        writer.push(np.zeros((3, 1)))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        PrintWriter(tmp_path / "x.wav", WriteFormat(48_000, "PCM_16", MONO, 4)),
    ):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_an_order_that_no_header_can_state_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="cannot state the channel order"):
        PrintWriter(tmp_path / "x.wav", WriteFormat(48_000, "PCM_24", SURROUND_51_FILM, 4))


def test_what_the_system_refuses_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        PrintWriter(tmp_path / "none" / "x.wav", WriteFormat(48_000, "PCM_24", MONO, 4))


def test_a_full_disk_is_an_output_error_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    with pytest.raises(OutputError, match="No space left"):
        PrintWriter(Path("/dev/full"), WriteFormat(48_000, "PCM_24", MONO, 4))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_files_do_not_depend_on_blocks_or_memory_order(tmp_path: Path, data: st.DataObject) -> None:
    subtype = data.draw(st.sampled_from(SUBTYPES))
    block = on_grid(200, 2, 16)
    if data.draw(st.booleans()):
        block = np.asfortranarray(block)
    cuts = sorted(data.draw(st.lists(st.integers(0, 200), max_size=5)))
    with PrintWriter(tmp_path / "a.wav", WriteFormat(48_000, subtype, STEREO, 200)) as writer:
        for start, end in zip([0, *cuts], [*cuts, 200], strict=True):
            writer.push(block[start:end])
    write(tmp_path / "b.wav", np.ascontiguousarray(block), subtype, STEREO)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize("layout", [STEREO, SURROUND_51], ids=lambda layout: str(layout.name))
def test_the_container_changes_where_32_bits_end(layout: Layout) -> None:
    frame = layout.count * 3
    header = needed_bytes(WriteFormat(48_000, "PCM_24", layout, 0))
    longest = ((1 << 32) - 1 - header) // frame
    longest -= longest * frame % 2  # the padding byte has to fit too
    assert container_of(WriteFormat(48_000, "PCM_24", layout, longest)) == "WAV"
    assert container_of(WriteFormat(48_000, "PCM_24", layout, longest + 2)) == "RF64"
    assert needed_bytes(WriteFormat(48_000, "PCM_24", layout, longest + 2)) > 1 << 32
