"""Chapter lists as spreadsheets export them: any of the usual encodings and delimiters, columns by meaning."""

from __future__ import annotations

import csv
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
COLUMN_MEANINGS = tuple(meaning for meaning in MEANINGS if meaning not in ("ignored", "name"))
Named = Mapping[str, str]
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
    heads
        All columns as they are called in the file.
    """

    columns: dict[str, Column]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    doubts: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()

    def cell(self, row: Sequence[str], meaning: str) -> str:
        """Return a cell by the meaning of its column, an empty string where there is none."""
        column = self.columns.get(meaning)
        return row[column.index].strip() if column is not None and column.index < len(row) else ""


def read_table(path: Path, named: Named | None = None) -> Table:
    """Read a chapter list.

    Parameters
    ----------
    named
        Columns by meaning that the user has named, by their heads or counted from 1.

    Raises
    ------
    UsageError
        If the file cannot be read, no row of it looks like the head of a chapter list, or a named column is not
        there.
    """
    named = named or {}
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        problem = Problem("unreadable", f"cannot be read: {error.strerror}", "check the path", str(path))
        raise UsageError(problem) from None
    if raw.startswith(b"PK\x03\x04") or len(raw) > _LARGEST_BYTES:
        hint = "export the chapter list as CSV"
        raise UsageError(Problem("not_csv", "is a workbook or far too large, not a CSV file", hint, str(path)))
    options = [option for text in _decodings(raw) for option in _readings(text, named)]
    best = max(options, key=lambda option: option[0], default=None)
    if best is None or best[0] < (0.5 if named else 2):
        hint = "its first row must name the columns, such as: number, title, creator, length"
        raise UsageError(Problem("no_head", "no row names the columns of a chapter list", hint, str(path)))
    for meaning, head in named.items():
        if meaning not in best[1].columns:
            widest = max((table.heads for _, table in options), key=len)
            heads = ", ".join(repr(cell) for cell in widest if cell)
            message = f"there is no column {head!r}"
            raise UsageError(Problem("no_column", message, f"its columns are {heads}", str(path), key="--column"))
    return best[1]


def named_columns(words: Iterable[str]) -> dict[str, str]:
    """Understand ``length=Dauer``.

    Raises
    ------
    UsageError
        If a word is not of this form, or its meaning is none.
    """
    found = {}
    for word in words:
        meaning, _, head = word.partition("=")
        if meaning.strip() not in COLUMN_MEANINGS or not head.strip():
            hint = f"write MEANING=HEAD; meanings are {', '.join(COLUMN_MEANINGS)}"
            raise UsageError(Problem("wrong_value", f"{word!r} names no column", hint, key="--column"))
        found[meaning.strip()] = head
    return found


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


def _readings(text: str, named: Named) -> Iterator[tuple[float, Table]]:
    """Yield each way to cut a text into cells, with how many columns it makes sense of."""
    text = text.replace("\0", "")
    for delimiter in _DELIMITERS:
        rows = _rows(text, delimiter)
        heads = [(_sense(cells, named), -at) for at, (_, cells) in enumerate(rows[:_HEAD_ROWS])]
        if heads:
            sense, at = max(heads)
            yield sense, _table(rows[-at][1], rows[-at + 1 :], named)


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


def _sense(cells: Sequence[str], named: Named) -> float:
    meanings = {column.meaning for column in _columns(cells, named)}
    noise = sum(1 for cell in cells if cell.strip()) - len(meanings)
    return len(meanings) - noise / 1000


def _table(head: Sequence[str], rows: Sequence[tuple[int, tuple[str, ...]]], named: Named) -> Table:
    chosen: dict[str, Column] = {}
    doubts = []
    for column in _columns(head, named):
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
    if "number" not in named:
        _settle_number_and_title(chosen, rows)
    return Table(chosen, tuple(rows), tuple(doubts), tuple(cell.strip() for cell in head))


def _settle_number_and_title(chosen: dict[str, Column], rows: Sequence[tuple[int, tuple[str, ...]]]) -> None:
    """Take a column "Chapter" that holds no digits for the title, where there is no other."""
    number = chosen.get("number")
    if number is None or "title" in chosen:
        return
    cells = [cells[number.index] for _, cells in rows if number.index < len(cells) and cells[number.index].strip()]
    if cells and not any(mark.isnumeric() for cell in cells for mark in cell):
        chosen["title"] = Column(number.index, number.head, "title")
        del chosen["number"]


def _columns(head: Sequence[str], named: Named) -> Iterator[Column]:
    for index, cell in enumerate(head):
        meanings = [meaning for meaning, name in named.items() if _is_named(name, index, cell)]
        meaning = meanings[0] if meanings else meaning_of(cell)
        if meanings or (meaning not in ("", "ignored") and meaning not in named):
            yield Column(index, cell.strip(), meaning, _unit_of(cell))


def _is_named(name: str, index: int, cell: str) -> bool:
    return name.strip() == str(index + 1) or _plain(name) == _plain(cell) != ""


def _plain(text: str) -> str:
    return " ".join(normalised(text).casefold().split())


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
