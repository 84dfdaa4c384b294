"""``stemkit profiles``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemkit.cli import stemkit
from stemkit.cli._console import run
from stemkit.core.profile import load_profile, profile_names
from stemkit.workflows._profile_text import grade_words


def test_the_list_holds_what_is_shipped_and_what_lies_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ours.toml").write_text('extends = "crowd-film"\ntitle = "Ours"\n')
    (tmp_path / "profiles" / "broken.toml").write_text("x = 1\n")
    monkeypatch.chdir(tmp_path)
    assert run(stemkit, ["profiles"]) == 0
    assert "crowd-film" in capsys.readouterr().out
    assert run(stemkit, ["profiles", "--json"]) == 0
    found = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)["profiles"]}
    assert {"crowd-film", "ebu-r128", "ours", "broken"} <= set(found)
    assert found["ours"]["title"] == "Ours"
    assert "unknown key" in found["broken"]["error"]


def test_a_profile_is_shown_with_the_source_of_each_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["profiles", "show", "ebu-r128"]) == 0
    text = capsys.readouterr().out
    assert "-23.0 LUFS" in text
    assert "R 128" in text
    assert run(stemkit, ["profiles", "show", "ebu-r128", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["profile"]["format"]["sample_rate_hz"] == 48_000


@pytest.mark.parametrize("name", profile_names())
def test_every_figure_is_shown_with_its_source_and_grade(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["profiles", "show", name]) == 0
    text, profile = capsys.readouterr().out, load_profile(name)
    for _, figure in profile.figures():
        assert f"[{figure.source}; {grade_words(figure.grade)}]" in text
        assert f"({figure.severity})" in text
    assert all(f"not published: {reason}" in text for reason in profile.not_published.values())
    assert profile.format.source in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("netflix-5.1", "dialogue, without relative gate -27.0 LUFS -2 +2 LU, where at least 15 % is speech"),
        ("netflix-5.1", "at most -2.0 dBTP; quality control flags above -1.0 dBTP"),
        ("wbd-max", "or programme -24.0 LUFS"),
        ("disney-plus-5.1", "programme at most -20.0 LUFS"),
        ("atsc-a85", "where there is no dialogue"),
        ("trailer-tasa", "at most 85.0 dB (LFE +0 dB, sound of up to 180 s)"),
        ("acx", "head at least 0.5 s, head at most 1 s, tail at least 1 s, tail at most 5 s"),
        ("film-turnover", "2-pop required"),
        ("ebu-r128-s1", "at most -18.0 LUFS, quality control allows 0.2 LU more"),
        ("crowd-film", "an error must be at least 90 % sure"),
        ("theatrical", "loudness: not published: the room is calibrated instead"),
        ("gyt-282", "grade C: from a summary"),
    ],
)
def test_figures_are_told_in_words(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["profiles", "show", name]) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "profile", "said"),
    [
        ("LUD004", "netflix-5.1", "-27.0 (print dialogue), -24.0 (print programme)"),
        ("LUD009", "trailer-tasa", "leq_m.max_db = 85.0 (print)"),
        ("LUD001", "theatrical", "not published: the room is calibrated instead"),
        ("LUD002", "crowd-film", "loudness_range.max_lu = not stated"),
        ("LUD006", "crowd-film", "(VO)"),
    ],
)
def test_a_rule_is_explained_with_the_figures(
    code: str, profile: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(stemkit, ["explain", code, "--profile", profile]) == 0
    assert said in capsys.readouterr().out


def test_a_file_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('extends = "crowd-film"\n')
    bad.write_text('extends = "crowd-film"\n[fromat]\nx = 1\n')
    assert run(stemkit, ["profiles", "check", str(good)]) == 0
    capsys.readouterr()
    assert run(stemkit, ["profiles", "check", str(bad), "--json"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert [(e["line"], e["key"], e["hint"]) for e in data["errors"]] == [(2, "fromat", "did you mean 'format'?")]


@pytest.mark.parametrize("arguments", [["show", "nothing"], ["check", "nothing.toml"], ["show"], ["unknown"]])
def test_what_is_not_there_ends_with_2(arguments: list[str]) -> None:
    assert run(stemkit, ["profiles", *arguments]) == 2


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["profiles", "schema"]) == 0
    assert "format" in json.loads(capsys.readouterr().out)["properties"]
