"""The report in short, for chat and mail: verdict, numbers, what to do, proof."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stemkit.report.model import Report
from stemkit.report.page import Page, build_page
from stemkit.report.proof import Proof, build_proof

SUFFIX = ".md"
MEDIA_TYPE = "text/markdown"

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&@]|^[-+=]|^\d+(?=[.)])|://|\bwww\.)")
_GLYPHS = {"error": "✗", "warning": "▲", "note": "✓", "ok": "✓"}


def render(report: Report) -> str:
    """Return the report as Markdown; names and messages cannot become markup or links."""
    page, proof = build_page(report), build_proof(report)
    parts = (_head(page), _findings(page), _chapters(page), _proof(proof))
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


def _head(page: Page) -> Iterator[str]:
    yield f"# {escape(page.title)}"
    yield ""
    yield f"**{escape(page.verdict)}.** {' · '.join(text for _, text in page.counts)}"
    yield ""
    for reason in page.reasons:
        yield f"- {escape(reason)}"
    if page.reasons:
        yield ""
    if page.figures:
        rows = [[f.label, f"{f.value} {f.unit}", f.limit, f.margin or "–"] for f in page.figures]
        yield from _table(("", "measured", "asked for", "margin"), rows)


def _findings(page: Page) -> Iterator[str]:
    for group in page.groups:
        yield f"### {escape(group.title)}"
        yield ""
        for item in group.items:
            tag = f" ({item.tag})" if item.tag else ""
            tag += f" and {item.more} more like it" if item.more else ""
            place = f" – {escape(item.place)}" if item.place else ""
            yield f"- {_GLYPHS[item.state]} `{item.code}` {escape(item.message)}{tag}{place}"
            if item.advice:
                yield f"  {escape(item.advice)}"
        yield ""


def _chapters(page: Page) -> Iterator[str]:
    yield "## Chapters"
    yield ""
    rows = [
        [str(row.number), escape(row.title), escape(row.creator), row.start, row.loudness, row.true_peak, row.verdict]
        for row in page.rows
    ]
    yield from _table(("No", "title", "creator", "in", "LUFS", "dBTP", ""), rows)


def _proof(proof: Proof) -> Iterator[str]:
    if proof.prints:
        yield "## Prints"
        yield ""
        rows = [[row.name, escape(row.path), row.loudness, row.true_peak, f"`{row.sha256}`"] for row in proof.prints]
        yield from _table(("print", "file", "LUFS", "dBTP", "SHA-256"), rows)
        for equation, words, _ in proof.sums:
            yield f"- {equation}: {words}"
        yield ""
    for sentence in proof.level:
        yield escape(sentence)
