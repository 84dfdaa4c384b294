"""Findings as a table for spreadsheets, one line each, safe to open there.

Columns: ``chapter``, ``title``, ``creator``, ``role``, ``file``, ``code``, ``severity``, ``outcome``, ``stage``
(delivery or print), ``repaired``, ``waived``, ``start_tc`` (in the film), ``start_s`` (in the file), ``observed``,
``expected``, ``unit``, ``message``, ``advice``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from stemkit.report.model import Report
from stemkit.report.words import shown

SUFFIX = ".csv"
MEDIA_TYPE = "text/csv"

COLUMNS = (
    "chapter",
    "title",
    "creator",
    "role",
    "file",
    "code",
    "severity",
    "outcome",
    "stage",
    "repaired",
    "waived",
    "start_tc",
    "start_s",
    "observed",
    "expected",
    "unit",
    "message",
    "advice",
)
_FORMULA_STARTS = "=+-@\t\r\uff1d\uff0b\uff0d\uff20"


def render(report: Report) -> str:
    """Return the findings as CSV with a byte order mark, without which Excel takes UTF-8 for something else."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    chapters = {chapter["number"]: chapter for chapter in report["chapters"]}
    for finding in report["findings"]:
        writer.writerow([_cell(value) for value in _row(finding, chapters.get(finding["chapter"], {}))])
    return "\ufeff" + out.getvalue()


def _row(finding: Mapping[str, Any], chapter: Mapping[str, Any]) -> list[Any]:
    own = {**finding, "title": chapter.get("title"), "creator": chapter.get("creator"), "file": finding["name"]}
    return [own.get(column) for column in COLUMNS]


def _cell(value: object) -> str | int | float:
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
