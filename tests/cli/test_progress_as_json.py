"""``--progress json``: every command that takes long tells programs how far it is, one JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemkit.cli import stemkit
from stemkit.cli._console import run
from tests.conform.conform_films import film_in, noise, right, write


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two right stems and one that needs work."""
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "vo.wav", noise(2, 44_100, 1), 44_100, "PCM_16")
    return film_in(tmp_path)


@pytest.mark.parametrize(
    ("command", "task"),
    [
        (("check", "{film}"), "measuring stems"),
        (("conform", "{film}", "-o", "{out}"), "conforming"),
        (("mix", "{film}", "-o", "{out}"), "measuring stems"),
        (("measure", "{vo}"), "measuring"),
    ],
)
def test_standard_error_holds_events_and_standard_output_one_object(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], task: str
) -> None:
    places = {"film": film, "out": tmp_path / "out", "vo": film.parent / "ch01" / "vo.wav"}
    words = [word.format(**places) for word in command]
    assert run(stemkit, [*words, "--json", "--quiet", "--progress", "json"]) in (0, 1)
    printed = capsys.readouterr()
    json.loads(printed.out)
    events = [json.loads(line) for line in printed.err.splitlines()]
    assert all(set(event) == {"event", "task", "done", "total", "item", "eta_s"} for event in events)
    ends = {event["task"]: event["done"] / max(1, event["total"]) for event in events}
    assert ends[task] == 1.0


@pytest.mark.parametrize("order", [("--progress", "json", "--no-progress"), ("--no-progress", "--progress", "json")])
def test_no_progress_wins(film: Path, capsys: pytest.CaptureFixture[str], order: tuple[str, ...]) -> None:
    assert run(stemkit, ["check", str(film), *order]) == 1
    assert capsys.readouterr().err == ""


def test_another_form_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["check", "--progress", "xml"]) == 2
    assert "'text', 'json'" in capsys.readouterr().err
