"""A plan listens to everything; a run listens for what it can repair; what is done is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemkit.core.manifest import load_film
from stemkit.meters import content_scan
from stemkit.report.conform import conform_text
from stemkit.rules._engine import all_rules
from stemkit.store.facts import FactStore
from stemkit.workflows._conform_rules import about_stems, rules_of_plan
from stemkit.workflows.check import check_film
from tests.conform.conform_films import FILM, film_in, noise, right, run, tree, write

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


def refuse(*_: object) -> None:
    raise AssertionError("a run listened to everything")


def test_a_run_does_not_listen_to_everything(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_scan.ContentScanner, "push", refuse)
    data = run(film, tmp_path / "out").as_dict()
    assert all(item["status"] == "written" for item in data["items"])
    assert (data["listened"], data["not_listened"]) == (False, [1])
    text = conform_text(data, lambda rows: "", plan_only=False, has_written=True)
    assert "Nobody has listened to chapter 1 yet" in text
    assert "stemkit check" in text


def test_what_was_heard_once_is_told_by_every_later_run(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FactStore(tmp_path / "cache")
    found = check_film(load_film(film), store=store).run.findings
    monkeypatch.setattr(content_scan.ContentScanner, "push", refuse)
    for has_written in (True, False):
        result = run(film, tmp_path / "out", store=store)
        data = result.as_dict()
        assert (result.has_written, result.has_errors, data["not_listened"]) == (has_written, True, [])
        by_a_person = {(one.code, one.where.role) for one in found if one.is_blocking and one.fix is None}
        assert by_a_person == {(one["code"], one["role"]) for one in data["open"] if one["fix"] is None}
        text = conform_text(data, lambda rows: "", plan_only=False, has_written=has_written)
        assert "chapter 1 MUSIC: the creator must act: SIG003" in text
        assert "Nobody" not in text


def test_a_run_that_is_to_listen_ends_as_check_does(film: Path, tmp_path: Path) -> None:
    data = run(film, tmp_path / "out", listen=True).as_dict()
    assert "SIG003" in {one["code"] for one in data["open"]}
    assert data["listened"]


def test_chapters_that_nobody_listened_to_are_named(film: Path, tmp_path: Path) -> None:
    store = FactStore(tmp_path / "cache")
    check_film(load_film(film), store=store)
    for role in ("VO", "SFX", "MUSIC"):
        write(tmp_path / "ch02" / f"Tide_ch02_{role}.wav", noise(12, seed=len(role) + 7), 48_000, "PCM_16")
    film_in(
        tmp_path, LONG + LONG[LONG.index("\n[[chapter]]") :].replace("number = 1", "number = 2").replace("01", "02")
    )
    data = run(film, tmp_path / "out", store=store).as_dict()
    assert data["not_listened"] == [2]
    assert {(one["code"], one["chapter"]) for one in data["open"]} >= {("SIG003", 1)}
    assert all(item["status"] == "written" for item in data["items"])


def test_what_is_done_is_the_same_whoever_has_listened(film: Path, tmp_path: Path) -> None:
    store = FactStore(tmp_path / "cache")
    unheard = run(film, tmp_path / "one").as_dict()
    check_film(load_film(film), store=store)
    heard = run(film, tmp_path / "two", store=store).as_dict()
    assert steps_of(unheard) == steps_of(heard)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_whatever_can_be_repaired_is_looked_for_by_both() -> None:
    left_out = set(about_stems(all_rules())) - set(rules_of_plan(all_rules()))
    assert left_out
    assert [rule.code for rule in left_out if rule.fix != "none"] == []


def test_a_role_that_is_missing_is_in_the_plan(tmp_path: Path) -> None:
    right(tmp_path / "ch01", but=("SFX",))
    data = run(film_in(tmp_path), tmp_path / "out", plan_only=True).as_dict()
    text = conform_text(data, lambda rows: "", plan_only=True, has_written=False)
    assert "must act: STM001" in text
