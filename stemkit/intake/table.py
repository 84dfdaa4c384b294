"""Chapter lists as spreadsheets export them: any of the usual encodings and delimiters, columns by meaning."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stemkit.core.errors import Problem, UsageError
from stemkit.core.words import normalised
from stemkit.intake.column_meanings import COLUMN_MEANINGS, meaning_of, unit_of

Named = Mapping[str, str]
_DELIMITERS = (",", ";", "\t", "|")
_LEGACY = ("cp1252", "gb18030", "shift_jis", "euc_kr", "cp1251", "big5")
_LARGEST_BYTES = 1_000_000  # of thousands of chapters
_MOST_COLUMNS, _LONGEST_CELL = 200, 1000
_LINK = re.compile(r" ?\(https?://[^()\s]+\)")  # Notion and Airtable write "Storm (https://…)"
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
        text = row[column.index] if column is not None and column.index < len(row) else ""
        return _LINK.sub("", text).strip()


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
            raw: bytes | None = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        problem = Problem("unreadable", f"cannot be read: {error.strerror}", "check the path", str(path))
        raise UsageError(problem) from None
    raw = _out_of_zip(path) if raw is not None and raw.startswith(b"PK\x03\x04") else raw
    if raw is None or len(raw) > _LARGEST_BYTES:
        hint = "export the chapter list as CSV"
        raise UsageError(Problem("not_csv", "is a workbook or far too large, no CSV file", hint, str(path)))
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


def _out_of_zip(path: Path) -> bytes | None:
    """Return the one CSV file of an export that is a zip archive, as Notion's is, `None` if there is none such."""
    try:
        with zipfile.ZipFile(path) as archive:
            lists = [info for info in archive.infolist() if info.filename.casefold().endswith(".csv")]
            # Notion adds a second one that holds the rows of every view.
            whole = [info for info in lists if info.filename.casefold().endswith("_all.csv")]
            chosen = whole if len(whole) == 1 else lists
            if len(chosen) != 1:
                return None
            with archive.open(chosen[0]) as file:
                return file.read(_LARGEST_BYTES + 1)
    except (OSError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError):
        return None


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
            yield Column(index, cell.strip(), meaning, unit_of(cell))


def _is_named(name: str, index: int, cell: str) -> bool:
    return name.strip() == str(index + 1) or _plain(name) == _plain(cell) != ""


def _plain(text: str) -> str:
    return " ".join(normalised(text).casefold().split())
