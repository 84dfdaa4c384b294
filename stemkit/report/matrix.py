"""Chapters by roles: who delivered what, as what it went into the mix, how loud it is, what is left to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import DASH, clock, media_format, number, shown

ROLES = ("VO", "SFX", "MUSIC")


@dataclass(frozen=True, slots=True)
class StemCell:
    """One stem in the table: its format as delivered and, where that differs, as conformed; its levels."""

    format: str
    fate: str
    conformed: str
    levels: str


@dataclass(frozen=True, slots=True)
class Row:
    """One chapter in the table: who, where, what was delivered per role, how loud."""

    number: int
    title: str
    creator: str
    start: str
    length: str
    stems: Mapping[str, tuple[StemCell, ...]]
    loudness: str
    true_peak: str
    dialogue: str
    dialogue_value: float | None
    trim: str
    state: str
    verdict: str
    keys: Mapping[str, float | None]
    """What the columns sort by."""


def build_rows(report: Report, states: Mapping[int, str], say: Speech) -> Iterator[Row]:
    """Yield a row for each chapter."""
    trims = {one["chapter"]: one.get("trim_db") for one in (report.get("balance") or {}).get("chapters", ())}
    for chapter in report["chapters"]:
        yield _row(chapter, report, states[chapter["number"]], trims.get(chapter["number"]), say)


def _row(chapter: Mapping[str, Any], report: Report, state: str, trim: float | None, say: Speech) -> Row:
    measured = chapter.get("measured") or {}
    length = chapter["end_s"] - chapter["start_s"] if chapter["end_s"] is not None else None
    loudness, peak = (measured.get(key) for key in ("programme_loudness_lufs", "true_peak_dbtp"))
    dialogue = (chapter.get("mixed") or {}).get("dialogue_lufs")
    is_repairable = report["kind"] != "mix" and chapter["verdict"] == "fix" and state == "error"
    return Row(
        number=chapter["number"],
        title=shown(chapter["title"] or ""),
        creator=shown(chapter["creator"] or ""),
        start=chapter["start_tc"] or DASH,
        length=clock(length),
        stems={role: tuple(_stems(chapter, role, report, say)) for role in ROLES},
        loudness=number(loudness),
        true_peak=number(peak),
        dialogue=number(dialogue),
        dialogue_value=dialogue,
        trim="" if trim is None else number(trim, sign=True),
        state=state,
        verdict=say("state_repairable" if is_repairable else f"state_{state}"),
        keys={"length": length, "loudness": loudness, "true_peak": peak, "dialogue": dialogue, "trim": trim},
    )


def _stems(chapter: Mapping[str, Any], role: str, report: Report, say: Speech) -> Iterator[StemCell]:
    """Yield each stem of a role; one line that says so where there is none."""
    items = {item["source"]: item for item in report["conform"] if item["chapter"] == chapter["number"]}
    stems = [stem for stem in chapter["stems"] if stem["role"] == role]
    for stem in stems:
        item = items.get(stem["path"])
        is_repaired = bool(item and item["status"] == "written")
        after = (item.get("after") or {}).get("media") if item and is_repaired else None
        fate = "missing" if not stem["media"] else "repaired" if is_repaired else ""
        conformed = shown(media_format(after)) if after else ""
        delivered = shown(media_format(stem["media"])) if stem["media"] else say("missing")
        yield StemCell(delivered, fate, "" if conformed == delivered else conformed, _levels(stem))
    if not stems:
        yield StemCell(say("missing"), "missing", "", "")


def _levels(stem: Mapping[str, Any]) -> str:
    measured = stem.get("measured") or {}
    loudness, peak = measured.get("programme_loudness_lufs"), measured.get("true_peak_dbtp")
    if loudness is None and peak is None:
        return ""
    return f"{number(loudness)} LUFS · {number(peak)} dBTP"
