"""The report as it is: the one form from which all others can be made again."""

from __future__ import annotations

import json

from stemkit.report.model import Report

SUFFIX = ".json"
MEDIA_TYPE = "application/json"


def render(report: Report) -> str:
    """Return the report as JSON text.

    Raises
    ------
    ValueError
        If a number is not finite: JSON has no such thing, and a report must not hold one.
    """
    return json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
