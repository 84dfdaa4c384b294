"""What a conformed file says of itself, read back by programs and libraries that are not ours, in RIFF and RF64."""

from __future__ import annotations

import json
import re
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stemkit.audio import writer
from stemkit.audio.probe import probe
from stemkit.core.profile import load_profile
from tests.conform.conform_films import FILM, film_in, noise, right, run, write
from tests.oracles import require_module, require_program

TIMED = FILM.replace('frame_rate = "24"', 'frame_rate = "30000/1001"\nstart_timecode = "01:00:00:00"').replace(
    "number = 1\n", 'number = 1\ntitle = "Größe & <Glanz>"\ncreator = "Anna Müller"\n'
)
START = 172_972_800  # one hour of timecode at 29.97, in samples


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def with_chunks(path: Path, *chunks: bytes) -> Path:
    """Put chunks of another program behind the sound."""
    body = path.read_bytes() + b"".join(chunks)
    path.write_bytes(body[:4] + struct.pack("<I", len(body) - 8) + body[8:])
    return path


@pytest.fixture(params=["RIFF", "RF64"])
def conformed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Any]:
    """A conformed stem with a place in its film, and its measured levels."""
    if request.param == "RF64":
        monkeypatch.setattr(writer, "_WAV_LIMIT", 1000)
    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "vo.wav", noise(1.7, 44_100, 1, seed=9), 44_100, "PCM_16")
    result = run(film_in(tmp_path, TIMED.replace("48f", "36f")), tmp_path / "out")
    path = tmp_path / "out" / str(result.items[0].item.output)
    assert path.read_bytes()[:4] == request.param.encode()
    after = result.items[0].after
    assert after is not None
    return path, after["measured"]


def test_wavinfo_reads_every_field(conformed: tuple[Path, Any]) -> None:
    wavinfo = require_module("wavinfo")
    path, measured = conformed
    info = wavinfo.WavInfoReader(str(path))
    bext, ixml = info.bext, info.ixml
    assert (info.fmt.sample_rate, info.fmt.channel_count, info.fmt.bits_per_sample) == (48_000, 2, 24)
    assert (bext.version, bext.time_reference) == (2, START)
    assert bext.description == "Tide, chapter 1 Grosse & <Glanz>: DX"
    assert bext.originator == "Anna Muller"
    for field, key in (
        ("loudness_value", "programme_loudness_lufs"),
        ("max_true_peak", "true_peak_dbtp"),
        ("max_momentary_loudness", "max_momentary_lufs"),
    ):
        assert getattr(bext, field) == pytest.approx(measured[key], abs=0.006)
    assert bext.max_shortterm_loudness == pytest.approx(327.67)  # under three seconds: undefined, as 0x7FFF
    lines = bext.coding_history.strip().splitlines()
    assert re.fullmatch(r"A=PCM,F=48000,W=24,M=stereo,T=stemkit [\w.]+; .*resample.*", lines[-1])
    assert (ixml.project, ixml.scene) == ("Tide", "1 Größe & <Glanz>")
    assert [track.name for track in ixml.track_list] == ["DX.L", "DX.R"]
    text = info.ixml.source.decode() if isinstance(info.ixml.source, bytes) else str(path.read_bytes())
    assert "30000/1001" in text
    assert "<TIMECODE_FLAG>NDF</TIMECODE_FLAG>" in text
    assert [cue.sample_offset for cue in info.cues.cues] == [0, 57_658]
    assert [label.text for label in info.cues.labels] == ["picture start", "picture end"]


def test_ffprobe_reads_place_and_names(conformed: tuple[Path, Any]) -> None:
    path, _ = conformed
    command = [require_program("ffprobe"), "-v", "error", "-print_format", "json", "-show_format", "-show_streams"]
    told = json.loads(subprocess.run([*command, str(path)], check=True, capture_output=True).stdout)
    (stream,) = told["streams"]
    tags = {key.casefold(): value for key, value in told["format"]["tags"].items()}
    assert (stream["codec_name"], stream["sample_rate"], stream["channels"]) == ("pcm_s24le", "48000", 2)
    assert int(tags["time_reference"]) == START
    assert tags["encoded_by"].startswith("Anna M")
    assert "T=stemkit" in tags["coding_history"]
    assert tags["comment"].endswith(": DX")


