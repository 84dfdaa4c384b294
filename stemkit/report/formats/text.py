"""The report for a terminal: verdict first, then what to do, chapter by chapter, in the order in which to do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from stemkit.report.formats._told import Findings, Told, is_open, numbers, tell
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import number, shown
from stemkit.report.wrapping import cells, wrapped
from stemkit.texts.language import DEFAULT

SUFFIX = ".txt"
MEDIA_TYPE = "text/plain"

WIDTH = 100
_NARROW, _NARROWEST = 72, 24
_INDENT, _NARROW_INDENT = 26, 4
_VERDICTS = ("ready", "fix", "ask")
_COUNTED = (("error", "errors"), ("warning", "warnings"), ("info", "notes_count"))
_MARKS = {"safe": "mark_tool", "unsafe": "mark_yes"}
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class _Typist(Speech):
    """Speaks in lines of a width, in cells of a terminal."""

    width: int = WIDTH


def render(report: Report, lang: str = DEFAULT, width: int = WIDTH) -> str:
    """Return a report of ``check`` or ``mix`` as plain text, without colour, in lines of at most 100 cells or less."""
    say = _Typist(lang, max(_NARROWEST, min(width, WIDTH)))
    open_ones = [one for one in report["findings"] if is_open(one)]
    parts = [
        _head(report, say),
        _of_place(None, open_ones, say),
        *(_chapter(chapter, report, open_ones, say) for chapter in report["chapters"]),
        [""] if report["chapters"] else [],
        _left_out(report, say),
        _prints(report, say),
        _waived(report["findings"], say),
        _not_checked(report["findings"], say),
        _end(report, open_ones, say),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(report: Report, say: _Typist) -> Iterator[str]:
    film, profile = report["film"], report["profile"]
    name = shown(PurePath(film["title"]).name) or say("no_film_file")
    head = say("text_head", film=name, profile=shown(profile["name"]), revision=shown(profile["revision"]))
    yield from _wrapped("", head, say)
    verdicts = Counter(chapter["verdict"] for chapter in report["chapters"])
    if len(report["chapters"]) > 1:
        told = ", ".join(f"{verdicts[one]} {one.upper()}" for one in _VERDICTS if verdicts[one])
        yield f"{say('chapters_counted', n=len(report['chapters']))}: {told}"
    yield ""


def _chapter(chapter: Mapping[str, Any], report: Report, findings: Findings, say: _Typist) -> Iterator[str]:
    title = f"  {shown(chapter['title'])}" if chapter["title"] else ""
    creator = f"  ({shown(chapter['creator'])})" if chapter["creator"] else ""
    measured = chapter["measured"]["programme_loudness_lufs"]
    level = f"  {number(measured)} LUFS" if measured is not None else ""
    is_repaired = report["kind"] == "mix" and chapter["verdict"] == "fix" and report["prints"]
    verdict = "ready" if is_repaired else chapter["verdict"]
    words = say("text_repaired" if is_repaired else f"text_{verdict}")
    what = f"{say('chapter', n=chapter['number'])}{title}{creator}{level}  – {words}"
    yield from _wrapped(f"{verdict.upper():6} ", what, say)
    own = list(_of_place(chapter["number"], findings, say))
    yield from own
    if own:
        yield ""


def _of_place(number_: int | None, findings: Findings, say: _Typist) -> Iterator[str]:
    told = tell([finding for finding in findings if finding["chapter"] == number_], say)
    for one, later in pairwise([*told, None]):
        assert one is not None
        # one advice for neighbours that ask for the same
        is_last = later is None or _asks(one) != _asks(later)
        yield from _note(one, say) if one.is_note else _finding(one, say, with_advice=is_last)
    if number_ is None and told:
        yield ""


def _asks(told: Told) -> tuple[str, str | None]:
    return told.advice, told.first["fix"]


def _note(told: Told, say: _Typist) -> Iterator[str]:
    who = f"{', '.join(told.roles):5}  "
    yield from _wrapped(f"  {_level(told, say)}  {told.first['code']}  {who}", told.message + _more(told, say), say)


def _more(told: Told, say: _Typist) -> str:
    return f" ({say('text_and_more', n=told.more)})" if told.more else ""


def _finding(told: Told, say: _Typist, *, with_advice: bool) -> Iterator[str]:
    finding = told.first
    lead = f"  {_level(told, say)}  {finding['code']}  {', '.join(told.roles):5}  "
    sure = f" ({say('sure', percent=round(100 * finding['confidence']))})" if finding["confidence"] < 1.0 else ""
    places = f"  [{', '.join(told.places)}]" if told.places else ""
    yield from _wrapped(lead, f"{told.message}{sure}{places}{_more(told, say)}", say)
    if told.advice and with_advice:
        mark = say(_MARKS.get(finding["fix"] or "", "mark_you"))
        yield from _wrapped(" " * 23 + "-> ", f"{told.advice} [{mark}]", say)


def _level(told: Told, say: _Typist) -> str:
    word = say.severity(told.first["severity"])
    return word + " " * (7 - cells(word))


def _wrapped(lead: str, text: str, say: _Typist) -> list[str]:
    """Return lines whose first one begins with a lead; in a narrow terminal an empty lead shrinks."""
    is_narrow = say.width < _NARROW
    if is_narrow and not lead.strip(" ->"):
        lead = lead.lstrip().rjust(_NARROW_INDENT + 3) if lead.strip() else lead[:_NARROW_INDENT]
    later = min(cells(lead), _NARROW_INDENT if is_narrow else _INDENT)
    return wrapped(text, say.width, lead=lead, later=" " * later)


def _left_out(report: Report, say: _Typist) -> Iterator[str]:
    for title, key in (("text_refused", "refused"), ("text_silence", "missing")):
        rows = report.get(key) or ()
        if rows:
            yield say(title)
            for row in rows:
                lead = f"  {say('place_chapter', n=row['chapter'])} {row['role'] or ''}  "
                words = " ".join(shown(row.get(word) or "") for word in ("code", "reason", "advice"))
                yield from _wrapped(lead, words, say)
            yield ""


def _prints(report: Report, say: _Typist) -> Iterator[str]:
    prints = report.get("prints") or ()
    if not prints:
        return
    yield say("text_prints")
    for one in prints:
        measured = one["measured"]
        loudness = f"{number(measured['programme_loudness_lufs']):>6} LUFS"
        peak = f"{number(measured['true_peak_dbtp'], 2):>6} dBTP"
        yield f"  {one['name']:6} {loudness}  {peak}  {shown(one['path'])}"
    null = report.get("null_test")
    if null:
        yield "  " + say("text_sums" if null["exact"] else "text_sums_off", samples=null["samples"])
    yield ""


def _waived(findings: Findings, say: _Typist) -> Iterator[str]:
    waived = [finding for finding in findings if finding["waived"]]
    if not waived:
        return
    yield say("waived_head")
    for one in waived:
        by = one["params"].get("waiver_by")
        reason = shown(one["params"].get("waiver_reason", "")) + (f" ({shown(by)})" if by else "")
        yield from _wrapped(f"  {one['code']}  ", f"{_where(one, say)}: {shown(say.told(one)[0])} – {reason}", say)
    yield ""


def _not_checked(findings: Findings, say: _Typist) -> Iterator[str]:
    skips = [finding for finding in findings if finding["outcome"] == "skip"]
    if not skips:
        return
    yield say("text_not_checked")
    places: dict[str, dict[str, Mapping[str, Any]]] = {}
    for finding in skips:
        places.setdefault(_reason(finding, say), {})[_where(finding, say)] = finding
    for reason, found in places.items():
        yield from _wrapped("  ", f"{shown(reason)}  [{_in_short(found, say)}]", say)
    yield ""


def _in_short(found: Mapping[str, Mapping[str, Any]], say: _Typist) -> str:
    chapters = [one["chapter"] for one in found.values() if one["chapter"] is not None]
    if len(found) <= _MOST_NAMED or len(chapters) < len(found):
        return ", ".join(found)
    return say("text_chapters", n=len(chapters), numbers=numbers(chapters))


def _where(finding: Mapping[str, Any], say: _Typist) -> str:
    place = say("text_the_film" if finding["chapter"] is None else "place_chapter", n=finding["chapter"])
    return f"{place} {finding['role']}" if finding["role"] else place


def _reason(finding: Mapping[str, Any], say: _Typist) -> str:
    """Return the reason alone: what keeps many rules from looking is told once."""
    return say.told(finding)[0].replace(f" ({finding['code']}):", ":").replace(f"（{finding['code']}）：", "：")


def _end(report: Report, findings: Findings, say: _Typist) -> Iterator[str]:
    counts = report["counts"]
    found = ", ".join(say(words, n=counts[key]) for key, words in _COUNTED)
    others = ", ".join(say(f"{key}_count", n=counts[key]) for key in ("skipped", "waived", "passed"))
    yield from _wrapped("", f"{found}; {others}", say)
    yield f"{report['verdict'].upper():6} {say('text_' + report['verdict'])}"
    if report.get("repaired_into"):
        yield from _wrapped("", say("text_repaired_into", folder=shown(report["repaired_into"])), say)
    yield from _wrapped(say("text_next"), next_step(report, findings, say), say)


def next_step(report: Report, findings: Findings, say: Speech) -> str:
    """Return the one thing to do now."""
    errors = [one for one in findings if one["severity"] == "error"]
    is_film = bool(report["film"]["title"]) and len(report["chapters"]) > 1
    if report["verdict"] == "ready" and (report["prints"] or not report["chapters"]):
        return say("next_proven")
    if report["verdict"] == "ready" or not errors:
        has_pictures = report["film"].get("frame_rate") is not None
        alone = "next_deliver_copies" if report.get("repaired_into") else "next_deliver"
        step = say(("next_mix" if has_pictures else "next_init") if is_film else alone)
        to_look_at = sum(one["severity"] == "warning" for one in findings)
        return f"{say('next_look', n=to_look_at)} {step}" if to_look_at else step
    if report["verdict"] == "fix":
        return say("next_conform")
    asking = [one for one in errors if one["fix"] != "safe"] or errors
    first, others = asking[0], {one["chapter"] for one in asking} - {asking[0]["chapter"]}
    where = "" if first["chapter"] is None else say("place_chapter", n=first["chapter"])
    who = " ".join(part for part in (where, first["role"] or "") if part)
    message, advice = say.told(first)
    step = f"{who + ': ' if who else ''}{shown(advice or message)} ('stemkit explain {first['code']}')"
    return f"{step} {say('next_others', n=len(others))}" if others else step
