"""The message for a chat: short, verdict first, the most important first, and nothing in it that a chat acts on."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stemkit.report.build import build_check_report
from stemkit.report.formats import markdown
from stemkit.report.formats._chat import LONGEST
from stemkit.report.formats._told import numbers
from tests.report import reports

HOSTILE = "take_1_*x* <b> @everyone [a](https://evil.example) `code` || # 1. \u202e"


def _finding(chapter: int | None, code: str = "FMT001", severity: str = "error", **changes: Any) -> dict[str, Any]:
    plain = {"code": code, "condition": "sample_rate", "severity": severity, "outcome": "fail", "confidence": 1.0}
    place = {"chapter": chapter, "role": "VO", "name": f"ch{chapter}/vo.wav", "start_s": None, "start_tc": None}
    words: dict[str, Any] = {"message": "it is so", "advice": "do that", "fix": None, "waived": False, "params": {}}
    return {**plain, **place, **words, **changes}


def _report(findings: list[dict[str, Any]], chapters: int = 1) -> Any:
    def verdict(number: int) -> str:
        own = [one for one in findings if one["chapter"] == number and one["severity"] == "error"]
        return "ask" if any(one["fix"] != "safe" for one in own) else "fix" if own else "ready"

    rows = [
        {"number": one, "title": "", "creator": "Ann", "verdict": verdict(one), "measured": {}, "stems": []}
        for one in range(1, chapters + 1)
    ]
    counts = dict.fromkeys(("info", "skipped", "waived", "passed"), 0)
    counts |= {"error": len(findings), "warning": 0}
    check = reports.check_only()
    return build_check_report({**check, "chapters": rows, "findings": findings, "counts": counts, "verdict": "ask"})


def test_the_verdict_comes_first_and_the_next_step_last() -> None:
    lines = markdown.render(_report([_finding(1)])).splitlines()
    assert "Not ready" in lines[0]
    assert lines[-1] == "Next: chapter 1 VO: do that ('stemkit explain FMT001')"


def test_chapters_that_wait_for_somebody_come_before_those_that_a_tool_repairs() -> None:
    text = markdown.render(_report([_finding(1, fix="safe"), _finding(3)], chapters=3))
    assert text.index("Chapter 3") < text.index("Chapter 1")
    assert "Ready: chapter 2" in text


def test_one_sentence_for_the_same_fault_of_several_stems() -> None:
    text = markdown.render(_report([_finding(1, role=role) for role in ("VO", "MUSIC")]))
    assert text.count("it is so") == 1
    assert "VO, MUSIC: it is so" in text


@pytest.mark.parametrize("chapters", [1, 6, 30, 400])
def test_it_fits_into_one_message(chapters: int) -> None:
    findings = [
        _finding(one, code, message=f"{code} " + "long words " * 8)
        for one in range(1, chapters + 1)
        for code in ("FMT001", "FMT003", "LEN001", "SIG003", "PEK001", "LUD001")
    ]
    text = markdown.render(_report(findings, chapters))
    assert len(text) <= LONGEST + 1
    assert "more" in text
    assert "|" not in text


def test_names_can_neither_format_nor_call_anybody() -> None:
    text = markdown.render(_report([_finding(1, message=HOSTILE, name=HOSTILE)]))
    line = next(line for line in text.splitlines() if "take" in line)
    assert "@everyone" not in line
    assert "https://" not in line
    assert "\u202e" not in line
    assert "take_1" in line, "an underscore inside a word is no markup"
    assert not re.search(r"(?<!\\)[*<>\[\]|]", line)


def test_it_speaks_chinese() -> None:
    text = markdown.render(_report([_finding(1, observed=44_100, expected=48_000)]), "zh-Hans")
    assert "第 1 章" in text
    assert "采样率" in text


@pytest.mark.parametrize(("given", "told"), [([1], "1"), ([2, 1], "1, 2"), ([3, 1, 2, 7], "1–3, 7"), ([], "")])
def test_numbers_in_short(given: list[int], told: str) -> None:
    assert numbers(given) == told
