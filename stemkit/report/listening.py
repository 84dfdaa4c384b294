"""An excerpt of a mix for the terminal: which files, at what level, and whether they are what the mix has there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stemkit.report.mix import conformed_as_text, null_as_text, refused_as_text
from stemkit.report.words import clock, number, shown, typeset


def excerpt_as_text(data: Mapping[str, Any]) -> str:
    """Return the JSON object of an excerpt as lines for people."""
    return "\n".join(refused_as_text(data) if data.get("refused") or not data["excerpts"] else _lines(data))


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    rate_hz = data["sample_rate_hz"]
    for one in data["excerpts"]:
        chapters = one["chapters"]
        named = f"chapter {chapters[0]}" if len(chapters) == 1 else f"chapters {chapters[0]} to {chapters[-1]}"
        start, end = (clock(one[key] / rate_hz) for key in ("start_samples", "end_samples"))
        yield f"{named}, {start} to {end} of the film"
        for each in one["prints"]:
            measured = each["measured"]
            levels = f"{number(measured['programme_loudness_lufs'])} LUFS  {number(measured['true_peak_dbtp'], 2)} dBTP"
            yield f"  {shown(each['path'])}  {levels}"
        yield f"  level: {_level(one, data)}"
        yield from null_as_text(one["null_test"])
        if one["as_in_the_mix"] is not None:
            changed = "not what the full mix in this folder has there: its stems or settings have changed"
            yield f"  {'the very samples of the full mix in this folder' if one['as_in_the_mix'] else changed}"
    yield from conformed_as_text(data.get("conformed"))
    for each in data["missing"]:
        yield f"  silence stands for {each['role'] or '?'} of chapter {each['chapter']}: {typeset(each['reason'])}"
    yield f"written to {shown(data['out'])}"


def _level(one: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    gain = f"{number(one['applied_gain_db'], sign=True)} dB"
    if data["level"]["from"] == "mix":
        ceiling = data["level"]["limiter_ceiling_dbtp"]
        limited = f" and its limiter at {number(ceiling, 2)} dBTP" if ceiling is not None else ""
        return f"{gain}, the gain of the full mix in this folder{limited}"
    if one["applied_gain_db"]:
        return f"{gain}, so that nothing clips; the film's level is known when all of it was mixed"
    return "as the stems are; the film's level is known when all of it was mixed ('stemkit mix' into the same folder)"
