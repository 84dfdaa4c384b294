"""``stemkit profiles``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemkit.cli import stemkit
from stemkit.cli._console import run


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
