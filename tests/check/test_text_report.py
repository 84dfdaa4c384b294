"""The report for a terminal, for a check and for a mix."""

from __future__ import annotations

from typing import Any

import pytest

from stemkit.cli._console import columns
from stemkit.report.formats.text import render
from stemkit.report.wrapping import cells, wrapped

MEASURED = {"programme_loudness_lufs": -23.0, "true_peak_dbtp": -2.0}


def _finding(**changes: Any) -> dict[str, Any]:
    plain = {"code": "FMT001", "condition": "sample_rate", "severity": "error", "outcome": "fail", "confidence": 1.0}
    place = {"chapter": 1, "role": "VO", "name": "a/vo.wav", "start_s": None, "start_tc": None}
    words = {"message": "it is so", "advice": "do that", "fix": "safe", "waived": False, "params": {}}
    return {**plain, **place, **words, **changes}


def _report(**changes: Any) -> dict[str, Any]:
    chapter = {"number": 1, "title": "One", "creator": "Me", "verdict": "fix", "measured": MEASURED}
    return {
        "schema": "stemkit/report/1",
        "kind": "check",
        "film": {"title": "Film"},
        "profile": {"name": "crowd-film", "revision": "1"},
        "verdict": "fix",
        "chapters": [chapter],
        "findings": [_finding()],
        "counts": dict.fromkeys(("error", "warning", "info", "skipped", "waived", "passed"), 1),
        "prints": [],
        "null_test": None,
        "refused": [],
        "missing": [],
        **changes,
    }


def test_a_repairable_film_names_the_command_that_repairs_it() -> None:
    text = render(_report())
    assert "FIX    a tool can repair it" in text
    assert "Next: give the same command again with '--fix -o repaired'" in text


def test_what_a_person_must_do_first_is_the_next_step() -> None:
    text = render(_report(verdict="ask", findings=[_finding(), _finding(code="LEN001", fix=None, advice="export it")]))
    assert "Next: chapter 1 VO: export it ('stemkit explain LEN001')" in text


def test_waived_and_repaired_findings_are_not_shown_again() -> None:
    text = render(_report(findings=[_finding(waived=True, params={"waiver_reason": "meant"}), _finding(repaired=True)]))
    assert "error    FMT001" not in text
    assert "FMT001  chapter 1 VO: it is so – meant" in text, "what was waived is named with its reason"


def test_the_same_fault_of_several_stems_is_one_line_with_one_advice() -> None:
    text = render(_report(findings=[_finding(role=role, name=f"{role}.wav") for role in ("VO", "MUSIC")]))
    assert text.count("it is so") == text.count("-> do that") == 1
    assert "VO, MUSIC  it is so  [VO.wav, MUSIC.wav]" in text


def test_neighbours_that_ask_for_the_same_have_one_advice() -> None:
    text = render(_report(findings=[_finding(), _finding(code="FMT003", message="it is other")]))
    assert text.count("-> do that") == 1


def test_of_many_of_a_kind_the_first_are_told_and_the_rest_counted() -> None:
    many = [_finding(code="STM002", severity="warning", role=None, message=f"take {n}") for n in range(12)]
    text = render(_report(findings=many))
    assert text.count("STM002") == 3
    assert "take 2  [vo.wav] (and 9 more like it)" in text


def test_a_film_without_a_film_file_needs_one_before_it_is_mixed() -> None:
    chapters = [{**_report()["chapters"][0], "number": n, "verdict": "ready"} for n in (1, 2)]
    film = {"title": "Film", "frame_rate": None}
    assert "'stemkit init FOLDER'" in render(_report(chapters=chapters, findings=[], verdict="ready", film=film))
    film = {"title": "Film", "frame_rate": "24"}
    text = render(_report(chapters=chapters, findings=[], verdict="ready", film=film))
    assert "Next: 'stemkit mix' joins the chapters." in text


def test_the_chapters_are_counted_by_verdict() -> None:
    chapters = [{**_report()["chapters"][0], "number": n, "verdict": v} for n, v in enumerate(("ask", "fix", "ask"))]
    assert "3 chapters: 1 FIX, 2 ASK" in render(_report(chapters=chapters))


def test_notes_of_one_kind_are_one_line() -> None:
    notes = [_finding(code="FMT005", severity="info", role=role, message=role) for role in ("VO", "MUSIC", "SFX")]
    text = render(_report(findings=notes))
    assert text.count("FMT005") == 1
    assert "VO, SFX, MUSIC  VO (and 2 more like it)" in text


def test_what_was_not_checked_stands_above_the_counts_and_names_its_places() -> None:
    skips = [
        _finding(outcome="skip", severity="info", role=role, message="not checked (FMT001): no file", code="FMT001")
        for role in ("VO", "SFX")
    ]
    text = render(_report(findings=skips))
    assert "not checked: no file  [chapter 1 VO, chapter 1 SFX]" in text
    assert text.index("Not checked") < text.index("passed")


def test_doubt_and_place_are_told() -> None:
    text = render(_report(findings=[_finding(confidence=0.8, start_s=1.0, start_tc="01:00:01:00")]))
    assert "(80 % sure)" in text
    assert "[vo.wav at 0:01.000, 01:00:01:00 in the film]" in text


@pytest.mark.parametrize(("exact", "words"), [(True, "exact over"), (False, "NOT exact")])
def test_a_mix_shows_its_prints_and_their_proof(exact: bool, words: str) -> None:
    prints = [{"name": "FULL", "measured": MEASURED, "path": "Film_FULL.wav"}]
    text = render(_report(kind="mix", verdict="ready", prints=prints, null_test={"exact": exact, "samples": 9}))
    assert "repaired on the way" in text
    assert words in text
    assert "Film_FULL.wav" in text


def test_a_refused_mix_says_what_it_waits_for() -> None:
    refused = [{"chapter": 2, "role": "VO", "code": "STM001", "reason": "VO is missing", "advice": "deliver it"}]
    text = render(_report(kind="mix", verdict="ask", refused=refused))
    assert "Refused\n  chapter 2 VO  STM001 VO is missing deliver it" in text


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
@pytest.mark.parametrize("width", [40, 60, 100])
def test_no_line_is_wider_than_the_terminal(lang: str, width: int) -> None:
    # as real as they come: a message that is told anew in each language
    long = _finding(
        code="LEN001",
        condition="long",
        observed=500_000,
        expected=480_000,
        unit="samples",
        params={
            "length_s": 10.4,
            "expected_s": 10.0,
            "difference_s": 0.4,
            "difference_frames": 10.0,
            "rate_hz": 48_000,
        },
    )
    text = render(_report(findings=[long, _finding(waived=True, params={"waiver_reason": "meant " * 20})]), lang, width)
    assert max(map(cells, text.splitlines())) <= width
    assert len(text.splitlines()) > 10


def test_chinese_parts_between_characters_but_not_before_a_full_stop() -> None:
    assert wrapped("分轨比画面长。请导出。", 8) == ["分轨比画", "面长。请", "导出。"]
    assert wrapped("分轨长。", 6) == ["分轨", "长。"]
    assert wrapped("stems “分轨” here", 9, lead="- ", later="  ") == ["- stems", "  “分轨”", "  here"]
    assert wrapped("averyverylongname.wav is it", 10) == ["averyverylongname.wav", "is it"]
    assert wrapped("", 10, lead="- ") == ["-"]


def test_columns_are_those_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert columns() == 40
    for nothing in ("", "0", "wide"):
        monkeypatch.setenv("COLUMNS", nothing)
        assert columns() == 100
