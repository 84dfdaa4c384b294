"""Findings as JUnit XML, for the test pages of build servers: a suite a chapter, a case a finding.

Errors are failures, a crashed rule is an error; what was not checked and what was waived is skipped and says why;
warnings and notes pass, with their words as output.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import shown
from stemkit.texts.language import DEFAULT

SUFFIX = ".xml"
MEDIA_TYPE = "application/xml"

_Findings = Sequence[Mapping[str, Any]]


def render(report: Report, lang: str = DEFAULT) -> str:
    """Return the report as JUnit XML; nothing that a name or a message holds can become markup."""
    say = Speech(lang)
    by_chapter: dict[int | None, list[Mapping[str, Any]]] = defaultdict(list)
    for finding in report["findings"]:
        by_chapter[finding["chapter"]].append(finding)
    suites = [_suite(say("text_the_film"), by_chapter[None], report["verdict"], say)]
    for chapter in report["chapters"]:
        name = f"{say('place_chapter', n=chapter['number'])} {chapter['title'] or ''}".rstrip()
        suites.append(_suite(name, by_chapter[chapter["number"]], chapter["verdict"], say))
    found = _totals(report["findings"], len(suites))
    head = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="stemkit"{found}>']
    return "\n".join([*head, *(line for suite in suites for line in suite), "</testsuites>"]) + "\n"


def _suite(name: str, findings: _Findings, verdict: str, say: Speech) -> list[str]:
    title = _attribute(name)
    lines = [f"  <testsuite name={title}{_totals(findings, 1)}>"]
    lines.append(f"    <testcase classname={title} name={_attribute(f'verdict: {verdict}')}/>")
    for finding in findings:
        lines += _case(title, finding, say)
    return [*lines, "  </testsuite>"]


def _case(title: str, finding: Mapping[str, Any], say: Speech) -> Iterator[str]:
    parts = (finding["code"], finding["condition"], finding["role"], finding["name"], finding["start_tc"])
    name = _attribute(" ".join(str(part) for part in parts if part))
    yield f"    <testcase classname={title} name={name}>"
    message, advice = say.told(finding)
    words = " ".join(part for part in (message, advice) if part)
    match _fate(finding):
        case "skipped":
            reason = finding["params"].get("waiver_reason") if finding["waived"] else message
            yield f"      <skipped message={_attribute(str(reason))}/>"
        case "system-out":
            yield f"      <system-out>{_text(words)}</system-out>"
        case fate:
            kind = _attribute(finding["severity"])
            yield f"      <{fate} type={kind} message={_attribute(message)}>{_text(words)}</{fate}>"
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
