"""The command: one JSON object, the right exit code, words for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemkit.cli import stemkit
from stemkit.cli._console import run as run_command
from tests.conform.conform_films import film_in, noise, right, tree, write

FIELDS = {
    *(
        "chapter",
        "role",
        "source",
        "name",
        "output",
        "files",
        "status",
        "reason",
        "steps",
        "waiting",
        "before",
        "after",
    ),
    *("because", "findings", "creator"),
}


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two right stems and one that needs work."""
    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "vo.wav", noise(2, 44_100, 1), 44_100, "PCM_16")
    return film_in(tmp_path)


def _json(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> dict[str, Any]:
    ended = run_command(stemkit, ["conform", *map(str, arguments), "--json", "--no-progress"])
    printed = capsys.readouterr()
    assert ended == code, printed
    data: dict[str, Any] = json.loads(printed.out)
    return data


def test_the_json_contract(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    plan = _json(capsys, film, "-o", out, "--plan")
    assert (plan["schema"], plan["out"], plan["film"]) == ("stemkit/conform/1", str(out), "film.toml")
    assert [item["status"] for item in plan["items"]] == ["planned", "unchanged", "unchanged"]
    assert not out.exists()
    done = _json(capsys, film, "-o", out)
    assert set(done) == {"schema", "version", "out", "items", "film", "listened", "not_listened", "open"}
    assert all(set(item) == FIELDS for item in done["items"])
    assert [item["status"] for item in done["items"]] == ["written", "unchanged", "unchanged"]
    assert done["items"][0]["output"] == "ch01/Tide_ch01_VO.wav"
    assert done["items"][0]["source"] == str(film.parent / "ch01" / "vo.wav")
    assert done["items"][0]["after"]["media"]["sample_rate_hz"] == 48_000
    kinds = [step["kind"] for step in plan["items"][0]["steps"]]
    assert kinds == ["remap_channels", "resample", "requantise", "rename"]
    assert all(step["safe"] is True for step in plan["items"][0]["steps"])


def test_what_a_person_must_do_makes_the_exit_code(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (film.parent / "ch01" / "vo.wav").write_bytes(b"RIFF")
    write(film.parent / "ch01" / "Tide_ch01_SFX.wav", noise(2, 44_100), 44_100)
    data = _json(capsys, film, "-o", tmp_path / "out", code=1)
    assert [item["status"] for item in data["items"]] == ["failed", "written", "unchanged"]
    assert (data["items"][0]["output"], data["items"][0]["after"]) == (None, None)


def test_a_missing_role_is_an_error_that_stays(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (film.parent / "ch01" / "Tide_ch01_MUSIC.wav").unlink()
    data = _json(capsys, film, "-o", tmp_path / "out", code=1)
    assert [item["status"] for item in data["items"]] == ["written", "unchanged"]


@pytest.mark.parametrize(
    ("arguments", "code"), [(("{film}",), 2), (("{film}/none", "-o", "out"), 2), (("{film}", "-o", "{film}"), 2)]
)
def test_a_command_that_cannot_be_followed(
    film: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int
) -> None:
    before = tree(film.parent)
    data = _json(capsys, *(word.format(film=film.parent) for word in arguments), code=code)
    assert (data["schema"], data["exit_code"]) == ("stemkit/error/1", code)
    assert tree(film.parent) == before


def test_a_target_that_cannot_be_written(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    data = _json(capsys, film, "-o", tmp_path / "file" / "out", code=3)
    assert data["errors"][0]["code"] == "cannot_write"


def test_words_for_people(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["conform", str(film), "-o", str(tmp_path / "out"), "--no-progress"]
    assert run_command(stemkit, command) == 0
    first = capsys.readouterr().out
    assert "to stereo, to 48000 Hz, as PCM_24" in first
    assert "1 written, 2 unchanged" in first
    assert run_command(stemkit, command) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert run_command(stemkit, [*command, "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_the_plan_says_what_waits_for_a_person(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # 48 kHz sound under a header that says 44.1 kHz: nothing is converted on a guess.
    write(film.parent / "ch01" / "vo.wav", np.repeat(noise(2, 48_000, 1), 2, axis=1), 44_100)
    assert run_command(stemkit, ["conform", str(film), "--plan", "--no-progress"]) == 1
    printed = capsys.readouterr().out
    assert "skipped" in printed
    assert "believe 48000 Hz (unsafe)" in printed
    assert "LEN001" in printed
