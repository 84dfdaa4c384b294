"""What the report says follows from what a run knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemkit.core.errors import UsageError
from stemkit.report.build import amended, blocks, build_check_report
from stemkit.report.charts import COLUMNS, timeline
from stemkit.report.formats import json as json_format
from stemkit.report.model import SCHEMA, open_report
from stemkit.report.page import build_page, chapter_states
from tests.report import reports


def test_repaired_faults_do_not_keep_a_film_back() -> None:
    report = reports.good_mix()
    assert report["schema"] == SCHEMA
    assert report["verdict"] == "ready"
    repaired = {(f["code"], f["chapter"]) for f in report["findings"] if f["repaired"]}
    assert repaired == {("FMT001", 2), ("LEN001", 5)}
    assert not [f for f in report["findings"] if blocks(f)]


def test_an_open_error_a_hole_or_a_residual_keeps_it_back() -> None:
    assert reports.quiet_mix()["verdict"] == "ask"
    assert reports.refused_mix()["verdict"] == "ask"
    mix = reports.mix_json(120.0)
    mix["null_test"]["exact"] = False
    assert reports.run(reports.film(), mix)["verdict"] == "ask"
    hole = {"chapter": 4, "role": "VO", "path": None, "reason": "it was not delivered"}
    assert reports.run(reports.film(), reports.mix_json(120.0, missing=[hole]))["verdict"] == "ask"
    assert reports.run(reports.film(), reports.mix_json(120.0))["verdict"] == "ready"


def test_chapters_know_their_place_to_the_frame() -> None:
    chapters = reports.good_mix()["chapters"]
    assert chapters[0]["start_tc"] == "01:00:00:00"
    assert chapters[2]["start_tc"] == "01:00:40:00"
    assert chapters[2]["start_s"] == 40.0
    assert chapters[-1]["end_tc"] == "01:02:00:00"


def test_findings_know_their_place_in_the_film() -> None:
    peak = next(f for f in reports.good_mix()["findings"] if f["code"] == "PEK001")
    assert peak["at_s"] == pytest.approx(69 + 5 / 24)


def test_counts_tell_errors_skips_and_waivers_apart() -> None:
    counts = reports.good_mix()["counts"]
    assert counts == {"error": 2, "warning": 3, "info": 0, "skipped": 2, "waived": 1, "passed": 412}


def test_the_page_counts_what_is_left() -> None:
    words = dict((text, state) for state, text in build_page(reports.good_mix()).counts)
    assert words == {
        "0 errors": "quiet",
        "2 faults repaired on the way": "note",
        "3 warnings": "warning",
        "1 waived": "quiet",
        "2 not checked": "quiet",
        "412 passed": "quiet",
    }


def test_chapters_take_the_state_of_their_worst_open_finding() -> None:
    states = chapter_states(reports.good_mix())
    assert states == {1: "ok", 2: "warning", 3: "warning", 4: "warning", 5: "note", 6: "ok"}
    assert chapter_states(reports.refused_mix())[4] == "error"


def test_the_timeline_covers_the_film_once() -> None:
    report = reports.quiet_mix()
    drawn = timeline(report, chapter_states(report))
    assert drawn is not None
    assert drawn.cells[0].left == 0.0
    assert sum(cell.share for cell in drawn.cells) == pytest.approx(100.0, abs=0.1)
    assert len(drawn.joins) == 49
    assert [mark.kind for mark in drawn.joins].count("degraded") == 1
    assert [lane.name for lane in drawn.lanes] == ["FULL", "VO", "SFX", "MUSIC"]
    for lane in drawn.lanes:
        points = [float(p.split()[0]) for run in lane.line.split("M")[1:] for p in run.split("L")]
        assert points == sorted(points)
        assert 0.0 <= points[0] <= points[-1] <= COLUMNS
    band = drawn.lanes[0].band
    assert band is not None
    assert 0.0 < band[0] < drawn.lanes[0].height


def test_a_film_of_silence_has_a_timeline_without_lines() -> None:
    from stemkit.report.curves import encode

    report = reports.good_mix()
    silence = {"momentary": encode([None] * 1196, 0.4), "short_term": encode([None] * 1170, 3.0)}
    report["curves"] = {"FULL": silence}
    drawn = timeline(report, chapter_states(report))
    assert drawn is not None
    assert drawn.lanes[0].line == ""


def test_a_check_becomes_a_report_with_and_without_its_film() -> None:
    bare = build_check_report(reports.check_only())
    assert bare["kind"] == "check"
    assert timeline(bare, chapter_states(bare)) is None
    placed = build_check_report(reports.check_only(), reports.film())
    assert placed["chapters"][0]["start_tc"] == "01:00:20:00"
    assert set(bare) == set(placed) == set(reports.good_mix())


def test_what_is_found_later_joins_the_report() -> None:
    report = reports.good_mix()
    null = {**report["null_test"], "exact": False}
    later = amended(report, [reports.finding("MIX002", None, "the print VO has changed")], null)
    assert later["verdict"] == "ask"
    assert later["counts"]["error"] == report["counts"]["error"] + 1
    assert later["null_test"] == null
    assert report["verdict"] == "ready"


def test_reports_are_opened_from_file_and_folder(tmp_path: Path) -> None:
    report = reports.good_mix()
    file = tmp_path / "report.json"
    file.write_text(json_format.render(report), encoding="utf-8")
    assert open_report(file) == open_report(tmp_path) == report


@pytest.mark.parametrize(
    ("text", "code"),
    [(None, "no_report"), ("{", "bad_report"), ("[]", "unknown_schema"), ('{"schema": "x/1"}', "unknown_schema")],
)
def test_what_is_no_report_is_refused_with_a_hint(tmp_path: Path, text: str | None, code: str) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)
    with pytest.raises(UsageError) as error:
        open_report(tmp_path)
    assert error.value.problems[0].code == code
    assert error.value.problems[0].hint


def test_no_number_is_lost_in_json() -> None:
    report = reports.quiet_mix()
    again = json.loads(json_format.render(report))
    assert again["prints"][0]["measured"]["programme_loudness_lufs"] == -24.9
