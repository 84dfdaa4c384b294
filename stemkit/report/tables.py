"""Tables for spreadsheets, safe to open there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from stemkit.report.words import shown

_FORMULA_STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return CSV with a byte order mark, without which Excel takes UTF-8 for something else."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return "\ufeff" + out.getvalue()


def cell(value: object) -> str | int | float:
    """Return a value that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return value
    text = shown(value)
    # a leading apostrophe is what spreadsheets themselves use to mark text
    return f"'{text}" if text.lstrip(" ")[:1] in tuple(_FORMULA_STARTS) else text
