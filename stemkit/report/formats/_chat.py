"""What a check found as one message for a chat: verdict first, chapter by chapter, no longer than chats allow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from stemkit.report.formats._told import Findings, Told, is_open, numbers, tell
from stemkit.report.formats.text import next_step
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import shown

LONGEST = 1_900
"""Discord takes 2000 characters a message; Slack and Element take more."""
_DETAILS = (4, 2, 0)
"""Findings told of a chapter; 0 is a line a chapter."""
_MARKS = {"ready": "✅", "fix": "🔧", "ask": "✋"}
_LEVELS = {"error": "✗", "warning": "▲", "info": "·"}
_ORDER = ("ask", "fix", "ready")
_MARKUP = re.compile(r"[\\`*~|<>\[\]#]|(?<!\w)_|_(?!\w)|^[-+=]|^\d+(?=[.)])")


def render_chat(report: Report, say: Speech) -> str:
    """Return a message in the little Markdown that all chats have in common; names cannot become markup or mentions.

    A film of many faults is told in fewer words a chapter, before any chapter is left out.
    """
    findings = [one for one in report["findings"] if is_open(one)]
    head, tail = _head(report, say), list(_tail(report, findings, say))
    room = LONGEST - sum(len(part) + 2 for part in (head, *tail))
    for detail in _DETAILS:
        blocks = list(_blocks(report, findings, say, detail))
        if sum(len(text) + 2 for _, text in blocks) <= room:
            break
    body: list[str] = []
    for index, (_, text) in enumerate(blocks):
        left = say("chat_more_chapters", chapters=_left(blocks[index:], say))
        if len(text) + 2 > room - (len(left) + 2) * (index + 1 < len(blocks)):
            body.append(left)
            break
        body.append(text)
        room -= len(text) + 2
    return "\n\n".join([head, ("\n\n" if detail else "\n").join(body), *tail]).replace("\n\n\n\n", "\n\n") + "\n"


def escape(text: str) -> str:
    """Return text in which no chat finds markup, a link or somebody to call."""
    plain = _MARKUP.sub(lambda found: f"\\{found[0]}" if not found[0].isdigit() else f"{found[0]}\u200b", text)
    return plain.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")


def _head(report: Report, say: Speech) -> str:
    film = shown(report["film"]["title"] or say("delivery"))
    verdict = say(f"check_{report['verdict']}", profile=report["profile"]["name"])
    counts = report["counts"]
    told = [say("errors", n=counts["error"]), say("warnings", n=counts["warning"])]
    told += [say(f"{key}_count", n=counts[key]) for key in ("skipped", "waived") if counts[key]]
    return f"{_MARKS[report['verdict']]} **{escape(film)}: {escape(verdict)}**\n\n{' · '.join(told)}"


def _tail(report: Report, findings: Findings, say: Speech) -> Iterator[str]:
    clean = [
        chapter["number"]
        for chapter in report["chapters"]
        if chapter["verdict"] == "ready" and not any(_matters(one, chapter["number"]) for one in findings)
    ]
    if clean and len(report["chapters"]) > 1:
        yield say("chat_ready", chapters=say("text_chapters", n=len(clean), numbers=numbers(clean)))
    yield f"{say('text_next')}{escape(next_step(report, findings, say))}"


def _blocks(report: Report, findings: Findings, say: Speech, detail: int) -> Iterator[tuple[int | None, str]]:
    """Yield what is to be said about the film, then the chapters that need most first."""
    own = [one for one in findings if _matters(one, None)]
    if own:
        yield None, "\n".join([f"**{say('the_film')}**", *_lines(own, say, detail)])
    for chapter in sorted(report["chapters"], key=lambda one: _ORDER.index(one["verdict"])):
        own = [one for one in findings if _matters(one, chapter["number"])]
        if own and detail:
            yield chapter["number"], "\n".join([_title(chapter, say), *_lines(own, say, detail)])
        elif own:
            yield chapter["number"], _in_one_line(chapter, own, say)


def _matters(finding: Mapping[str, Any], chapter: int | None) -> bool:
    return bool(finding["chapter"] == chapter and finding["severity"] != "info")


def _title(chapter: Mapping[str, Any], say: Speech) -> str:
    parts = (say("chapter", n=chapter["number"]), chapter["title"], chapter["creator"])
    title = " · ".join(escape(shown(part)) for part in parts if part)
    return f"{_MARKS[chapter['verdict']]} **{title}** {chapter['verdict'].upper()}"


def _in_one_line(chapter: Mapping[str, Any], findings: Findings, say: Speech) -> str:
    """Return the first thing that is wrong with a chapter, by its title, and how many others there are."""
    first, *others = tell(findings, say)
    code = first.first["code"]
    explained = say.explained(code)
    who = f"{', '.join(first.roles)}: " if first.roles else ""
    more = f" ({say('text_others', n=len(others))})" if others else ""
    number = say("chapter", n=chapter["number"])
    return f"- {_MARKS[chapter['verdict']]} **{number}** {who}{explained[0] if explained else code}{more}"


def _lines(findings: Findings, say: Speech, detail: int) -> Iterator[str]:
    told = tell(findings, say)
    most = detail if len(told) > detail + 1 else len(told)
    yield from (_line(one, say) for one in told[:most])
    if told[most:]:
        yield f"- {say('chat_more', n=len(told) - most)}"


def _line(told: Told, say: Speech) -> str:
    finding = told.first
    who = f" {', '.join(told.roles)}:" if told.roles else ""
    sure = f" ({say('sure', percent=round(100 * finding['confidence']))})" if finding["confidence"] < 1.0 else ""
    places = f" ({', '.join(told.places)})" if told.places else ""
    places += f" ({say('text_and_more', n=told.more)})" if told.more else ""
    advice = f" → {told.advice}" if finding["severity"] == "error" and finding["fix"] != "safe" else ""
    return f"- {_LEVELS[finding['severity']]} `{finding['code']}`{who} {escape(told.message + sure + places + advice)}"


def _left(blocks: list[tuple[int | None, str]], say: Speech) -> str:
    left = [number for number, _ in blocks if number is not None]
    film = [say("text_the_film")] if len(left) < len(blocks) else []
    return ", ".join(chain(film, [say("text_chapters", n=len(left), numbers=numbers(left))] if left else []))
