"""What conforming planned or did, as rows and lines for people; made of the JSON object alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

_KINDS = {
    "retag": "believe {sample_rate_hz} Hz",
    "remap_channels": "to {layout}",
    "resample": "to {sample_rate_hz} Hz",
    "fit_length": "to {length_samples} samples",
    "apply_gain": "gain {gain_db:+.2f} dB",
    "requantise": "as {subtype}",
    "rewrap": "into {container}",
    "rename": "name",
}


def conform_rows(data: Mapping[str, Any]) -> list[list[str]]:
    """Return the table of a ``conform`` object: head, then one row for every item."""
    rows = [["ch", "role", "status", "source", "steps"]]
    return rows + [_row(item) for item in data["items"]]


def conform_notes(data: Mapping[str, Any]) -> list[str]:
    """Return what a person must know or do, item by item."""
    return [
        f"chapter {item['chapter']} {item['role'] or 'no role'} {item['status']}: {item['reason']}"
        for item in data["items"]
        if item["reason"] is not None and item["status"] != "unchanged"
    ]


def conform_verdict(data: Mapping[str, Any], *, has_written: bool) -> str:
    """Return the last line: how many files became what, and where they are."""
    count = Counter(item["status"] for item in data["items"])
    words = ", ".join(f"{count[word]} {word}" for word in _STATUSES if count[word])
    if count["planned"]:
        return f"Plan: {words}. Nothing was written."
    if not has_written:
        return f"Nothing to do: {words or 'there are no stems'}. Nothing was written."
    return f"Conformed into {data['out']}: {words}. Receipts are in {data['out']}/receipts."


_STATUSES = ("written", "planned", "unchanged", "skipped", "failed")


def _row(item: Mapping[str, Any]) -> list[str]:
    steps = _steps(item["steps"])
    return [str(item["chapter"]), item["role"] or "-", item["status"], item["name"], steps]


def _steps(steps: Sequence[Mapping[str, Any]]) -> str:
    words = [_KINDS[step["kind"]].format(**step) + ("" if step["safe"] else " (unsafe)") for step in steps]
    return ", ".join(words) or "-"
