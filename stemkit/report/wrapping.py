"""Lines as wide as a terminal: in cells, not characters, and broken where the script allows it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_NEVER_FIRST = "),.;:!?，。；：！？、）」』》】”’…％"
_NEVER_LAST = "（「『《【“‘"
_SPACES = re.compile(r"( +)")


def cells(text: str) -> int:
    """Return how many cells of a terminal a text takes.

    Examples
    --------
    >>> cells("stem"), cells("分轨"), cells("e\N{COMBINING ACUTE ACCENT}")
    (4, 4, 1)
    """
    return sum(_width(mark) for mark in text)


def _width(mark: str) -> int:
    if unicodedata.combining(mark):
        return 0
    return 2 if unicodedata.east_asian_width(mark) in "WF" else 1


def wrapped(text: str, width: int, *, lead: str = "", later: str = "") -> list[str]:
    """Return text in lines of at most so many cells; a word that is longer stands alone.

    Parameters
    ----------
    lead, later
        What the first line and the others begin with.
    """
    lines, line, is_empty = [], lead, True
    for gap, piece in _pieces(text):
        if not is_empty and cells(line) + len(gap) + cells(piece) > width:
            lines.append(line.rstrip())
            line, is_empty = later, True
        line += piece if is_empty else gap + piece
        is_empty = False
    return [*lines, line.rstrip()]


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield what may not be broken, each with the spaces before it."""
    gap = ""
    for part in _SPACES.split(text.strip()):
        if part.startswith(" "):
            gap = part
            continue
        for piece in _within(part):
            yield gap, piece
            gap = ""


def _within(word: str) -> Iterator[str]:
    """Yield the parts of a word without spaces: wide characters may part, but for the marks that hold on to others."""
    piece = ""
    for mark in word:
        may_part = bool(piece) and (_width(mark) == 2 or _width(piece[-1]) == 2)
        if may_part and mark not in _NEVER_FIRST and piece[-1] not in _NEVER_LAST and _width(mark):
            yield piece
            piece = ""
        piece += mark
    if piece:
        yield piece
