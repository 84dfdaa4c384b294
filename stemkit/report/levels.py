"""What the prints say about each chapter, each join and the voice: out of their ledgers, nothing is read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from stemkit.report.curves import SHORT_TERM_S, encode

if TYPE_CHECKING:
    from stemkit.meters._ledger import Ledger

_JOIN_S = 3.0
_MOST_OVERS, _MOST_LINES = 200, 24
_LINE_S = 1.0
_CHAPTER_SUM = "FULL"


def chapter_levels(chapter: Mapping[str, Any], ledgers: Mapping[str, Ledger]) -> dict[str, Any] | None:
    """Return loudness, dialogue level and loudness by role of a chapter, as it stands in the prints."""
    from stemkit.meters.loudness import loudness_of_range

    full, start, end = ledgers.get(_CHAPTER_SUM), chapter["start_s"], chapter["end_s"]
    if full is None or start is None:
        return None
    roles = {name: ledger for name, ledger in ledgers.items() if name != _CHAPTER_SUM}
    return {
        "programme_loudness_lufs": loudness_of_range(full, start, end).programme_lufs,
        "dialogue_lufs": _dialogue_of_range(full, ledgers.get("VO"), start, end),
        "roles": {name: loudness_of_range(ledger, start, end).programme_lufs for name, ledger in roles.items()},
    }


def _dialogue_of_range(full: Ledger, voice: Ledger | None, start_s: float, end_s: float) -> float | None:
    import numpy as np

    from stemkit.meters.dialogue import speech_windows
    from stemkit.meters.loudness import lufs

    if voice is None or voice.cell_rate_hz != full.cell_rate_hz:
        return None
    speaks = np.repeat(speech_windows(voice), 10)[: len(full.cells)]
    first, last = round(start_s * 100), round(end_s * 100)
    heard = full.cells[: len(speaks)][first:last][speaks[first:last]]
    power = float(heard.mean()) / (full.cell_rate_hz / 100.0) if len(heard) else 0.0
    return lufs(power) if power > 1e-20 else None


def with_join_levels(
    boundaries: Sequence[Mapping[str, Any]], chapters: Sequence[Mapping[str, Any]], ledgers: Mapping[str, Ledger]
) -> list[dict[str, Any]]:
    """Return the joins with where they are, and the loudness of the 3 s before and after, in the prints."""
    ends = {chapter["number"]: chapter.get("end_s") for chapter in chapters}
    return [{**join, "at_s": ends.get(join["after"]), **_around(join, ends, ledgers)} for join in boundaries]


def _around(join: Mapping[str, Any], ends: Mapping[int, float | None], ledgers: Mapping[str, Ledger]) -> dict[str, Any]:
    from stemkit.meters.loudness import loudness_of_range

    at, ledger = ends.get(join["after"]), ledgers.get(join["role"])
    if at is None or ledger is None:
        return dict.fromkeys(("before_lufs", "after_lufs", "step_lu"))
    before = loudness_of_range(ledger, at - _JOIN_S, at).programme_lufs
    after = loudness_of_range(ledger, at, at + _JOIN_S).programme_lufs
    step = None if before is None or after is None else after - before
    return {"before_lufs": before, "after_lufs": after, "step_lu": step}


def overs_of(
    prints: Sequence[Mapping[str, Any]], limit_dbtp: float | None, ledgers: Mapping[str, Ledger]
) -> list[dict[str, Any]]:
    """Return the places of each print whose peaks are above a limit, 100 ms each, the highest of its place."""
    return [] if limit_dbtp is None else list(_overs(prints, limit_dbtp, ledgers))[:_MOST_OVERS]


def _overs(
    prints: Sequence[Mapping[str, Any]], limit_dbtp: float, ledgers: Mapping[str, Ledger]
) -> Iterator[dict[str, Any]]:
    import numpy as np

    for each in prints:
        ledger, measured = ledgers.get(each["name"]), each["measured"]
        if ledger is None or measured["true_peak_dbtp"] is None or measured["true_peak_dbtp"] <= limit_dbtp:
            continue
        peaks = (ledger.true_peak_curve if len(ledger.true_peak_curve) else ledger.peak).max(axis=1)
        for window in np.flatnonzero(peaks > 10.0 ** (limit_dbtp / 20.0)).tolist():
            yield {"print": each["name"], "at_s": window / 10.0, "peak_dbtp": 20.0 * float(np.log10(peaks[window]))}
        if measured["true_peak_at_s"] is not None and not len(ledger.true_peak_curve):
            yield {"print": each["name"], "at_s": measured["true_peak_at_s"], "peak_dbtp": measured["true_peak_dbtp"]}


def dialogue_of(ledgers: Mapping[str, Ledger], limit_lu: float | None = None) -> dict[str, Any] | None:
    """Return the voice against everything else, over the film and line by line; `None` where a print is absent.

    Parameters
    ----------
    limit_lu
        How far the voice has to be above the background; without one the lowest lines are listed.
    """
    full, voice, rest = (ledgers.get(name) for name in ("FULL", "VO", "ME"))
    if full is None or voice is None or rest is None or full.layout is None:
        return None
    from stemkit.meters.dialogue import read_dialogue, voice_to_background_curve
    from stemkit.meters.loudness import read

    values = voice_to_background_curve(voice, rest)
    read_now = asdict(read_dialogue(full, voice, rest))
    return {
        **{key: value for key, value in read_now.items() if key != "undefined"},
        "undefined": dict(read_now["undefined"]),
        "background_lufs": read(rest).programme_lufs,
        "limit_lu": limit_lu,
        "lines": _lines(values, limit_lu),
        "curve": {**encode(values, SHORT_TERM_S), "unit": "LU"},
    }


def _lines(values: Sequence[float | None], limit_lu: float | None) -> list[dict[str, Any]]:
    """Return the runs of speech with what the voice has above the rest at worst, the most masked first."""
    lines: list[dict[str, Any]] = []
    run: list[float] = []
    for index, value in enumerate([*values, None]):
        if value is not None:
            run.append(value)
        elif run:
            start = (index - len(run)) / 10.0 + SHORT_TERM_S / 2
            lines.append({"start_s": start, "end_s": start + len(run) / 10.0, "lowest_lu": min(run)})
            run = []
    told = [line for line in lines if line["end_s"] - line["start_s"] >= _LINE_S]
    told = [line for line in told if limit_lu is None or line["lowest_lu"] < limit_lu]
    return sorted(told, key=lambda line: line["lowest_lu"])[:_MOST_LINES]