def test_mediainfo_reads_place_and_names(conformed: tuple[Path, Any]) -> None:
    path, _ = conformed
    told = json.loads(
        subprocess.run(
            [require_program("mediainfo"), "--Output=JSON", str(path)], check=True, capture_output=True
        ).stdout
    )
    general, audio = (one for one in told["media"]["track"] if one["@type"] in ("General", "Audio"))
    assert (audio["SamplingRate"], audio["Channels"], audio["BitDepth"]) == ("48000", "2", "24")
    assert "DX" in general["Description"]
    assert general["Producer"].startswith("Anna M")
    assert int(float(audio["Delay"]) * 48_000 + 0.5) == pytest.approx(START, abs=48)


def test_sox_reads_the_sound_whatever_stands_before_it(conformed: tuple[Path, Any]) -> None:
    path, _ = conformed
    told = subprocess.run([require_program("sox"), "--i", "-s", str(path)], check=True, capture_output=True).stdout
    assert int(told) == probe(path).length_samples


FOREIGN = (
    chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"Voice Studio 3\0")),
    chunk(b"id3 ", b"ID3 prompt: a tired man says goodbye, anna@example.org \0"),
    chunk(b"_PMX", rb"<path>C:\Users\Anna Smith\Desktop\secret project\vo.wav</path>"),
)


@pytest.mark.parametrize("kept", [False, True])
def test_chunks_of_other_programs_are_kept_or_left_as_the_profile_says_and_told(tmp_path: Path, kept: bool) -> None:
    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "vo.wav", noise(2, 48_000, seed=9), 48_000, "PCM_16")
    with_chunks(tmp_path / "ch01" / "vo.wav", *FOREIGN)
    profile = load_profile("crowd-film")
    if kept:
        form = profile.format.model_copy(update={"foreign_chunks": "keep"})
        profile = profile.model_copy(update={"format": form})
    result = run(film_in(tmp_path), tmp_path / "out", profile=profile)
    raw = (tmp_path / "out" / str(result.items[0].item.output)).read_bytes()
    assert all((body[8:] in raw) is kept for body in FOREIGN)
    receipt = json.loads((tmp_path / "out" / "receipts" / "ch01_Tide_ch01_VO.wav.json").read_text())
    metadata = receipt["metadata"]
    assert metadata["foreign_chunks"] == ("keep" if kept else "strip")
    assert metadata["of_other_programs"] == ["LIST", "id3", "_PMX"]
    assert metadata["private"] == [
        "id3: a prompt",
        "id3: an e-mail address",
        "_PMX: a path of somebody's machine",
    ]


def test_a_source_s_own_origin_stays_where_the_film_knows_none(tmp_path: Path) -> None:
    right(tmp_path / "ch01", but=("VO",))
    path = write(tmp_path / "ch01" / "vo.wav", noise(2, 96_000, seed=9), 96_000, "PCM_16")
    fixed = struct.pack(
        "<256s32s32s10s8sQH64s5h180s",
        b"take 3",
        b"FieldMixer",
        b"REF1",
        b"2026-01-02",
        b"03:04:05",
        960_000,
        1,
        b"",
        *[0] * 5,
        b"",
    )
    with_chunks(path, chunk(b"bext", fixed + b"A=PCM,F=96000,W=16,M=stereo,T=FieldMixer\r\n"))
    text = FILM.replace('length = "48f"\n', "")
    result = run(film_in(tmp_path, text), tmp_path / "out")
    wavinfo = require_module("wavinfo")
    bext = wavinfo.WavInfoReader(str(tmp_path / "out" / str(result.items[0].item.output))).bext
    assert bext.time_reference == 480_000
    assert bext.originator == "FieldMixer"
    assert (bext.originator_date, bext.originator_time) == ("2026-01-02", "03:04:05")
    assert bext.coding_history.startswith("A=PCM,F=96000,W=16,M=stereo,T=FieldMixer\r\nA=PCM,F=48000,W=24")
