"""The report for build servers: well-formed, whatever people call their files, and right in its counts."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from stemkit.report.build import build_check_report
from stemkit.report.formats import junit
from tests.report import reports


def _parsed(report: Any) -> Xml.Element:
    return Xml.fromstring(junit.render(report).encode())


@pytest.mark.parametrize("make", [reports.good_mix, reports.hostile_mix, reports.refused_mix])
def test_the_counts_are_those_of_the_cases(make: Any) -> None:
    root = _parsed(make())
    for tag, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped"), ("testcase", "tests")):
        assert len(list(root.iter(tag))) == int(root.attrib["tests" if key == "tests" else key])
    assert sum(int(suite.attrib["tests"]) for suite in root) == int(root.attrib["tests"])


def test_errors_fail_and_warnings_do_not() -> None:
    report = build_check_report(reports.check_only())
    root = _parsed(report)
    open_ones = [one for one in report["findings"] if one["outcome"] == "fail" and not one["waived"]]
    assert int(root.attrib["failures"]) == sum(one["severity"] == "error" for one in open_ones) > 0
    assert len(list(root.iter("system-out"))) == sum(one["severity"] != "error" for one in open_ones)


def test_no_character_breaks_the_file() -> None:
    report = reports.good_mix()
    hostile = "\x00<a b='\"'>&amp;\ufffe\ud800]]>"
    for finding in report["findings"]:
        finding |= {"name": hostile, "message": hostile, "advice": hostile}
    assert "<a b='\"'>&amp;" in Xml.tostring(_parsed(report), "unicode", method="text") or _parsed(report) is not None


def test_it_speaks_the_language_that_is_asked_for() -> None:
    report = build_check_report(reports.check_only())
    finding = next(one for one in report["findings"] if one["code"] == "FMT001")
    finding |= {"condition": "sample_rate", "observed": 44_100, "expected": 48_000, "unit": "Hz", "outcome": "fail"}
    finding |= {"message": "in English", "advice": "in English", "severity": "error", "waived": False}
    text = junit.render(report, "zh-Hans")
    assert "第 " in text
    assert "采样率" in text
    assert "in English" not in text
    counts = {"tests", "failures", "errors", "skipped"}
    here, there = _parsed(report), Xml.fromstring(text.encode())
    assert {key: there.attrib[key] for key in counts} == {key: here.attrib[key] for key in counts}
