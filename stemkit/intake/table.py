"""Chapter lists as spreadsheets export them: any of the usual encodings and delimiters, columns by meaning."""

from __future__ import annotations

import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from stemkit.core.errors import Problem, UsageError
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
_DELIMITERS = (",", ";", "\t", "|")
_LEGACY = ("cp1252", "gb18030", "shift_jis", "euc_kr", "cp1251", "big5")
_LARGEST_BYTES = 1_000_000  # of thousands of chapters
_MOST_COLUMNS, _LONGEST_CELL = 200, 1000
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HEAD_ROWS = 30  # lines above the head, such as the film's title, are passed over


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chapter list.

    Parameters
    ----------
    index
        Counted from 0.
    head
        As written.
    meaning
        One of `MEANINGS`.
    unit
        ``"frames"``, ``"seconds"`` or ``"timecode"`` where the head says so, else an empty string.
    """

    index: int
    head: str
    meaning: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The body of a chapter list.

    Parameters
    ----------
    columns
        One for each meaning that was found.
    rows
        Line in the file (from 1) and cells.
    doubts
        Sentences about what was not clear.
    """

    columns: dict[str, Column]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    doubts: tuple[str, ...] = ()

    def cell(self, row: Sequence[str], meaning: str) -> str:
        """Return a cell by the meaning of its column, an empty string where there is none."""
        column = self.columns.get(meaning)
        return row[column.index].strip() if column is not None and column.index < len(row) else ""


def read_table(path: Path) -> Table:
    """Read a chapter list.

    Raises
    ------
    UsageError
        If the file cannot be read, or no row of it looks like the head of a chapter list.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        problem = Problem("unreadable", f"cannot be read: {error.strerror}", "check the path", str(path))
        raise UsageError(problem) from None
    if raw.startswith(b"PK\x03\x04") or len(raw) > _LARGEST_BYTES:
        hint = "export the chapter list as CSV"
        raise UsageError(Problem("not_csv", "is a workbook or far too large, not a CSV file", hint, str(path)))
    options = [option for text in _decodings(raw) for option in _readings(text)]
    best = max(options, key=lambda option: option[0], default=None)
    if best is None or best[0] < 2:
        hint = "its first row must name the columns, such as: number, title, creator, length"
        raise UsageError(Problem("no_head", "no row names the columns of a chapter list", hint, str(path)))
    return best[1]


def _decodings(raw: bytes) -> Iterator[str]:
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            yield raw.decode(name, "replace")
            return
    try:
        yield raw.decode("utf-8")
    except UnicodeDecodeError:
        # Old spreadsheets write the code page of their country: the one in which the heads are words is it.
        for name in _LEGACY:
            yield raw.decode(name, "replace")


def _readings(text: str) -> Iterator[tuple[float, Table]]:
    """Yield each way to cut a text into cells, with how many columns it makes sense of."""
    text = text.replace("\0", "")
    for delimiter in _DELIMITERS:
        rows = _rows(text, delimiter)
        heads = [(_sense(cells), -at) for at, (_, cells) in enumerate(rows[:_HEAD_ROWS])]
        if heads:
            sense, at = max(heads)
            yield sense, _table(rows[-at][1], rows[-at + 1 :])


def _rows(text: str, delimiter: str) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].casefold().startswith("sep="):
                rows.append((reader.line_num, tuple(cell[:_LONGEST_CELL] for cell in cells[:_MOST_COLUMNS])))
    except csv.Error:
        return rows
    return rows


def _sense(cells: Sequence[str]) -> float:
    meanings = {column.meaning for column in _columns(cells)}
    noise = sum(1 for cell in cells if cell.strip()) - len(meanings)
    return len(meanings) - noise / 1000


def _table(head: Sequence[str], rows: Sequence[tuple[int, tuple[str, ...]]]) -> Table:
    chosen: dict[str, Column] = {}
    doubts = []
    for column in _columns(head):
        other = chosen.get(column.meaning)
        if other is None:
            chosen[column.meaning] = column
            continue
        # Frames are exact, so they win over other units; else the first column does.
        wins = column.unit == "frames" and other.unit != "frames"
        used, left = (column, other) if wins else (other, column)
        chosen[column.meaning] = used
        doubts.append(f"two columns look like {column.meaning}: {used.head!r} is used, {left.head!r} is not")
    name = chosen.pop("name", None)
    if name is not None:
        meaning = "creator" if "title" in chosen and "creator" not in chosen else "title"
        if meaning not in chosen:
            chosen[meaning] = Column(name.index, name.head, meaning)
    _settle_number_and_title(chosen, rows)
    return Table(chosen, tuple(rows), tuple(doubts))


def _settle_number_and_title(chosen: dict[str, Column], rows: Sequence[tuple[int, tuple[str, ...]]]) -> None:
    """Take a column "Chapter" that holds no digits for the title, where there is no other."""
    number = chosen.get("number")
    if number is None or "title" in chosen:
        return
    cells = [cells[number.index] for _, cells in rows if number.index < len(cells) and cells[number.index].strip()]
    if cells and not any(mark.isnumeric() for cell in cells for mark in cell):
        chosen["title"] = Column(number.index, number.head, "title")
        del chosen["number"]


def _columns(head: Sequence[str]) -> Iterator[Column]:
    for index, cell in enumerate(head):
        meaning = meaning_of(cell)
        if meaning not in ("", "ignored"):
            yield Column(index, cell.strip(), meaning, _unit_of(cell))


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
    if meaning in ("head", "tail") and _mentions(text, "head") and _mentions(text, "tail"):
        return "handles"
    if meaning == "handles":
        ends = [end for end, place in (("head", "start"), ("tail", "end")) if _mentions(text, place, shortest=2)]
        return ends[0] if len(ends) == 1 else meaning
    return meaning


def _unit_of(head: str) -> str:
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
