"""Chapter numbers out of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.intake.numbers import numbers_in


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("ch07", 7),
        ("CH7", 7),
        ("ch_07_VO.wav", 7),
        ("Chapter 12", 12),
        ("Chapter VII", 7),
        ("chapter-iv", 4),
        ("Kapitel 03 – Müller", 3),
        ("Kap. 3", 3),
        ("Capítulo 5", 5),
        ("chapitre_10", 10),
        ("Глава 8", 8),
        ("第三章", 3),
        ("第十二章 夜", 12),
        ("第二十章", 20),
        ("第一百零五章", 105),
        ("第7回", 7),
        ("第１２章", 12),
        ("12章", 12),
        ("제3장", 3),
        ("3화", 3),
        ("SC03-FX-final.aif", 3),
        ("Film 2 chapter 9", 9),
        ("07 - Storm (v2)", 7),
        ("07_the_storm", 7),
        ("(7) Storm", 7),
        ("Storm", None),
        ("Storm v2", None),
        ("Chapter mild", None),
        ("Storm 48k", None),
        ("99999999999", None),
    ],
)
def test_the_likely_number(name: str, number: int | None) -> None:
    assert numbers_in(name).likely == number


@pytest.mark.parametrize("name", ["Anna 3", "stems 48", "x2y"])
def test_a_number_that_nothing_marks_is_only_a_hint(name: str) -> None:
    found = numbers_in(name)
    assert (found.marked, found.likely) == (None, None)
    assert found.plain


@given(st.text(max_size=30))
def test_no_name_is_too_strange(name: str) -> None:
    found = numbers_in(name)
    assert all(0 <= number <= 9999 for number in found.plain)


@given(st.integers(1, 3999))
def test_roman_numbers_are_read(number: int) -> None:
    values = [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")]
    rest, text = number, ""
    for value, letters in [*values, (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]:
        text += letters * (rest // value)
        rest %= value
    assert numbers_in(f"Chapter {text}").marked == number
