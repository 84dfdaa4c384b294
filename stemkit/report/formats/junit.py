"""Findings as JUnit XML, for the test pages of build servers: a suite a chapter, a case a finding.

Errors are failures, a crashed rule is an error; what was not checked and what was waived is skipped and says why;
warnings and notes pass, with their words as output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from stemkit.report.model import Report
from stemkit.report.words import shown

SUFFIX = ".xml"
MEDIA_TYPE = "application/xml"

_Findings = Sequence[Mapping[str, Any]]


def render(report: Report) -> str:
    """Return the report as JUnit XML; nothing that a name or a message holds can become markup."""
    suites = [_suite("the film", [one for one in report["findings"] if one["chapter"] is None], report["verdict"])]
    for chapter in report["chapters"]:
        own = [one for one in report["findings"] if one["chapter"] == chapter["number"]]
        name = " ".join(str(part) for part in ("chapter", chapter["number"], chapter["title"] or "") if part != "")
        suites.append(_suite(name, own, chapter["verdict"]))
    found = _totals(report["findings"], len(suites))
    head = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="stemkit"{found}>']
    return "\n".join([*head, *(line for suite in suites for line in suite), "</testsuites>"]) + "\n"


def _suite(name: str, findings: _Findings, verdict: str) -> list[str]:
    title = _attribute(name)
    lines = [f"  <testsuite name={title}{_totals(findings, 1)}>"]
    lines.append(f"    <testcase classname={title} name={_attribute(f'verdict: {verdict}')}/>")
    for finding in findings:
        lines += _case(title, finding)
    return [*lines, "  </testsuite>"]


def _case(title: str, finding: Mapping[str, Any]) -> Iterator[str]:
    parts = (finding["code"], finding["condition"], finding["role"], finding["name"], finding["start_tc"])
    name = _attribute(" ".join(str(part) for part in parts if part))
    yield f"    <testcase classname={title} name={name}>"
    words = " ".join(str(part) for part in (finding["message"], finding["advice"]) if part)
    match _fate(finding):
        case "skipped":
            reason = finding["params"].get("waiver_reason") if finding["waived"] else finding["message"]
            yield f"      <skipped message={_attribute(str(reason))}/>"
        case "system-out":
            yield f"      <system-out>{_text(words)}</system-out>"
        case fate:
            kind = _attribute(finding["severity"])
            yield f"      <{fate} type={kind} message={_attribute(finding['message'])}>{_text(words)}</{fate}>"
    yield "    </testcase>"


def _fate(finding: Mapping[str, Any]) -> str:
    if finding["outcome"] == "skip" or finding["waived"]:
        return "skipped"
    if finding["outcome"] == "error":
        return "error"
    return "failure" if finding["severity"] == "error" and not finding.get("repaired") else "system-out"


def _totals(findings: _Findings, verdicts: int) -> str:
    fates = [_fate(finding) for finding in findings]
    counts = {key: fates.count(key) for key in ("failure", "error", "skipped")}
    return (
        f' tests="{len(fates) + verdicts}" failures="{counts["failure"]}" errors="{counts["error"]}"'
        f' skipped="{counts["skipped"]}"'
    )


def _text(text: object) -> str:
    """Return text in which nothing is markup, and no character that XML does not have."""
    return escape(_NO_XML.sub("\ufffd", shown(text)), quote=True)


def _attribute(text: object) -> str:
    return f'"{_text(text)}"'


_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
