"""Every rule speaks: all its conditions, all headings, nothing that no rule says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import resources

import pytest

from stemkit.rules._base import Rule
from stemkit.rules._engine import COMMON_CONDITIONS, all_rules
from stemkit.texts import conditions_of, explanation, render

RULES = all_rules()


@dataclass(frozen=True)
class Said:
    """The least that a sentence can be made of."""

    code: str
    condition: str
    observed: str | float | None = None
    expected: str | float | None = None
    unit: str | None = None
    params: dict[str, str | int | float | bool | None] = field(default_factory=dict)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_sentences_and_conditions_are_the_same_set(rule: Rule) -> None:
    assert set(conditions_of(rule.code)) == set(rule.conditions)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_heading_of_an_explanation_is_there(rule: Rule) -> None:
    text = explanation(rule.code)
    assert all(len(part) > 3 for part in (text.title, text.what, text.why, text.how))
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", key) for key in text.profile_keys)


def test_no_text_is_left_of_a_rule_that_is_gone() -> None:
    files = {file.name for file in (resources.files("stemkit.texts") / "en").iterdir()}
    assert files == {f"{rule.code}.toml" for rule in RULES} | {"_page.toml", "_shared.toml"}


def test_the_engine_speaks_its_own_skips() -> None:
    assert set(conditions_of("_shared")) == set(COMMON_CONDITIONS)


@pytest.mark.parametrize(
    ("value", "shown"), [(48_000, "48 kHz"), (44_100, "44.1 kHz"), (11_025, "11.025 kHz"), (800, "800 Hz")]
)
def test_rates_are_told_as_people_say_them(value: int, shown: str) -> None:
    assert shown in render(Said("FMT001", "sample_rate", value, 96_000))[0]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.00002, "0.02 ms"), (0.0417, "41.7 ms"), (0.5, "500 ms"), (-10.884, "10.884 s"), (125.5, "2 min 05.500 s")],
)
def test_durations_are_told_in_the_unit_that_fits(seconds: float, shown: str) -> None:
    params: dict[str, str | int | float | bool | None] = {"difference_s": seconds}
    assert f"is {shown} shorter" in render(Said("LEN001", "short", 1, 2, params=params))[0]


def test_names_cannot_command_a_terminal() -> None:
    message = render(Said("STM001", "no_file", params={"file": "a\x1b[31m\nb\u202e.wav\udc80"}))[0]
    assert message.isprintable()
    assert "\\x1b" in message


def test_minus_nothing_is_nothing() -> None:
    assert "-0.00" not in render(Said("PEK003", "delivered", -0.0001))[0]


def test_braces_in_a_name_are_no_template() -> None:
    assert "'{observed}.wav'" in render(Said("STM001", "no_file", params={"file": "{observed}.wav"}))[0]
