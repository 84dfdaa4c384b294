"""A chapter list out of any spreadsheet: which chapters the film has, by whom, how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from stemkit.core.timebase import FrameRate
from stemkit.core.words import pieces
from stemkit.intake.chapter_times import Written, as_seconds, chain, read_handles, read_rate, read_time
from stemkit.intake.numbers import free_numbers, numbers_in
from stemkit.intake.table import Named, Table, read_table

_TOTALS = frozenset(
    (
        *("total", "totals", "sum", "summe", "gesamt", "somme", "suma", "soma", "totale", "итого", "всего"),
        *("合计", "总计", "合計", "합계", "المجموع"),
    )
)
DEFAULT_RATE = FrameRate(Fraction(24))


@dataclass(frozen=True, slots=True)
class ListedChapter:
    """A chapter as a list names it.

    Parameters
    ----------
    number
        Unique in the list.
    length, head, tail
        As written; `None` where the list says nothing that can be read.
    start
        Timecode of its first picture.
    doubts
        Sentences about what was not clear, for the film file.
    """

    number: int
    title: str = ""
    creator: str = ""
    length: Written | None = None
    start: Written | None = None
    end: Written | None = None
    head: Written | None = None
    tail: Written | None = None
    rate: FrameRate | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChapterList:
    """Chapters in the order of their numbers.

    Parameters
    ----------
    rate, rate_reason
        The frame rate, and where it comes from: ``option``, ``column``, ``chain`` or ``default``.
    doubts
        Sentences about the list as a whole.
    """

    chapters: tuple[ListedChapter, ...]
    rate: FrameRate = DEFAULT_RATE
    rate_reason: str = "default"
    doubts: tuple[str, ...] = field(default=())

    @property
    def start(self) -> Written | None:
        """Timecode of the film's first picture."""
        return self.chapters[0].start if self.chapters else None


def read_chapter_list(path: Path, rate: FrameRate | None = None, named: Named | None = None) -> ChapterList:
    """Read a chapter list.

    Parameters
    ----------
    path
        A CSV file; its columns are understood by their heads.
    rate
        The frame rate if the user gave one.
    named
        Columns that the user has named, by meaning.

    Raises
    ------
    UsageError
        If the file cannot be read as a chapter list.
    """
    table = read_table(path, named)
    doubts = list(table.doubts)
    rows, left_out = _numbered(table)
    doubts += left_out
    chapters = [_chapter(table, number, row, doubt) for number, row, doubt in rows]
    chapters.sort(key=lambda chapter: chapter.number)
    rate, reason, said = _rate(chapters, rate)
    doubts += said
    chapters, said = _settle_bare_lengths(chapters)
    doubts += said
    return ChapterList(tuple(_with_lengths(chapters, rate)), rate, reason, (*doubts, *_gaps(chapters, rate)))


def _numbered(table: Table) -> tuple[list[tuple[int, Sequence[str], str]], list[str]]:
    """Return number, cells and a doubt for each row that is a chapter, and what was left out."""
    found: dict[int, tuple[int, Sequence[str], str]] = {}
    without: list[tuple[int, tuple[str, ...]]] = []
    left_out = []
    for line, cells in table.rows:
        text = table.cell(cells, "number")
        number = _number(text)
        if number is None and _is_total(" ".join(cells[:2])):
            continue
        if number is None and not table.cell(cells, "title"):
            left_out.append(f"line {line} of the list is no chapter: {_short(cells)}")
        elif number is None:
            without.append((line, cells))
        elif number in found:
            left_out.append(f"line {line} of the list says chapter {number} again and was left out: {_short(cells)}")
        else:
            found[number] = (number, cells, "")
    free = free_numbers(set(found))
    for line, cells in without:
        number = next(free)
        # Where the list has no numbers at all, its order is the film's.
        doubt = f"line {line} of the list has no number; {number} was free" if "number" in table.columns else ""
        found[number] = (number, cells, doubt)
    if "number" not in table.columns:
        left_out.append("the list has no column of numbers: the chapters are numbered in its order")
    return list(found.values()), left_out


def _number(text: str) -> int | None:
    whole = text.strip().removesuffix(".0").removesuffix(",0").rstrip(".")
    if whole.isdecimal():
        return int(whole) if len(whole) <= 4 else None
    hint = numbers_in(text)
    if hint.marked is not None:
        return hint.marked
    return hint.plain[0] if len(hint.plain) == 1 else None


def _is_total(text: str) -> bool:
    return any(piece.text in _TOTALS for piece in pieces(text))


def _short(cells: Sequence[str]) -> str:
    text = ", ".join(" ".join(cell.split()) for cell in cells if cell.strip())
    return text if len(text) <= 60 else text[:57] + "..."


