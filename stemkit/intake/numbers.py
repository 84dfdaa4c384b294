"""Chapter numbers out of names: ``ch07``, ``Kapitel 3``, ``第三章``, ``Chapter VII``, ``07 - Storm``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stemkit.core.words import Piece, folded, normalised, pieces, without_suffix

_MARK_WORDS = (
    "ch chap chapt chapter chapters chapitre kapitel kap kpt capitulo capitulos cap capitolo capitol kapittel kapitola"
    " rozdzial hoofdstuk hfst luku fejezet bolum глава гл глав розділ розд κεφαλαιο kafli bab chuong"
    " sc scn scene szene scena escena cena scène sequence sequenz seq sq ep episode episodio epizod folge part parte"
    " partie teil czesc часть сцена эпизод reel akt act acte nr no num numero"
)
_MARKS = frozenset(_MARK_WORDS.split())
_LARGEST = 9999
_ROMAN = re.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
_HAN_DIGITS = {
    mark: value
    for value, marks in enumerate(["〇零", "一壹", "二贰两兩", "三叁", "四肆", "五伍", "六陆"])
    for mark in marks
}
_HAN_DIGITS |= {mark: value for value, marks in enumerate(["七柒", "八捌", "九玖"], 7) for mark in marks}
_HAN_UNITS = {"十": 10, "拾": 10, "百": 100, "千": 1000}
_HAN = "".join((*_HAN_DIGITS, *_HAN_UNITS))
_EAST_ASIAN = re.compile(
    rf"第\s*([{_HAN}]+|\d+)|제\s*(\d+)|([{_HAN}]+|\d+)\s*(?:章|回|集|话|話|幕|場|场|节|節|장|화|부|회)"
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers that a name holds.

    Parameters
    ----------
    marked
        The number that a word such as "chapter" stands before, `None` if there is none.
    plain
        All other numbers, in their order.
    leads
        Whether the name begins with a number.
    """

    marked: int | None = None
    plain: tuple[int, ...] = ()
    leads: bool = False

    @property
    def likely(self) -> int | None:
        """The marked number, else the one that the name begins with, `None` where there is neither."""
        if self.marked is None and self.leads and self.plain:
            return self.plain[0]
        return self.marked


def numbers_in(name: str) -> Numbers:
    """Find the numbers in a file or folder name.

    Examples
    --------
    >>> numbers_in("Kapitel 03 - Müller").marked
    3
    >>> numbers_in("第十二章").marked
    12
    >>> numbers_in("07 - Storm (v2)").plain
    (7,)
    """
    text = without_suffix(normalised(name))
    if match := _EAST_ASIAN.search(text):
        return Numbers(_value(next(group for group in match.groups() if group)))
    marked: int | None = None
    plain = []
    before: Piece | None = None
    for piece in pieces(text):
        is_marked = before is not None and folded(before.text) in _MARKS
        if is_marked and marked is None:
            marked = _marked_value(piece)
        elif piece.is_number and not _is_version(before):
            plain.append(int(piece.text))
        before = piece
    return Numbers(
        marked, tuple(number for number in plain if number <= _LARGEST), text.strip(" _-([#")[:1].isdecimal()
    )


def _is_version(before: Piece | None) -> bool:
    return before is not None and before.text in ("v", "ver", "version", "rev", "take", "tk", "t", "mp")


def _marked_value(piece: Piece) -> int | None:
    if piece.is_number:
        number = int(piece.text)
        return number if number <= _LARGEST else None
    return _roman(piece.text) if piece.is_plain else None


def _value(text: str) -> int:
    return int(text) if text.isdecimal() else _han(text)


def _han(text: str) -> int:
    """Return the value of a Chinese numeral, positional (二〇) or with units (二十三)."""
    if not any(mark in _HAN_UNITS for mark in text):
        return int("".join(str(_HAN_DIGITS[mark]) for mark in text))
    total, digit = 0, 0
    for mark in text:
        if mark in _HAN_UNITS:
            total += (digit or 1) * _HAN_UNITS[mark]
            digit = 0
        else:
            digit = _HAN_DIGITS[mark]
    return total + digit


def _roman(text: str) -> int | None:
    if not text or not _ROMAN.fullmatch(text):
        return None
    values = [_ROMAN_VALUES[mark] for mark in text]
    return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))


def free_numbers(taken: set[int]) -> Iterator[int]:
    """Yield the numbers from 1 that are not taken."""
    number = 1
    while True:
        if number not in taken:
            yield number
        number += 1
