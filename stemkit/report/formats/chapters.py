"""Chapters as a table for spreadsheets, one line each, safe to open there.

Columns: ``number``, ``title``, ``creator``, ``verdict``, ``start_tc``, ``end_tc``, ``length_frames``, ``errors`` and
``warnings`` that are open, ``loudness_lufs``, ``range_lu``, ``true_peak_dbtp`` (the sum as delivered),
``mixed_lufs``, ``dialogue_lufs`` (in the mix), and for each role ``…_format`` (as delivered) and ``…_lufs``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemkit.report.matrix import ROLES
from stemkit.report.model import Report
from stemkit.report.tables import as_csv
from stemkit.report.words import media_format

SUFFIX = ".csv"
MEDIA_TYPE = "text/csv"

_OWN = ("number", "title", "creator", "verdict", "start_tc", "end_tc", "length_frames")
_MEASURED = {
    "loudness_lufs": "programme_loudness_lufs",
    "range_lu": "loudness_range_lu",
    "true_peak_dbtp": "true_peak_dbtp",
}
_MIXED = {"mixed_lufs": "programme_loudness_lufs", "dialogue_lufs": "dialogue_lufs"}
_BY_ROLE = tuple(f"{role.lower()}_{what}" for role in ROLES for what in ("format", "lufs"))
COLUMNS = (*_OWN, "errors", "warnings", *_MEASURED, *_MIXED, *_BY_ROLE)


def render(report: Report) -> str:
    """Return the chapters as CSV."""
    return as_csv(COLUMNS, (_row(chapter, report) for chapter in report["chapters"]))


def _row(chapter: Mapping[str, Any], report: Report) -> list[Any]:
    measured, mixed = chapter.get("measured") or {}, chapter.get("mixed") or {}
    own = [f for f in report["findings"] if f["chapter"] == chapter["number"] and f["outcome"] != "skip"]
    left = [f["severity"] for f in own if not f["waived"] and not f["repaired"]]
    return [
        *(chapter.get(name) for name in _OWN),
        left.count("error"),
        left.count("warning"),
        *(measured.get(name) for name in _MEASURED.values()),
        *(mixed.get(name) for name in _MIXED.values()),
        *(value for role in ROLES for value in _of_role(chapter, role)),
    ]


def _of_role(chapter: Mapping[str, Any], role: str) -> tuple[str | None, float | None]:
    stems = [stem for stem in chapter["stems"] if stem["role"] == role and stem["media"]]
    if not stems:
        return None, None
    levels = [(stem.get("measured") or {}).get("programme_loudness_lufs") for stem in stems]
    return " + ".join(media_format(stem["media"]) for stem in stems), levels[0] if len(levels) == 1 else None