def _chapter(table: Table, number: int, cells: Sequence[str], doubt: str) -> ListedChapter:
    doubts = [doubt] if doubt else []

    def time(meaning: str) -> Written | None:
        text = table.cell(cells, meaning)
        written = read_time(text, table.columns[meaning].unit) if text else None
        if text and written is None:
            doubts.append(f"the list's {meaning} {text!r} is no time")
        return written

    head, tail = time("head"), time("tail")
    if text := table.cell(cells, "handles"):
        both = read_handles(text, table.columns["handles"].unit)
        if both == (None, None):
            doubts.append(f"the list's handles {text!r} are no time")
        head, tail = head or both[0], tail or both[1]
    rate_text = table.cell(cells, "rate")
    rate = read_rate(rate_text) if rate_text else None
    if rate_text and rate is None:
        doubts.append(f"the list's frame rate {rate_text!r} is none that is known")
    return ListedChapter(
        number=number,
        title=" ".join(table.cell(cells, "title").split()),
        creator=" ".join(table.cell(cells, "creator").split()),
        length=time("length"),
        start=_only_timecode(time("start")),
        end=_only_timecode(time("end")),
        head=head,
        tail=tail,
        rate=rate,
        doubts=tuple(doubts),
    )


def _only_timecode(written: Written | None) -> Written | None:
    return written if written is not None and written.kind == "timecode" else None


def _rate(chapters: Sequence[ListedChapter], given: FrameRate | None) -> tuple[FrameRate, str, list[str]]:
    if given is not None:
        return given, "option", []
    named = list(dict.fromkeys(chapter.rate for chapter in chapters if chapter.rate is not None))
    if named:
        doubts = [f"the list names several frame rates: {', '.join(map(str, named))}"] if len(named) > 1 else []
        return named[0], "column", doubts
    fits = chain([chapter.start for chapter in chapters], [chapter.length for chapter in chapters])
    if fits is None:
        return DEFAULT_RATE, "default", []
    others = ", ".join(str(rate) for rate in fits.rates[1:])
    doubts = [f"the list's times fit these frame rates as well: {others}"] if others else []
    return fits.rates[0], "chain", doubts


def _settle_bare_lengths(chapters: Sequence[ListedChapter]) -> tuple[list[ListedChapter], list[str]]:
    """Decide what bare numbers count: as the start timecodes say, else by what is plausible, with a doubt."""
    bare = [chapter.length.value for chapter in chapters if chapter.length is not None and not chapter.length.is_sure]
    if not bare:
        return list(chapters), []
    fits = chain([chapter.start for chapter in chapters], [chapter.length for chapter in chapters])
    if fits is not None:
        are_seconds, doubts = fits.bare_numbers == "seconds", []
    else:
        # The median chapter of a feature lasts minutes: some hundred seconds, or some thousand frames.
        are_seconds = sorted(bare)[len(bare) // 2] < 600
        unit = "seconds" if are_seconds else "frames"
        doubts = [f"the list does not say what its lengths count: they were taken for {unit}"]
    if not are_seconds:
        return list(chapters), doubts
    return [replace(chapter, length=_as_seconds(chapter.length)) for chapter in chapters], doubts


def _as_seconds(length: Written | None) -> Written | None:
    return as_seconds(length) if length is not None and not length.is_sure else length


def _with_lengths(chapters: Sequence[ListedChapter], rate: FrameRate) -> Iterator[ListedChapter]:
    """Fill in lengths from start and end, and drop those that do not exist at the rate."""
    for chapter in chapters:
        length, doubts = chapter.length, list(chapter.doubts)
        if length is None and chapter.start is not None and chapter.end is not None:
            start, end = chapter.start.frames(rate), chapter.end.frames(rate)
            if start is not None and end is not None and end > start:
                length = Written("frames", Fraction(end - start), f"{end - start}f")
        if length is not None and not length.frames(rate):
            doubts.append(f"the list's length {length.text!r} is none at {rate} frames a second")
            length = None
        yield replace(chapter, length=length, doubts=tuple(doubts))


def _gaps(chapters: Sequence[ListedChapter], rate: FrameRate) -> Iterator[str]:
    for one, after in pairwise(chapters):
        if one.start is None or one.length is None or after.start is None:
            continue
        start, length, end = one.start.frames(rate), one.length.frames(rate), after.start.frames(rate)
        if start is None or length is None or end is None:
            yield f"the list's timecodes of chapters {one.number} and {after.number} do not exist at {rate}"
        elif start + length != end:
            away = f"{abs(end - start - length)} frames {'after' if end > start + length else 'before'}"
            yield f"by its timecode, chapter {after.number} starts {away} the end of chapter {one.number}"
