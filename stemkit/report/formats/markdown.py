"""The report in short, for chat and mail: verdict, numbers, what to do, proof."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stemkit.report.compare import Compared, build_compared
from stemkit.report.formats._chat import render_chat
from stemkit.report.model import Report
from stemkit.report.page import Page, build_page
from stemkit.report.proof import Proof, build_proof
from stemkit.report.speech import Speech
from stemkit.texts.language import DEFAULT

SUFFIX = ".md"
MEDIA_TYPE = "text/markdown"

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&@]|^[-+=]|^\d+(?=[.)])|://|\bwww\.)")
_GLYPHS = {"error": "✗", "warning": "▲", "note": "✓", "ok": "✓"}


def render(report: Report, lang: str = DEFAULT) -> str:
    """Return the report as Markdown, of a check a message for a chat; names cannot become markup or links."""
    say = Speech(lang)
    if report["kind"] == "check" and not report.get("compared"):
        return render_chat(report, say)
    page, proof = build_page(report, say), build_proof(report, say)
    compared = build_compared(report, say)
    parts = (_head(page, say), _compared(compared, say), _findings(page, say), _chapters(page, say), _proof(proof, say))
    return "\n".join(line for part in parts for line in part) + "\n"


def escape(text: str) -> str:
    r"""Return text in which no character is markup.

    Examples
    --------
    >>> print(escape("take_1 *final* <b>"))
    take\_1 \*final\* \<b\>
    """
    return _SPECIAL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    if found == "://":
        return ":\\/\\/"
    if found.isdigit():
        return f"{found}\u200b"
    return "www\\." if found == "www." else f"\\{found}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _head(page: Page, say: Speech) -> Iterator[str]:
    yield f"# {escape(page.title)}"
    yield ""
    yield f"**{escape(page.verdict)}** · {' · '.join(text for _, text in page.counts)}"
    yield ""
    for reason in page.reasons:
        yield f"- {escape(reason)}"
    if page.reasons:
        yield ""
    if page.figures:
        rows = [[f.label, f"{f.value} {f.unit}", f.limit, f.margin or "–"] for f in page.figures]
        yield from _table(("", say("measured"), say("asked_for"), say("margin")), rows)


def _compared(compared: Compared | None, say: Speech) -> Iterator[str]:
    if compared is None:
        return
    yield f"## {say('compared')}"
    yield ""
    yield escape(compared.lead)
    yield ""
    for word, items in (("compared_new", compared.new), ("compared_gone", compared.gone)):
        for item in items:
            place = f"{item.chapter} {item.role}".strip()
            yield f"- {say(word)}: `{item.code}` {escape(item.message)} – {escape(place)}"
    if compared.moved:
        yield ""
        head = (say("col_what"), say("col_was"), say("col_is"))
        yield from _table(head, [[escape(cell) for cell in row] for row in compared.moved])
    yield ""


def _findings(page: Page, say: Speech) -> Iterator[str]:
    for group in page.groups:
        yield f"### {escape(group.title)}"
        yield ""
        for item in group.items:
            tag = f" ({item.tag})" if item.tag else ""
            tag += f" {say('and_more', n=item.more)}" if item.more else ""
            place = f" – {escape(item.place)}" if item.place else ""
            yield f"- {_GLYPHS[item.state]} `{item.code}` {escape(item.message)}{tag}{place}"
            if item.advice:
                yield f"  {escape(item.advice)}"
        yield ""


def _chapters(page: Page, say: Speech) -> Iterator[str]:
    yield f"## {say('chapters')}"
    yield ""
    rows = [
        [str(row.number), escape(row.title), escape(row.creator), row.start, row.loudness, row.true_peak, row.verdict]
        for row in page.rows
    ]
    yield from _table((say("col_no"), say("title"), say("creator"), say("col_in"), "LUFS", "dBTP", ""), rows)


def _proof(proof: Proof, say: Speech) -> Iterator[str]:
    if proof.prints:
        yield f"## {say('prints')}"
        yield ""
        rows = [
            [row.name, escape(path), row.loudness, row.true_peak, f"`{digest}`"]
            if path == row.files[0][0]
            else ["", escape(path), "", "", f"`{digest}`"]
            for row in proof.prints
            for path, digest, _ in row.files
        ]
        yield from _table((say("col_print"), say("col_file"), "LUFS", "dBTP", "SHA-256"), rows)
        for equation, words, _ in proof.sums:
            yield f"- {equation}: {words}"
        yield ""
    for sentence in (*proof.level, *proof.done):
        yield escape(sentence)
