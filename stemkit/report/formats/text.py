"""The report for a terminal: verdict first, then what to do, chapter by chapter, in the order in which to do it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Any

from stemkit.report.model import Report
from stemkit.report.words import number, plural, shown

SUFFIX = ".txt"
MEDIA_TYPE = "text/plain"

_WIDTH = 100
_INDENT = " " * 4
_VERDICTS = {
    "ready": "READY  accepted as it is",
    "fix": "FIX    a tool can repair it",
    "ask": "ASK    you must act",
}
_REPAIRED = "READY  repaired on the way into the mix"
_COUNTED = (("error", "error"), ("warning", "warning"), ("info", "note"))
_Findings = Sequence[Mapping[str, Any]]


def render(report: Report) -> str:
    """Return a report of ``check`` or ``mix`` as plain text, without colour, at most 100 columns wide."""
    open_ones = [one for one in report["findings"] if one["outcome"] != "skip" and not one["waived"]]
    open_ones = [one for one in open_ones if not one.get("repaired")]
    parts = [
        _head(report),
        _of_place(None, open_ones),
        *(_chapter(chapter, report, open_ones) for chapter in report["chapters"]),
        [""] if report["chapters"] else [],
        _left_out(report),
        _prints(report),
        _not_checked(report["findings"]),
        _end(report, open_ones),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(report: Report) -> Iterator[str]:
    film, profile = report["film"], report["profile"]
    name = PurePath(film["title"]).name or "No film file"
    yield f"{shown(name)}, checked by {shown(profile['name'])} (revision {shown(profile['revision'])})"
    yield ""


def _chapter(chapter: Mapping[str, Any], report: Report, findings: _Findings) -> Iterator[str]:
    title = f"  {shown(chapter['title'])}" if chapter["title"] else ""
    creator = f"  ({shown(chapter['creator'])})" if chapter["creator"] else ""
    measured = chapter["measured"]["programme_loudness_lufs"]
    level = f"  {number(measured)} LUFS" if measured is not None else ""
    is_repaired = report["kind"] == "mix" and chapter["verdict"] == "fix" and report["prints"]
    verdict, _, words = (_REPAIRED if is_repaired else _VERDICTS[chapter["verdict"]]).partition(" ")
    yield f"{verdict:6} Chapter {chapter['number']}{title}{creator}{level}  – {words.strip()}"
    own = list(_of_place(chapter["number"], findings))
    yield from own
    if own:
        yield ""


def _of_place(number_: int | None, findings: _Findings) -> Iterator[str]:
    own = [finding for finding in findings if finding["chapter"] == number_]
    names = [finding for finding in own if finding["severity"] == "info"]
    for finding in own:
        if finding["severity"] != "info":
            yield from _finding(finding)
    for (code, _), group in groupby(names, key=lambda one: (one["code"], one["condition"])):
        several = list(group)
        more = f" (and {len(several) - 1} more like it)" if len(several) > 1 else ""
        yield from _wrapped(f"  note     {code}  ", shown(several[0]["message"]) + more)
    if number_ is None and own:
        yield ""


def _finding(finding: Mapping[str, Any]) -> Iterator[str]:
    who = f"{finding['role'] or '':5}  "
    sure = f" ({finding['confidence']:.0%} sure)" if finding["confidence"] < 1.0 else ""
    lead = f"  {finding['severity']:7}  {finding['code']}  {who}"
    yield from _wrapped(lead, f"{shown(finding['message'])}{sure}{_place(finding)}")
    if finding["advice"]:
        mark = {"safe": "tool can", "unsafe": "needs your yes"}.get(finding["fix"] or "", "you")
        yield from _wrapped(" " * (len(lead) - 3) + "-> ", f"{shown(finding['advice'])} [{mark}]")


def _place(finding: Mapping[str, Any]) -> str:
    places = []
    if finding["name"]:
        places.append(shown(PurePath(finding["name"]).name))
    if finding["start_tc"] is not None:
        places.append(f"{finding['start_tc']} in the film")
    return f"  [{', '.join(places)}]" if places else ""


def _wrapped(lead: str, text: str) -> Iterator[str]:
    later = " " * len(lead)
    yield from textwrap.wrap(
        text, _WIDTH, initial_indent=lead, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    ) or [lead.rstrip()]


def _left_out(report: Report) -> Iterator[str]:
    for title, key in (("Refused", "refused"), ("Silence in their place", "missing")):
        rows = report.get(key) or ()
        if rows:
            yield title
            for row in rows:
                lead = f"  chapter {row['chapter']} {row['role'] or ''}  "
                yield from _wrapped(lead, " ".join(shown(row.get(word) or "") for word in ("code", "reason", "advice")))
            yield ""


def _prints(report: Report) -> Iterator[str]:
    prints = report.get("prints") or ()
    if not prints:
        return
    yield "Prints"
    for one in prints:
        measured = one["measured"]
        loudness = f"{number(measured['programme_loudness_lufs']):>6} LUFS"
        peak = f"{number(measured['true_peak_dbtp'], 2):>6} dBTP"
        yield f"  {one['name']:6} {loudness}  {peak}  {shown(one['path'])}"
    null = report.get("null_test")
    if null:
        proof = "exact" if null["exact"] else "NOT exact"
        yield f"  The stems sum to the mix: {proof} over {null['samples']} samples, read back from the files."
    yield ""


def _not_checked(findings: _Findings) -> Iterator[str]:
    skips = [finding for finding in findings if finding["outcome"] == "skip"]
    if not skips:
        return
    yield "Not checked"
    places: dict[str, list[str]] = {}
    for finding in skips:
        where = "the film" if finding["chapter"] is None else f"chapter {finding['chapter']}"
        role = f" {finding['role']}" if finding["role"] else ""
        places.setdefault(_reason(finding), []).append(f"{where}{role}")
    for reason, found in places.items():
        unique = list(dict.fromkeys(found))
        shown_places = ", ".join(unique[:4]) + (f" and {len(unique) - 4} more" if len(unique) > 4 else "")
        yield from _wrapped("  ", f"{shown(reason)}  [{shown_places}]")
    yield ""


def _reason(finding: Mapping[str, Any]) -> str:
    """Return the reason alone: what keeps many rules from looking is told once."""
    message = str(finding["message"])
    return message.replace(f"not checked ({finding['code']}): ", "not checked: ")


def _end(report: Report, findings: _Findings) -> Iterator[str]:
    counts = report["counts"]
    found = ", ".join(plural(counts[key], word) for key, word in _COUNTED)
    yield f"{found}; {counts['skipped']} not checked, {counts['waived']} waived, {counts['passed']} passed"
    yield f"{_VERDICTS[report['verdict']]}"
    yield from _wrapped("Next: ", _next_step(report, findings))


def _next_step(report: Report, findings: _Findings) -> str:
    """Return the one thing to do now."""
    errors = [one for one in findings if one["severity"] == "error"]
    is_film = bool(report["film"]["title"])
    if report["verdict"] == "ready" and (report["prints"] or not report["chapters"]):
        return "nothing; the prints are proven, and can be delivered."
    if report["verdict"] == "ready" or not errors:
        return "'stemkit mix' joins the chapters." if is_film else "deliver these stems."
    if report["verdict"] == "fix":
        return "'stemkit conform' writes repaired copies, or 'stemkit check --fix -o DIR' writes and checks them."
    first = next((one for one in errors if one["fix"] != "safe"), errors[0])
    where = "" if first["chapter"] is None else f"chapter {first['chapter']}"
    who = " ".join(part for part in (where, first["role"] or "") if part)
    return (
        f"{who + ': ' if who else ''}{shown(first['advice'] or first['message'])} ('stemkit explain {first['code']}')"
    )
