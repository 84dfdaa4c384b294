"""What the demo did, as lines for people; made of its JSON object alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from stemkit.core.units import format_level
from stemkit.report.words import plural


def demo_lines(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the story of a ``demo`` object: made, found, repaired, written, proven, and where it all is."""
    out, folders = PurePath(data["out"]), data["folders"]
    made = "made" if data["is_new"] else "kept from an earlier run"
    yield f"1  {data['chapters']} chapters from {data['chapters']} people, {made}: {out / folders['deliveries']}"
    yield from _found(data)
    yield from _repaired(data["conform"], str(out / folders["conformed"]))
    yield from _written(data["mix"], out / folders["mix"])


def _found(data: Mapping[str, Any]) -> Iterator[str]:
    counts = data["check"]["counts"]
    words = f"{plural(counts['error'], 'error')}, {plural(counts['warning'], 'warning')}, {counts['waived']} waived"
    yield ""
    yield f"2  check found {words}"
    for fault in data["planted"]:
        mark = "found " if fault["found"] else "MISSED"
        yield f"   {mark}  {fault['code']}  chapter {fault['chapter']} {fault['role'] or '':<5}  {fault['what']}"


def _repaired(conform: Mapping[str, Any], folder: str) -> Iterator[str]:
    counts = Counter(item["status"] for item in conform["items"])
    repaired, untouched = counts["written"], counts["unchanged"]
    yield ""
    if repaired:
        copies = plural(repaired, "repaired copy", "repaired copies")
        yield f"3  conform wrote {copies}, {untouched} were right as they were: {folder}"
    else:
        yield f"3  conform had nothing to do, all is as the earlier run left it: {folder}"


def _written(mix: Mapping[str, Any], folder: PurePath) -> Iterator[str]:
    yield ""
    if not mix["prints"]:
        yield "4  mix was refused"
        for item in mix["refused"]:
            yield f"   chapter {item['chapter']} {item['role'] or ''}: {item['reason']}"
        return
    again = "" if mix["is_new"] else ", unchanged since the earlier run"
    yield f"4  mix wrote {plural(len(mix['prints']), 'print')}{again}: {folder}"
    for row in mix["prints"]:
        measured = row["measured"]
        loudness = format_level(measured["programme_loudness_lufs"], "LUFS")
        peak = format_level(measured["true_peak_dbtp"], "dBTP")
        yield f"   {row['name']:<5}  {loudness:>10}  {peak:>10}  {row['path']}"
    for row in mix["null_test"]["sums"]:
        proof = "exact" if row["exact"] else "NOT EXACT" if row["exact"] is False else row["reason"]
        yield f"   {row['sum']} = {' + '.join(row['of'])}: {proof}"
    yield ""
    yield f"5  report: {folder / mix['report']['html']}"
