"""Trims of chapters: towards the film's level, bounded, and whatever a person wrote."""

from __future__ import annotations

import pytest

from stemkit.plan.balance import ChapterLevel, plan_balance

LEVELS = (
    ChapterLevel(1, -20.04, 30.0),
    ChapterLevel(2, -34.0, 30.0),
    ChapterLevel(3, None, 0.0),
    ChapterLevel(4, -25.0, 2.0),
)


def test_chapters_go_towards_the_films_level_and_it_is_said_why_they_do_not_reach_it() -> None:
    plan = plan_balance("dialogue", -23.0, LEVELS, 6.0, {}, {1: -10.0, 2: None})
    assert [trim.trim_db for trim in plan.trims] == [-3.0, 6.0, 0.0, 0.0]
    assert [trim.why for trim in plan.trims] == [
        None,
        "+11.0 dB wanted, bounded by max_trim_db",
        "no speech",
        "less than 3 s of speech",
    ]
    assert plan.trims[0].after_lufs == pytest.approx(-23.04)
    assert plan.by_chapter() == {1: -3.0, 2: 6.0}
    assert [(step.after, step.before_lu, step.after_lu) for step in plan.steps] == [(1, -10.0, -1.0), (2, None, None)]


def test_what_a_person_wrote_wins_even_over_the_bound() -> None:
    plan = plan_balance("programme", -23.0, LEVELS, 6.0, {2: 9.5, 1: 0.0}, {})
    assert [trim.trim_db for trim in plan.trims] == [0.0, 9.5, 0.0, 2.0]
    assert [trim.why for trim in plan.trims] == ["given", "given", "silent", None]


def test_nothing_is_trimmed_unasked() -> None:
    assert not plan_balance("none", -23.0, LEVELS, 6.0, {}, {}).by_chapter()
