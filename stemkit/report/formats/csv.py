"""Findings as a table for spreadsheets, one line each, safe to open there.

Columns: ``chapter``, ``title``, ``creator``, ``role``, ``file``, ``code``, ``severity``, ``outcome``, ``stage``
(delivery or print), ``repaired``, ``waived``, ``start_tc`` (in the film), ``start_s`` (in the file), ``observed``,
``expected``, ``unit``, ``message``, ``advice``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.tables import as_csv
from stemkit.texts.language import DEFAULT

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


def render(report: Report, lang: str = DEFAULT) -> str:
    """Return the findings as CSV; the columns keep their names in every language."""
    chapters = {chapter["number"]: chapter for chapter in report["chapters"]}
    say = Speech(lang)
    return as_csv(COLUMNS, (_row(one, chapters.get(one["chapter"], {}), say) for one in report["findings"]))


def _row(finding: Mapping[str, Any], chapter: Mapping[str, Any], say: Speech) -> list[Any]:
    message, advice = say.told(finding)
    own = {**finding, "title": chapter.get("title"), "creator": chapter.get("creator"), "file": finding["name"]}
    return [{**own, "message": message, "advice": advice}.get(column) for column in COLUMNS]
