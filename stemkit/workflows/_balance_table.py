"""The balance plan as a table that a person can edit, and reading it back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict, cast, get_args

from stemkit.core.as_written import hint_for
from stemkit.core.errors import Problem, UsageError
from stemkit.core.film import BalanceMode, Film
from stemkit.core.manifest import LARGEST_TRIM_DB
from stemkit.plan.balance import BalancePlan

BALANCE_NAME = "balance.csv"
_COLUMNS = ("chapter", "trim_db", "before_lufs", "after_lufs", "reason")


def balance_as_dict(plan: BalancePlan) -> dict[str, Any]:
    """Return the plan as JSON data."""
    return {
        "mode": plan.mode,
        "film_lufs": plan.film_lufs,
        "max_trim_db": plan.max_trim_db,
        "chapters": [
            {
                "chapter": trim.chapter,
                "before_lufs": trim.before_lufs,
                "after_lufs": trim.after_lufs,
                "trim_db": trim.trim_db,
                "reason": trim.why,
            }
            for trim in plan.trims
        ],
        "steps": [asdict(step) for step in plan.steps],
    }


def balance_as_csv(balance: Mapping[str, Any]) -> str:
    """Return the trims as a table; ``trim_db`` is the column to edit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for each in balance["chapters"]:
        writer.writerow([_cell(each[column]) for column in _COLUMNS])
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def read_trims(path: Path, chapters: Sequence[int]) -> dict[int, float]:
    """Return the trims of an edited table by chapter; an empty cell is no trim given.

    Raises
    ------
    UsageError
        With everything that is wrong in it.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"the balance table cannot be read: {error}"
        raise UsageError(Problem("balance_table", message, "name a CSV file in UTF-8", str(path))) from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    problems: list[Problem] = []
    trims: dict[int, float] = {}
    seen: set[str] = set()
    table = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    if missing := [column for column in _COLUMNS[:2] if column not in (table.fieldnames or ())]:
        hint = f"its first line names the columns, {' and '.join(_COLUMNS[:2])} among them"
        message = f"the balance table has no column {' and no '.join(missing)}"
        raise UsageError(Problem("balance_table", message, hint, str(path), 1))
    for line, row in enumerate(table, 2):
        chapter, trim = (row.get(column) or "" for column in _COLUMNS[:2])
        problem = _problem(chapter.strip(), trim.strip(), chapters)
        if problem is None and chapter.strip() in seen:
            problem = f"chapter {chapter.strip()} is there twice", "leave one of both lines"
        seen.add(chapter.strip())
        if problem is not None:
            problems.append(Problem("balance_table", problem[0], problem[1], str(path), line))
        elif trim.strip():
            trims[int(chapter)] = _number(trim)
    if problems:
        raise UsageError(*problems)
    return trims


class BalanceAsked(TypedDict, total=False):
    """What a command line says of the balance."""

    balance: BalanceMode
    trims_db: Mapping[int, float]


def asked_balance(text: str | None, film: Film) -> BalanceAsked:
    """Return what a word or the path of a table asks for."""
    if text is None:
        return {}
    if text in get_args(BalanceMode):
        return {"balance": cast("BalanceMode", text)}
    return {"trims_db": read_trims(Path(text), [chapter.number for chapter in film.chapters])}


def _number(text: str) -> float:
    return float(text.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-"))


def _problem(chapter: str, trim: str, chapters: Sequence[int]) -> tuple[str, str] | None:
    if chapter not in map(str, chapters):
        return f"there is no chapter {chapter!r}", hint_for(chapter, map(str, chapters))
    try:
        is_fit = not trim or abs(_number(trim)) <= LARGEST_TRIM_DB
    except ValueError:
        is_fit = False
    if not is_fit:
        hint = f"write a number of decibels from -{LARGEST_TRIM_DB:.0f} to {LARGEST_TRIM_DB:.0f}"
        return f"the trim of chapter {chapter} is {trim!r}", hint
    return None
