"""Decibels and how numbers are shown."""

from __future__ import annotations

import math

import pytest

from stemkit.core.fold_down import fold_matrix
from stemkit.core.layout import LAYOUTS, MONO, STEREO, SURROUND_51, Layout
from stemkit.core.units import amplitude_from_db, db_from_amplitude, db_from_power, format_duration, format_level


@pytest.mark.parametrize("level_db", [-96.0, -6.0206, 0.0, 3.0])
def test_levels_come_back(level_db: float) -> None:
    amplitude = amplitude_from_db(level_db)
    assert db_from_amplitude(amplitude) == pytest.approx(level_db)
    assert db_from_power(amplitude**2) == pytest.approx(level_db)


def test_nothing_has_no_level() -> None:
    assert db_from_amplitude(0.0) is None
    assert db_from_power(0.0) is None


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(-23.04, 1, "-23.0 LUFS"), (None, 1, "undefined"), (-0.04, 1, "0.0 LUFS"), (-23.125, 3, "-23.125 LUFS")],
)
def test_levels_are_shown(value: float | None, decimals: int, text: str) -> None:
    assert format_level(value, "LUFS", decimals) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0:00:00.0"), (59.96, "0:00:59.9"), (3600.0, "1:00:00.0"), (5405.25, "1:30:05.2")]
)
def test_durations_are_shown_and_never_rounded_up(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_a_fold_has_a_factor_for_each_channel_or_is_none_at_all(name: str) -> None:
    layout = LAYOUTS[name]
    for target in (MONO, STEREO):
        matrix = fold_matrix(layout, target)
        assert matrix is None or (len(matrix) == target.count and {len(row) for row in matrix} == {layout.count})


def test_surround_is_folded_as_the_recommendation_says() -> None:
    assert fold_matrix(STEREO, MONO) == ((0.5, 0.5),)
    matrix = fold_matrix(SURROUND_51, STEREO)
    assert matrix is not None
    half = math.sqrt(0.5)
    assert matrix[0] == (1.0, 0.0, half, 0.0, half, 0.0)  # L R C LFE Ls Rs
    assert matrix[1] == (0.0, 1.0, half, 0.0, 0.0, half)


@pytest.mark.parametrize(("source", "target"), [(MONO, STEREO), (STEREO, STEREO), (SURROUND_51, MONO)])
def test_what_no_document_states_is_not_folded(source: Layout, target: Layout) -> None:
    assert fold_matrix(source, target) is None
