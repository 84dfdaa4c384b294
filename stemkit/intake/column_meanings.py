"""What the heads of a chapter list's columns mean, by words that are kept as data (``column_words.toml``)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

from stemkit.core.words import folded, is_dense, normalised, pieces

MEANINGS = (
    "ignored",
    "rate",
    "head",
    "tail",
    "handles",
    "end",
    "start",
    "length",
    "title",
    "creator",
    "number",
    "name",
)
COLUMN_MEANINGS = tuple(meaning for meaning in MEANINGS if meaning not in ("ignored", "name"))
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TC = ("tc", "timecode", "time", "code")


def meaning_of(head: str) -> str:
    """Return what the head of a column means, an empty string where nothing is known.

    Examples
    --------
    >>> meaning_of("Länge (Frames)"), meaning_of("Kapitel-Nr."), meaning_of("帧率"), meaning_of("Notes")
    ('length', 'number', 'rate', '')
    """
    if normalised(head).strip() in ("#", "n°", "№", "No", "Nº"):
        return "number"
    text = _phrase(head)
    if not text:
        return ""
    meanings = (*(m for m in MEANINGS if text in _words()[m]), *(m for m in MEANINGS if _mentions(text, m)))
    meaning = next(iter(meanings), "")
    if meaning in ("start", "end") and " ".join(word for word in text.split() if word not in _TC) in _words()["length"]:
        return "length"  # "Length (timecode)" says how, not when
    if meaning in ("head", "tail") and _mentions(text, "head") and _mentions(text, "tail"):
        return "handles"
    if meaning == "handles":
        ends = [end for end, place in (("head", "start"), ("tail", "end")) if _mentions(text, place, shortest=2)]
        return ends[0] if len(ends) == 1 else meaning
    return meaning


def unit_of(head: str) -> str:
    """Return what a column counts, where its head says so, else an empty string."""
    text = _phrase(head)
    if _mentions(text, "unit_frames", shortest=1):
        return "frames"
    if _mentions(text, "unit_seconds", shortest=1):
        return "seconds"
    return "timecode" if any(word in ("tc", "timecode") for word in text.split()) else ""


def _mentions(text: str, section: str, shortest: int = 4) -> bool:
    """Tell whether a head holds a word of a section; short words say little within longer heads ("in", "no")."""
    padded = f" {text} "
    for word in _words()[section]:
        if is_dense(word):
            if word == text or (len(word) > 1 and word in text):
                return True
        elif (len(word) >= shortest or " " in word) and f" {word} " in padded:
            return True
    return False


def _phrase(text: str) -> str:
    spaced = _SEAM.sub(" ", normalised(text))
    return " ".join(folded(piece.text) for piece in pieces(spaced) if not piece.is_number)


@cache
def _words() -> dict[str, frozenset[str]]:
    text = files("stemkit.intake").joinpath("column_words.toml").read_text("utf-8")
    data = tomllib.loads(unicodedata.normalize("NFKC", text))
    return {section: frozenset(_phrase(word) for word in lines["words"]) for section, lines in data.items()}
