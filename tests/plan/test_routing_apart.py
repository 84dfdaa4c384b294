"""Prints that stand apart from the mix, and the sums that nobody claims then."""

from __future__ import annotations

from typing import Any

import pytest

from stemkit.core.film import Ducking, MixSettings, Role
from stemkit.plan.routing import (
    UNDIPPED,
    PrintRow,
    as_table,
    print_of_all,
    roles_needed,
    sum_rules,
    sums_apart,
    with_undipped,
)

ROWS = (
    PrintRow("FULL", (Role.VO, Role.SFX, Role.MUSIC)),
    PrintRow("VO", (Role.VO,)),
    PrintRow("SFX", (Role.SFX,)),
    PrintRow("MUSIC", (Role.MUSIC,)),
    PrintRow("ME", (Role.SFX, Role.MUSIC)),
)


def apart(mix: dict[str, Any]) -> list[str]:
    return [row.name for row in with_undipped(ROWS, MixSettings(**mix)) if row.is_undipped]


@pytest.mark.parametrize(
    ("mix", "names"),
    [
        ({}, []),
        ({"duck": Ducking(6.0), "limiter": "linked"}, []),
        ({"me": "undipped"}, []),  # nothing dips it
        ({"me": "undipped", "duck": Ducking(6.0)}, ["ME"]),
        ({"me": "undipped", "limiter": "linked"}, ["ME"]),
        ({"me": "undipped", "duck": Ducking(6.0), "limiter": "linked"}, ["ME"]),
    ],
)
def test_music_and_effects_stand_apart_where_that_is_asked_for_and_makes_a_difference(
    mix: dict[str, Any], names: list[str]
) -> None:
    assert apart(mix) == names


def test_a_sum_with_a_print_that_stands_apart_is_not_claimed() -> None:
    rows = with_undipped(ROWS, MixSettings(me="undipped", limiter="linked"))
    assert [(rule.sum, rule.of) for rule in sum_rules(rows)] == [("FULL", ("VO", "SFX", "MUSIC"))]
    unclaimed = sums_apart(rows, 480)
    assert [(null.sum, null.of) for null in unclaimed] == [("FULL", ("VO", "ME")), ("ME", ("SFX", "MUSIC"))]
    assert {(null.exact, null.max_residual_lsb, null.samples, null.reason) for null in unclaimed} == {
        (None, None, 480, UNDIPPED)
    }
    assert sums_apart(ROWS, 480) == ()


def test_two_prints_that_share_a_role_do_not_divide_a_third() -> None:
    rows = (PrintRow("FULL", tuple(Role)), PrintRow("DS", (Role.VO, Role.SFX)), ROWS[4])
    assert sum_rules(rows) == ()
    assert sum_rules((*rows, ROWS[3]))[0].of == ("DS", "MUSIC")


def test_what_the_rows_need_and_which_is_the_mix() -> None:
    assert roles_needed(ROWS[1:3]) == (Role.VO, Role.SFX)
    assert print_of_all(ROWS[::-1]) is ROWS[0]
    assert print_of_all(()) is None
    assert as_table(ROWS[3:]) == {"MUSIC": ("MUSIC",), "ME": ("SFX", "MUSIC")}


def test_prints_that_stand_beside_each_other_divide_a_third() -> None:
    rules = sum_rules((ROWS[0], ROWS[1], ROWS[4]))
    assert [(rule.sum, rule.of) for rule in rules] == [("FULL", ("VO", "ME"))]
