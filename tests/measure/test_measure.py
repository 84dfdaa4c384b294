"""``measure`` and ``selftest`` as a person and a script use them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from stemkit.cli import stemkit
from stemkit.core.errors import StemkitError, UsageError
from stemkit.report import plot
from stemkit.workflows.measure import MeasureOptions, find_files, measure, parse_span
from tests.meters.sounds import programme, tone


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", str(tmp_path_factory.mktemp("cache")))


def _wav(path: Path, sound: np.ndarray[Any, Any], rate: int = 48_000, subtype: str = "PCM_24") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path, "w", rate, sound.shape[1], subtype) as file:
        file.write(sound)
    return path


def _run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(stemkit, [str(a) for a in arguments], standalone_mode=False)
    found = result.exception.code if isinstance(result.exception, SystemExit) else result.exit_code
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert found == code, result.output
    return result.stdout


def test_the_json_contract(tmp_path: Path) -> None:
    good = _wav(tmp_path / "good.wav", programme(4.0))
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("this is no sound at all, whatever its name says")
    data = json.loads(_run("measure", good, tmp_path / "empty.wav", tmp_path / "text.wav", "--json", code=3))
    assert data["schema"] == "stemkit/measure/1"
    assert data["meters"]["loudness"] >= 1
    first, *others = data["files"]
    assert first["error"] is None
    assert (first["container"], first["subtype"], first["sample_rate_hz"]) == ("WAV", "PCM_24", 48_000)
    assert (first["layout"], first["length_samples"], first["duration_s"]) == ("stereo", 192_000, 4.0)
    assert isinstance(first["programme_loudness_lufs"], float)
    for other in others:
        assert other["error"]
        assert other["programme_loudness_lufs"] is None
        assert set(other) == set(first)


def test_numbers_are_those_of_the_sound(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", tone(-23.0, 10.0))
    (file,) = measure([str(path)]).files
    assert file.summary.programme_loudness_lufs == pytest.approx(-22.993, abs=0.002)
    assert file.summary.true_peak_dbtp == pytest.approx(-23.0, abs=0.01)
    again = measure([str(path)], MeasureOptions(jobs=1)).files[0]
    assert again.summary == file.summary
    assert measure([str(path)], MeasureOptions(rehash=True)).files[0].summary == file.summary


def test_folders_patterns_and_repeats(tmp_path: Path) -> None:
    for name in ("b.wav", "sub/a.wav", "sub/c.flac"):
        _wav(tmp_path / name, programme(0.5), subtype="PCM_16")
    (tmp_path / "._b.wav").write_bytes(b"junk")
    (tmp_path / "notes.txt").write_text("no sound")
    names = [Path(f).name for f in find_files([str(tmp_path)])]
    assert names == ["b.wav", "a.wav", "c.flac"]
    assert [Path(f).name for f in find_files([str(tmp_path / "**" / "*.wav")])] == ["b.wav", "a.wav"]
    assert len(find_files([str(tmp_path), str(tmp_path / "b.wav")])) == 3
    assert len(measure([str(tmp_path)], MeasureOptions(jobs=3)).files) == 3


def test_what_is_not_there_is_said_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError) as caught:
        find_files([str(tmp_path / "no.wav"), str(tmp_path / "empty"), str(tmp_path / "*.wav")])
    assert len(caught.value.problems) == 3


def test_layout_wins_and_must_fit(tmp_path: Path) -> None:
    sound = np.zeros((96_000, 6))
    sound[:, 4] = tone(-20.0, 2.0)[:, 0]
    path = _wav(tmp_path / "six.wav", sound)
    itu = measure([str(path)], MeasureOptions(layout="5.1")).files[0]
    film = measure([str(path)], MeasureOptions(layout="5.1-film")).files[0]
    assert itu.summary.programme_loudness_lufs == film.summary.programme_loudness_lufs
    moved = _wav(tmp_path / "moved.wav", sound[:, [0, 1, 2, 4, 3, 5]])
    assert measure([str(moved)], MeasureOptions(layout="5.1")).files[0].summary.programme_loudness_lufs is None
    assert measure([str(moved)], MeasureOptions(layout="5.1-film")).files[0].summary.programme_loudness_lufs is not None
    wrong = measure([str(path)], MeasureOptions(layout="stereo")).files[0]
    assert wrong.error == "--layout stereo has 2 channels, the file has 6"
    with pytest.raises(UsageError, match="not a channel layout"):
        measure([str(path)], MeasureOptions(layout="9.9"))


def test_an_unknown_layout_still_has_peaks(tmp_path: Path) -> None:
    path = _wav(tmp_path / "five.wav", programme(1.0, channels=5))
    told = json.loads(_run("measure", path, "--json"))["files"][0]
    if told["layout"] is None:
        assert told["undefined"]["programme_loudness_lufs"] == "layout unknown: give --layout"
        assert told["true_peak_dbtp"] is not None


def test_an_assumed_layout_is_a_warning(tmp_path: Path) -> None:
    path = _wav(tmp_path / "six.wav", programme(1.0, channels=6))
    result = measure([str(path)])
    assert result.files[0].layout_source == "assumed"
    assert any("was assumed" in note for note in result.notes())


def test_table_and_csv(tmp_path: Path) -> None:
    path = _wav(tmp_path / "声音 é.wav", tone(-23.0, 4.0))
    table = _run("measure", path)
    assert "-23.0" in table
    assert "声音" in table
    rows = list(csv.DictReader(io.StringIO(_run("measure", path, "--csv"))))
    assert float(rows[0]["programme_loudness_lufs"]) == pytest.approx(-22.993, abs=0.01)
    assert _run("measure", path, "--quiet") == ""


def test_curves(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", np.concatenate([np.zeros((48_000, 2)), tone(-23.0, 4.0)]))
    _run("measure", path, "--curve", tmp_path / "c.csv", "--quiet")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 50
    assert rows[0]["momentary_lufs"] == ""
    assert float(rows[20]["momentary_lufs"]) == pytest.approx(-23.0, abs=0.02)
    assert float(rows[20]["true_peak_dbtp"]) == pytest.approx(-23.0, abs=0.02)
    _run("measure", path, "--curve", tmp_path / "c.json", "--quiet")
    data = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert len(data["files"][0]["short_term_lufs"]) == 21


def test_plots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _wav(tmp_path / "a<&>.wav", programme(8.0))
    _run("measure", path, "--plot", tmp_path / "p.svg", "--quiet")
    root = ElementTree.parse(tmp_path / "p.svg").getroot()
    assert root.tag.endswith("svg")
    assert "a<&>.wav" in "".join(root.itertext())
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(StemkitError, match="Chromium"):
        plot.write_plot(tmp_path / "p.png", [])
    assert not (tmp_path / "p.png").exists()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90-150", (90.0, 150.0)), ("1:30-2:30.5", (90.0, 150.5)), ("0-1:00:00", (0.0, 3600.0)), (None, None)],
)
def test_stretches_of_time(text: str | None, seconds: tuple[float, float] | None) -> None:
    assert parse_span(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "5", "5-4", "5-5", "1:2:3:4-5:6:7:8", "-1-2", "nan-inf"])
def test_what_is_no_stretch_of_time(text: str) -> None:
    with pytest.raises(UsageError):
        parse_span(text)


def test_a_stretch_is_measured_alone(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", np.concatenate([tone(-40.0, 5.0), tone(-20.0, 5.0)]))
    first = measure([str(path)], MeasureOptions(span_s=(0.0, 5.0))).files[0].summary
    assert first.programme_loudness_lufs == pytest.approx(-40.0, abs=0.02)
    assert first.sample_peak_dbfs == pytest.approx(-40.0, abs=0.02)


def test_reference_mode(tmp_path: Path) -> None:
    sound = programme(20.0) * 0.5
    sound[400_000:400_002] = 0.7
    path = _wav(tmp_path / "a.wav", sound)
    ours = measure([str(path)]).files[0].summary
    reference = measure([str(path)], MeasureOptions(reference=True)).files[0].summary
    assert reference.programme_loudness_lufs == ours.programme_loudness_lufs
    assert reference.true_peak_dbtp != ours.true_peak_dbtp
    assert reference.loudness_range_lu != ours.loudness_range_lu


@pytest.mark.parametrize(
    ("rate", "channels", "samples"),
    [
        (8_000, 1, 8_000),
        (384_000, 2, 200_000),
        (48_000, 1, 1),
        (48_000, 2, 19_199),
        (48_000, 2, 19_200),
        (48_000, 64, 48_000),
    ],
)
def test_odd_files_give_numbers_or_reasons(tmp_path: Path, rate: int, channels: int, samples: int) -> None:
    path = _wav(tmp_path / "odd.wav", programme(samples / rate + 0.1, rate, channels)[:samples], rate)
    told = json.loads(_run("measure", path, "--json"))["files"][0]
    assert told["error"] is None
    measured = {k: v for k, v in told.items() if k.endswith(("_lufs", "_lu", "_dbtp", "_dbfs", "_at_s"))}
    assert {name for name, value in measured.items() if value is None} == set(told["undefined"])


def test_interrupting_ends_the_run(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", programme(40.0))

    def interrupt(event: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure([str(path)], progress=interrupt)
    with pytest.raises(KeyboardInterrupt):
        measure([str(path), str(_wav(tmp_path / "b.wav", programme(1.0)))], progress=interrupt)


@pytest.mark.slow
def test_selftest_ends_with_0_and_tells_what_it_did() -> None:
    data = json.loads(_run("selftest", "--json", "--no-progress"))
    assert data["missed"] == 0
    assert len(data["readings"]) > 50
    assert any(reading["pyloudnorm"] is not None for reading in data["readings"])


def test_the_json_tells_places_channels_and_faults(tmp_path: Path) -> None:
    sound = np.concatenate([tone(-40.0, 4.0), tone(-20.0, 4.0), tone(-40.0, 4.0)])
    sound[300_000:300_010, 1] = 0.5
    path = _wav(tmp_path / "a.wav", sound)
    details = json.loads(_run("measure", path, "--json"))["files"][0]["details"]
    assert 4.0 <= details["max_short_term_at_s"] <= 5.0
    assert details["sample_peak_at_s"] == pytest.approx(300_000 / 48_000)
    assert details["clipped_runs"] == 1
    assert details["clipped_samples"] == 10
    left, right = details["channels"]
    assert (left["channel"], right["channel"]) == ("L", "R")
    assert left["sample_peak_dbfs"] == pytest.approx(-20.0, abs=0.01)
    assert right["sample_peak_dbfs"] == pytest.approx(-6.02, abs=0.01)
    assert 300_000 <= right["true_peak_at_s"] * 48_000 <= 300_010
    assert details["undefined"]["max_peak_to_short_term_lu"]


def test_the_largest_peak_to_short_term_ratio(tmp_path: Path) -> None:
    sound = tone(-20.0, 8.0)
    sound[200_000, 0] = 0.5
    path = _wav(tmp_path / "a.wav", sound)
    plain, told = (json.loads(_run("measure", path, "--json", *more))["files"][0] for more in ((), ("--psr",)))
    assert plain["details"]["max_peak_to_short_term_lu"] is None
    expected = told["true_peak_dbtp"] - told["max_short_term_lufs"]
    assert told["details"]["max_peak_to_short_term_lu"] == pytest.approx(expected, abs=0.1)
    assert told["details"]["peak_to_loudness_lu"] == plain["details"]["peak_to_loudness_lu"]


def test_what_is_broken_leaves_the_other_numbers_sane(tmp_path: Path) -> None:
    sound = tone(-20.0, 4.0)
    path = _wav(tmp_path / "clean.wav", sound, subtype="FLOAT")
    for value in (np.nan, np.inf, -np.inf):
        broken = sound.copy()
        broken[100_000, 0] = value
        other = _wav(tmp_path / "broken.wav", broken, subtype="FLOAT")
        clean, told = json.loads(_run("measure", path, other, "--json"))["files"]
        assert told["details"]["non_finite_samples"] == 1
        assert told["details"]["first_non_finite_at_s"] == pytest.approx(100_000 / 48_000)
        assert told["programme_loudness_lufs"] == pytest.approx(clean["programme_loudness_lufs"], abs=0.01)
        assert told["true_peak_dbtp"] == pytest.approx(clean["true_peak_dbtp"], abs=2.0)
    for value in (np.nan, np.inf):
        all_broken = _wav(tmp_path / "all.wav", np.full((48_000, 2), value), subtype="FLOAT")
        told = json.loads(_run("measure", all_broken, "--json"))["files"][0]
        assert told["error"] is None
        assert told["details"]["non_finite_samples"] == 96_000
        assert told["programme_loudness_lufs"] is None
        assert told["true_peak_dbtp"] is None
        assert told["undefined"]["true_peak_dbtp"]


def test_overs_are_listed_with_their_places(tmp_path: Path) -> None:
    sound = tone(-30.0, 3.0)
    for at, value in ((48_000, 0.9), (96_000, -0.7)):
        sound[at, 0] = value
    path = _wav(tmp_path / "a.wav", sound)
    told = json.loads(_run("measure", path, "--overs", "-6", "--json"))["files"][0]["overs"]
    assert [round(place["at_s"], 3) for place in told["places"]] == [1.0, 2.0]
    assert {place["channel"] for place in told["places"]} == {"L"}
    assert "over -6 dBTP: 2 places" in _run("measure", path, "--overs", "-6")
    assert "over 0 dBTP: 0 places" in _run("measure", path, "--overs", "0")


def test_dialogue_is_keyed_by_the_voice(tmp_path: Path) -> None:
    voice = np.concatenate([tone(-20.0, 4.0), np.zeros((4 * 48_000, 2))])
    rest = tone(-30.0, 8.0, hz=400.0)
    paths = [_wav(tmp_path / f"{name}.wav", sound) for name, sound in (("v", voice), ("m", rest), ("f", voice + rest))]
    told = json.loads(_run("measure", paths[2], "--vo", paths[0], "--me", paths[1], "--json"))["files"][0]["dialogue"]
    assert told["voice_lufs"] == pytest.approx(-20.3, abs=0.5)
    assert told["speech_share"] == pytest.approx(0.54, abs=0.03)
    assert told["voice_to_background_lu"] == pytest.approx(10.0, abs=0.6)
    assert len(told["voice_to_background_curve_lu"]) == 51
    text = _run("measure", paths[2], "--vo", paths[0])
    assert "stem-keyed dialogue gate" in text
    quiet = _wav(tmp_path / "silent.wav", np.zeros((48_000, 2)))
    assert "no dialogue" in _run("measure", paths[2], "--vo", quiet)


def test_options_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", programme(1.0))
    other = _wav(tmp_path / "b.wav", programme(1.0, 44_100), 44_100)
    (tmp_path / "none.wav").write_bytes(b"")
    for options, message in [
        (MeasureOptions(voice=path, layout=None), "one file"),
        (MeasureOptions(background=path), "--me needs the voice"),
        (MeasureOptions(span_s=(0.0, 0.5), leq_m=True), "whole files"),
    ]:
        paths = [str(path), str(other)] if options.voice else [str(path)]
        with pytest.raises(UsageError, match=message):
            measure(paths, options)
    with pytest.raises(UsageError, match="different sample rates"):
        measure([str(path)], MeasureOptions(voice=other))
    with pytest.raises(UsageError, match="cannot be measured"):
        measure([str(path)], MeasureOptions(voice=tmp_path / "none.wav"))


def test_leq_m_says_how_the_lfe_was_counted(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", tone(-20.0, 4.0, hz=2_000.0)[:, :1])
    told = json.loads(_run("measure", path, "--leq-m", "--json"))["files"][0]["leq_m"]
    assert told["leq_m_db"] == pytest.approx(85.0, abs=0.1)
    six = np.zeros((96_000, 6))
    six[:, 3] = tone(-20.0, 2.0, hz=100.0)[:, 0]
    lfe = _wav(tmp_path / "six.wav", six)
    levels = [
        json.loads(_run("measure", lfe, "--leq-m", "--lfe-db", gain, "--json"))["files"][0]["leq_m"]["leq_m_db"]
        for gain in ("0", "10")
    ]
    assert levels[1] - levels[0] == pytest.approx(10.0, abs=0.01)


def test_the_reference_mode_has_curves_too(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", programme(6.0))
    alone = measure([str(path)], MeasureOptions(reference=True)).files[0].summary
    both = measure([str(path)], MeasureOptions(reference=True, curve_to=tmp_path / "c.csv")).files[0].summary
    assert both == alone
    assert (tmp_path / "c.csv").exists()
