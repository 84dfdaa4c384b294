"""The standards' own vectors with the standards' own tolerances."""

from __future__ import annotations

import math

import pytest

from stemkit.signals.conformance import Case, load_cases
from stemkit.workflows.selftest import selftest

pytestmark = pytest.mark.conformance
CASES = load_cases()


def test_every_case_that_can_be_made_is_there() -> None:
    ids = {case.id for case in CASES}
    assert {f"3341-{n}" for n in (*range(1, 7), *range(9, 24))} <= ids
    assert {f"3342-{n}" for n in range(1, 5)} <= ids


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_meter_reads_what_the_standard_says(case: Case) -> None:
    result = selftest(cases=[case])
    assert result.readings
    assert result.missed == 0, result.rows()


@pytest.mark.parametrize(
    ("case_id", "quantity", "reading"),
    [
        ("3341-1", "programme_lufs", -22.993),
        ("3341-3", "programme_lufs", -23.014),
        ("3341-5", "programme_lufs", -22.979),
        ("3341-6", "programme_lufs", -23.016),
        ("3341-9", "constant_short_term_lufs", -22.986),
        ("3341-12", "constant_momentary_lufs", -22.960),
        ("3342-4", "range_lu", 15.0),
    ],
)
def test_readings_are_those_of_an_exact_meter(case_id: str, quantity: str, reading: float) -> None:
    """The tolerances are wide; these are the values that exact arithmetic gives."""
    case = next(case for case in CASES if case.id == case_id)
    found = next(r for r in selftest(cases=[case]).readings if r.quantity == quantity)
    assert found.ours == pytest.approx(reading, abs=0.001)


def test_a_wrong_reading_would_be_seen() -> None:
    case = next(case for case in CASES if case.id == "3341-1")
    wrong = {**case.expect, "programme_lufs": -22.8}
    assert selftest(cases=[_with_expectation(case, wrong)]).missed == 1
    assert selftest(cases=[_with_expectation(case, {"programme_lufs": "undefined"})]).missed == 1


def _with_expectation(case: Case, expect: dict[str, float | str]) -> Case:
    return Case(case.id, case.document, case.layout, expect, 0.0, case.tolerance, case.joined, case.recipe)


def test_the_calibration_tone_reads_as_the_recommendation_says() -> None:
    """BS.1770-5: 0 dBFS at 997 Hz in one front channel is -3.01 LKFS."""
    case = next(case for case in CASES if case.id == "BS1770-calibration")
    ours = selftest(cases=[case]).readings[0].ours
    assert ours is not None
    assert math.isclose(ours, -3.0103, abs_tol=5e-4)
