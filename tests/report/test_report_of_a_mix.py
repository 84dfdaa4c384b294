"""Reports of a real mix in which everything was asked for: schema, other meters, every form on the command line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from syrupy.assertion import SnapshotAssertion

from stemkit.cli import stemkit
from stemkit.cli._console import run
from stemkit.report.curves import decode
from stemkit.signals.voice import speak
from stemkit.store.facts import open_store
from stemkit.workflows import _report_paper
from stemkit.workflows._conformance import keep_result
from stemkit.workflows.mix import mix
from tests.mix.test_mix import RATE, film_file, noise, write
from tests.oracles import require_program
from tests.report.test_schema import SCHEMA, faults

SECONDS = 10
HEAD = """[defaults]
handles = { head = "24f", tail = "24f" }
crossfade.VO = "1s"
crossfade.MUSIC = "1s"
[mix]
profile = "asked.toml"
balance = "dialogue"
limiter = "linked"
duck = { depth_db = 6 }
me = "undipped"
[[waiver]]
rule = "LEN002"
chapter = 2
stem = "MUSIC"
reason = "it begins on the cut"
by = "Ana Souza"
"""
PROFILE = """extends = "crowd-film"
name = "asked"
title = "all that reports tell"
revision = "1"
source = "a test"
checked_on = 2026-11-22
[voice_to_background]
least_lu = 60.0
source = "a test"
grade = "B"
"""
PEOPLE = 'title = "The kitchen"\ncreator = "Ana"\n'


@dataclass(frozen=True, slots=True)
class Mixed:
    """A film and its mix."""

    film: Path
    out: Path
    report: dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    """Return the mix of two chapters with a fault, something to limit, and sound that another print leaves out."""
    folder = tmp_path_factory.mktemp("film")
    whole = (SECONDS + 2) * RATE
    for number in (1, 2):
        voice = np.zeros((whole, 2))
        voice[3 * RATE : 8 * RATE] = speak(5 * RATE, RATE, number)
        effects = noise(whole, 10 * number, 0.01)
        # too much in the sum alone: the limiter works, and what stands apart has room
        for sound in (voice, effects):
            sound[9 * RATE : 9 * RATE + 40] = 0.4 - 0.005 * np.arange(40)[:, None]
        music = noise(whole, 10 * number + 1, 0.02)
        write(folder / f"ch{number:02}" / "VO.flac", voice[:, :1], subtype="PCM_16")
        write(folder / f"ch{number:02}" / "SFX.wav", effects)
        write(folder / f"ch{number:02}" / "MUSIC.wav", music if number == 1 else music[RATE:-RATE])
    clipped = noise(whole, 77, 0.01)
    clipped[5 * RATE : 6 * RATE] = np.clip(20.0 * clipped[5 * RATE : 6 * RATE], -0.1, 0.1)
    write(folder / "ch01" / "SFX.wav", clipped)
    (folder / "asked.toml").write_text(PROFILE, "utf-8")
    film = film_file(folder, [SECONDS * 24] * 2, HEAD, chapter=PEOPLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEMKIT_CACHE", str(folder / "cache"))
        keep_result(open_store(), 40, 1)
        result = mix(film, folder / "out", store=open_store())
        assert result.report is not None
        report = json.loads((folder / "out" / "report.json").read_text("utf-8"))
        yield Mixed(folder / "film.toml", folder / "out", report)
    shutil.rmtree(folder)


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run(stemkit, [str(each) for each in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def unknown(value: Any, rule: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Yield the keys that the schema does not speak of, where it speaks of any."""
    if "$ref" in rule:
        rule = SCHEMA["$defs"][rule["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" in rule:
        fitting = [option for option in rule["anyOf"] if not any(True for _ in faults(value, option))]
        yield from min((list(unknown(value, option, at)) for option in fitting), key=len, default=[])
        return
    if isinstance(value, list) and "items" in rule:
        for each in value:
            yield from unknown(each, rule["items"], f"{at}[]")
    if isinstance(value, dict) and "properties" in rule:
        for key, each in value.items():
            if key in rule["properties"]:
                yield from unknown(each, rule["properties"][key], f"{at}.{key}")
            elif "additionalProperties" not in rule:
                yield f"{at}.{key}"


def test_the_schema_validates_it_and_knows_every_key(made: Mixed) -> None:
    assert list(faults(made.report, SCHEMA)) == []
    assert sorted(set(unknown(made.report, SCHEMA))) == []


_NAMED_BY_DATA = ("params", "undefined", "curves", "meters", "roles", "because", "true_peak_dbtp", "stretches")


def shape(value: Any, at: str = "") -> Iterator[str]:
    """Yield where what kind of value is; what data names is passed over."""
    if isinstance(value, dict) and at.rsplit(".", 1)[-1] not in _NAMED_BY_DATA:
        for key, each in value.items():
            yield from shape(each, f"{at}.{key}" if at else key)
    elif isinstance(value, list):
        for each in value:
            yield from shape(each, f"{at}[]")
    else:
        kinds = {dict: "object", str: "text", bool: "yes or no", int: "number", float: "number", type(None): "null"}
        yield f"{at}: {kinds[type(value)]}"


def test_keys_and_kinds_stay_as_they_are(made: Mixed, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(sorted(set(shape(made.report)))) == snapshot


def test_its_numbers_are_those_that_another_meter_reads_in_the_files(made: Mixed) -> None:
    ffmpeg = require_program("ffmpeg")
    for each in made.report["prints"]:
        command = [ffmpeg, "-nostats", "-i", made.out / each["path"], "-af", "ebur128=peak=true", "-f", "null", "-"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rsplit("Summary:", 1)[1]
        reads = {name: float(re.search(rf"{name}:\s+(-?[\d.]+)", said)[1]) for name in ("I", "Peak")}  # type: ignore[index]
        measured = each["measured"]
        assert measured["programme_loudness_lufs"] == pytest.approx(reads["I"], abs=0.1), each["name"]
        assert measured["true_peak_dbtp"] == pytest.approx(reads["Peak"], abs=0.3), each["name"]


def test_the_page_shows_the_numbers_of_the_json(made: Mixed) -> None:
    page = (made.out / "report.html").read_text("utf-8")
    for each in made.report["prints"]:
        assert f"{abs(each['measured']['programme_loudness_lufs']):.1f}</td>" in page
        assert each["sha256"] in page
    limiter, duck = made.report["limiter"], made.report["duck"]
    assert limiter["seconds"] > 0.0
    assert min(decode(limiter["curve"])) < 0.0
    assert f"{abs(limiter['deepest_db']):.1f} dB at the deepest" in page
    assert f"{duck['seconds']:.1f} s in" in page
    assert "It begins on the cut (Ana Souza)" in page


def test_findings_have_their_evidence(made: Mixed, capsys: pytest.CaptureFixture[str]) -> None:
    found = [each for each in made.report["findings"] if each.get("evidence")]
    assert found
    for each in found:
        assert {"kind", "from_s", "to_s", "zone_s", "points"} <= set(each["evidence"])
    assert {"curve", "waveform", "envelope"} & {each["evidence"]["kind"] for each in found}


def test_masked_lines_are_listed_below_the_profiles_limit(made: Mixed) -> None:
    dialogue = made.report["dialogue"]
    assert dialogue["limit_lu"] == 60.0
    assert dialogue["lines"]
    assert all(line["lowest_lu"] < 60.0 and line["start_s"] < line["end_s"] for line in dialogue["lines"])
    assert "less than 60.0 LU above the background" in (made.out / "report.html").read_text("utf-8")


def test_sounds_are_in_the_page_when_asked_for(made: Mixed, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "heard.html"
    told(capsys, "report", made.out, "--audio", "-o", page, "--no-progress")
    text = page.read_text("utf-8")
    assert re.search(r'<audio [^>]*src="data:audio/', text)
    assert "media-src data:" in text
    assert "<audio" not in (made.out / "report.html").read_text("utf-8")
    _, out, _ = told(capsys, "report", made.out, "--audio", "--json", "--no-progress")
    assert not any("sound" in each for each in json.loads(out)["findings"])


def test_it_goes_on_paper(made: Mixed, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    require_program("chromium")
    told(capsys, "report", made.out, "--format", "pdf", "-o", tmp_path / "r.pdf", "--no-progress")
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")


def test_without_a_browser_paper_is_refused_in_words(
    made: Mixed, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_report_paper, "find_browser", lambda: None)
    code, out, err = told(capsys, "report", made.out, "--format", "pdf", "-o", tmp_path / "r.pdf", "--no-progress")
    assert (code, out) == (3, "")
    assert "none is installed" in err
    assert list(tmp_path.iterdir()) == []


def test_what_changed_since_is_told(made: Mixed, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    older = json.loads(json.dumps(made.report))
    older["level"]["applied_gain_db"] -= 1.5
    newest = next(each for each in older["findings"] if each["severity"] == "warning" and not each["waived"])
    older["findings"].remove(newest)
    (tmp_path / "old.json").write_text(json.dumps(older), "utf-8")
    told(capsys, "report", made.out, "--compare", tmp_path / "old.json", "-o", tmp_path / "c.html", "--no-progress")
    assert "Since the earlier report" in (tmp_path / "c.html").read_text("utf-8")
    _, out, _ = told(capsys, "report", made.out, "--compare", tmp_path / "old.json", "--json", "--no-progress")
    compared = json.loads(out)["compared"]
    assert [one["quantity"] for one in compared["moved"]] == ["gain_db"]
    assert [each["code"] for each in compared["new"]] == [newest["code"]]


def test_letters_and_a_chapter_alone(made: Mixed, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = told(capsys, "report", made.out, "--letters", tmp_path / "letters", "--no-progress")
    assert {each.suffix for each in (tmp_path / "letters").iterdir()} == {".md", ".txt"}
    assert out.count("letter: ") == 2
    told(capsys, "report", made.out, "--chapter", "2", "-o", tmp_path / "two.html", "--no-progress")
    page = (tmp_path / "two.html").read_text("utf-8")
    assert "Chapter report" in page
    assert 'id="ch1"' not in page
    code, _, err = told(capsys, "report", made.out, "--chapter", "9", "--no-progress")
    assert code == 2
    assert "9" in err


def test_the_self_tests_result_is_told(made: Mixed, capsys: pytest.CaptureFixture[str]) -> None:
    assert made.report["conformance"] == {"readings": 40, "missed": 1}
    assert "1 of 40 readings of the standards" in (made.out / "report.html").read_text("utf-8")
    _, out, _ = told(capsys, "report", made.film, "--json", "--no-progress")
    assert json.loads(out)["conformance"] == {"readings": 40, "missed": 1}


def test_a_refused_mix_names_the_command_that_writes_the_page(
    made: Mixed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "film"
    shutil.copytree(made.film.parent, folder, ignore=shutil.ignore_patterns("out", "cache"))
    (folder / "ch02" / "SFX.wav").unlink()
    code, out, _ = told(capsys, "mix", folder, "-o", folder / "out", "--no-progress")
    assert code == 1
    assert "'stemkit report FILM' writes all that was found as a page" in out
    assert not (folder / "out").exists()
    page = tmp_path / "page.html"
    told(capsys, "report", folder, "-o", page, "--lang", "en", "--no-progress")
    text = page.read_text("utf-8")
    assert "A mix would be refused" in text
    assert re.search(r"hapter 2 (SFX|Effects)", text)
