"""Letters say what was accepted, what is wrong, where, and what to do; each in its own language."""

from __future__ import annotations

from pathlib import Path

from stemkit.report.formats import json as json_format
from stemkit.report.letters import write_letters
from stemkit.workflows.report import ReportResult
from tests.report import reports


def test_each_creator_gets_one_letter_about_all_chapters() -> None:
    letters = list(write_letters(reports.quiet_mix()))
    assert len(letters) == 6
    assert letters[0].chapters == tuple(range(1, 51, 6))
    assert "9 chapters" in letters[0].text


def test_a_letter_says_what_to_do_and_nothing_of_others() -> None:
    letter = next(one for one in write_letters(reports.good_mix()) if one.chapters == (3,))
    assert "Hello Dario Conti," in letter.text
    assert "▲ The file holds the picture alone" in letter.text
    assert "What to do: Deliver 48 frames more at both ends" in letter.text
    assert "Mei Tanaka" not in letter.text
    assert "\n## " not in letter.text
    assert "\n## Chapter 3" in letter.markdown


def test_a_refused_stem_is_said_to_be_mended() -> None:
    letter = next(one for one in write_letters(reports.refused_mix()) if one.chapters == (4,))
    assert "Not accepted yet." in letter.text


def test_creators_are_written_to_in_their_language() -> None:
    report = reports.good_mix()
    report["chapters"][3]["language"] = "zh_CN"
    letters = {one.chapters[0]: one for one in write_letters(report)}
    assert "李雷，您好：" in letters[4].text
    assert letters[1].lang == "en"


def test_names_are_no_markup_and_no_paths(tmp_path: Path) -> None:
    report = reports.good_mix()
    report["chapters"][0]["creator"] = "../../a|b <img> *c*"
    written = ReportResult(report, None).write_letters(tmp_path / "letters")
    assert len(written) == 12
    assert {file.parent for file in written} == {tmp_path / "letters"}
    assert "<img>" not in written[0].read_text("utf-8").replace("\\<img\\>", "")


def test_sounds_are_no_part_of_the_data() -> None:
    report = reports.good_mix()
    report["findings"][0]["sound"] = "data:audio/ogg;base64,T2dnUw=="
    assert "T2dnUw" not in json_format.render(ReportResult(report, None).data)
    assert "T2dnUw" not in ReportResult(report, None).in_format("json")
