"""Every language says everything that English says, with the same figures in it."""

from __future__ import annotations

import string
import tomllib
from importlib import resources
from typing import Any

import pytest

from stemkit.report.speech import Speech
from stemkit.rules._engine import all_rules
from stemkit.texts import explanation, render
from stemkit.texts.language import languages, nearest_language, page_words, system_language
from tests.report import reports

OTHERS = tuple(lang for lang in languages() if lang != "en")
CODES = tuple(rule.code for rule in all_rules())


def read(lang: str, name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("stemkit.texts") / lang / f"{name}.toml").read_text("utf-8"))


def fields(template: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in string.Formatter().parse(template) if name}


def words(value: str | dict[str, str]) -> set[str]:
    templates = [value] if isinstance(value, str) else list(value.values())
    return {name for template in templates for name, _ in fields(template)}


@pytest.mark.parametrize("lang", OTHERS)
def test_every_word_of_pages_is_there(lang: str) -> None:
    english, other = page_words("en"), page_words(lang)
    assert set(other) == set(english)
    for key, value in english.items():
        assert words(other[key]) == words(value), key


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("code", [*CODES, "_shared"])
def test_every_message_is_translated(lang: str, code: str) -> None:
    english, other = read("en", code)["conditions"], read(lang, code)["conditions"]
    assert set(other) == set(english)
    for condition, said in english.items():
        assert set(other[condition]) == set(said), condition
        assert fields(other[condition]["message"]) == fields(said["message"]), condition
        known = fields(said["message"]) | fields(said.get("advice", ""))
        assert fields(other[condition].get("advice", "")) <= known, condition


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("code", CODES)
def test_every_explanation_is_translated(lang: str, code: str) -> None:
    english, other = explanation(code), explanation(code, lang)
    assert other.profile_keys == english.profile_keys
    for heading in ("title", "what", "why", "how"):
        assert getattr(other, heading)
        assert getattr(other, heading) != getattr(english, heading)


@pytest.mark.parametrize("lang", OTHERS)
def test_no_translation_is_left_of_what_is_gone(lang: str) -> None:
    english, other = ({f.name for f in (resources.files("stemkit.texts") / each).iterdir()} for each in ("en", lang))
    assert other == english


def test_numbers_are_the_same_everywhere() -> None:
    finding = reports.finding("PEK001", 4, "x", observed=0.471, expected=-1.0, condition="stem")
    finding["params"] = {"by_db": 1.471, "at_s": 14.681, "grade": "A"}
    english, chinese = (Speech(lang).told({**finding, "message": ""})[0] for lang in ("en", "zh-Hans"))
    assert "真峰值" in chinese
    for figure in ("0.47 dBTP", "-1.00 dBTP", "1.5 dB", "0:14.681"):
        assert figure in chinese
        assert figure in english or english == ""


def test_what_cannot_be_told_again_stands_as_written() -> None:
    say = Speech("zh-Hans")
    old = reports.finding("XYZ123", 1, "as it was", advice="do")
    assert say.told(old) == ("as it was", "do")
    assert say.told({**old, "code": "../../_page"}) == ("as it was", "do")
    assert say.explained("../en/_page") is None


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-Hans"),
        ({"LANG": "zh_SG"}, "zh-Hans"),
        ({"LANG": "zh_TW.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"STEMKIT_LANG": "zh-Hans", "LC_ALL": "en_GB.UTF-8"}, "zh-Hans"),
        ({}, "en"),
    ],
)
def test_the_system_says_which_language(environment: dict[str, str], lang: str) -> None:
    assert system_language(environment) == lang


@pytest.mark.parametrize("name", ["../en", "", "xx", "zh-Hant"])
def test_what_is_not_spoken_is_not_opened(name: str) -> None:
    assert nearest_language(name) is None


def test_rules_speak_the_language_that_is_asked_for() -> None:
    class Silent:
        code, condition, unit = "STM003", "digital", None
        observed = expected = None
        params = {"role": "VO"}  # noqa: RUF012

    assert render(Silent(), "zh-Hans")[0] == "VO 分轨从头到尾都是数字静音"
