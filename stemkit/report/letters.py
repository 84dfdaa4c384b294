"""One message to each creator, ready to send: what was accepted, what is wrong and where, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stemkit.report.build import blocks
from stemkit.report.formats.markdown import escape
from stemkit.report.listing import Item, build_item
from stemkit.report.matrix import Row, build_rows
from stemkit.report.model import Report
from stemkit.report.page import chapter_states
from stemkit.report.speech import Speech
from stemkit.report.words import shown
from stemkit.texts.language import DEFAULT, nearest_language


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one creator about all chapters that came from there."""

    creator: str
    chapters: tuple[int, ...]
    lang: str
    markdown: str
    text: str


def write_letters(report: Report, lang: str = DEFAULT) -> Iterator[Letter]:
    """Yield a letter to each creator, in the order of their first chapters.

    Parameters
    ----------
    lang
        For creators whose language the film file does not name.
    """
    people: dict[str, list[Mapping[str, Any]]] = {}
    for chapter in report["chapters"]:
        # nobody's chapters are nobody's in common
        people.setdefault(chapter["creator"] or f"\0{chapter['number']}", []).append(chapter)
    for chapters in people.values():
        yield _letter(report, chapters, lang)


def _letter(report: Report, chapters: Sequence[Mapping[str, Any]], lang: str) -> Letter:
    named = next((one["language"] for one in chapters if one.get("language")), None)
    own = nearest_language(named) or lang
    say, creator = Speech(own), shown(chapters[0]["creator"] or "")
    lines = list(_lines(report, chapters, say))
    return Letter(
        creator=creator,
        chapters=tuple(one["number"] for one in chapters),
        lang=own,
        markdown="\n".join(mark + escape(line) if line else "" for mark, line in lines) + "\n",
        text="\n".join(_PLAIN.get(mark, mark) + line if line else "" for mark, line in lines) + "\n",
    )


_PLAIN = {"# ": "", "## ": "", "### ": ""}
_Lines = Iterator[tuple[str, str]]


def _lines(report: Report, chapters: Sequence[Mapping[str, Any]], say: Speech) -> _Lines:
    film, creator = shown(report["film"]["title"] or say("delivery")), chapters[0]["creator"]
    yield from (("# ", say("letter_subject", film=film)), ("", ""))
    hello = say("letter_hello", creator=shown(creator)) if creator else say("letter_hello_nobody")
    yield from (("", hello), ("", ""), ("", say("letter_intro", film=film, n=len(chapters))), ("", ""))
    rows = {row.number: row for row in build_rows(report, chapter_states(report), say)}
    for chapter in chapters:
        yield from _chapter(report, chapter, rows[chapter["number"]], say)
    profile = report["profile"]
    told = say("letter_profile", profile=shown(profile["name"]), revision=shown(profile["revision"]))
    yield from (("", say("letter_end")), ("", told))


def _chapter(report: Report, chapter: Mapping[str, Any], row: Row, say: Speech) -> _Lines:
    own = [f for f in report["findings"] if f["chapter"] == row.number and f["outcome"] != "skip" and not f["waived"]]
    refused = any(one["chapter"] == row.number for one in report["refused"])
    is_fixed = all(f["fix"] == "safe" for f in own if blocks(f))
    verdict = "ask" if refused or not is_fixed else "fix" if any(f["severity"] == "error" for f in own) else "ready"
    title = " · ".join(part for part in (say("chapter", n=row.number), row.title) if part)
    yield from (("## ", title), ("", ""), ("", say(f"letter_{verdict}")), ("", ""))
    yield from (("", say("letter_files")), ("", ""))
    for role, cells in row.stems.items():
        for cell in cells:
            yield "- ", " · ".join(part for part in (say.role(role), cell.format, cell.levels) if part)
    yield "", ""
    parts = (
        ("letter_must", "✗", [f for f in own if blocks(f) and f["fix"] != "safe"]),
        (
            "letter_repaired",
            "✓",
            [f for f in own if f["severity"] == "error" and (f["repaired"] or f["fix"] == "safe")],
        ),
        ("letter_notes", "▲", [f for f in own if f["severity"] == "warning" and not f["repaired"]]),
    )
    for heading, glyph, findings in parts:
        yield from _part(say(heading), glyph, [build_item(f, report, say) for f in findings], say)


def _part(heading: str, glyph: str, items: Sequence[Item], say: Speech) -> _Lines:
    if not items:
        return
    yield from (("### ", heading), ("", ""))
    for item in items:
        place = f" ({item.place})" if item.place else ""
        yield "- ", f"{glyph} {item.message}{place}"
        if item.advice and glyph != "✓":
            yield "  ", say("letter_do", advice=item.advice)
    yield "", ""
