"""A plan listens to everything; a run listens for what it can repair; what is done is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemkit.meters import content_scan
from stemkit.report.conform import conform_text
from stemkit.rules._engine import all_rules
from stemkit.workflows._conform_rules import about_stems, rules_of_plan
from tests.conform.conform_films import FILM, film_in, right, run, write

LONG = FILM.replace('"48f"', '"288f"')


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A voice beside the zero line at the wrong rate, and music with holes."""
    time = np.arange(12 * 48_000) / 48_000
    right(tmp_path / "ch01", but=("VO", "MUSIC", "SFX"))
    for seed, role in enumerate(("VO", "SFX", "MUSIC")):
        sound = np.random.default_rng(seed).normal(0.0, 0.03, (len(time), 2))
        sound += 0.2 * np.sin(2.0 * np.pi * (220.0 + 50.0 * seed) * time)[:, np.newaxis]
        if role == "VO":
            sound += 0.05
        if role == "MUSIC":
            for at in (100_000, 200_000, 300_000):
                sound[at : at + 1_000] = 0.0
        rate_hz = 48_000
        write(tmp_path / "ch01" / f"Tide_ch01_{role}.wav", sound, rate_hz, "PCM_16")
    return film_in(tmp_path, LONG)


def steps_of(data: dict[str, Any]) -> list[Any]:
    return [(item["role"], item["steps"], item["waiting"], item["because"]) for item in data["items"]]


def test_plan_and_run_do_the_same(film: Path, tmp_path: Path) -> None:
    plan = run(film, tmp_path / "out", plan_only=True)
    done = run(film, tmp_path / "out")
    assert steps_of(plan.as_dict()) == steps_of(done.as_dict())
    waiting = plan.as_dict()["items"][0]["waiting"]
    assert [step["kind"] for step in waiting] == ["remove_offset"]
    assert (plan.as_dict()["listened"], done.as_dict()["listened"]) == (True, False)


def test_a_plan_says_what_only_the_creator_can_repair(film: Path, tmp_path: Path) -> None:
    data = run(film, tmp_path / "out", plan_only=True).as_dict()
    text = conform_text(data, lambda rows: "", plan_only=True, has_written=False)
    assert "must act: SIG003" in text
    assert "SIG003" in {found["code"] for found in data["open"]}


def test_a_run_does_not_listen_to_everything(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a run listened to everything")

    monkeypatch.setattr(content_scan.ContentScanner, "push", refuse)
    data = run(film, tmp_path / "out").as_dict()
    assert all(item["status"] == "written" for item in data["items"])
    text = conform_text(data, lambda rows: "", plan_only=False, has_written=True)
    assert "stemkit check" in text


def test_whatever_can_be_repaired_is_looked_for_by_both() -> None:
    left_out = set(about_stems(all_rules())) - set(rules_of_plan(all_rules()))
    assert left_out
    assert [rule.code for rule in left_out if rule.fix != "none"] == []


def test_a_role_that_is_missing_is_in_the_plan(tmp_path: Path) -> None:
    right(tmp_path / "ch01", but=("SFX",))
    data = run(film_in(tmp_path), tmp_path / "out", plan_only=True).as_dict()
    text = conform_text(data, lambda rows: "", plan_only=True, has_written=False)
    assert "must act: STM001" in text
