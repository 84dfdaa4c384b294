"""Evidence for findings, made while their files are at hand: the sound around them, the file, the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.errors import MediaError
from stemkit.core.facts import FilmFacts
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import Span
from stemkit.meters import loudness
from stemkit.meters._ledger import Ledger
from stemkit.report.pictures import CURVE, ENVELOPE, MOST_POINTS, WAVEFORM, encode_levels, encode_pairs, evidence

_COLUMNS = MOST_POINTS // 2
_MOST, _AROUND_S, _LONGEST_S = 400, 0.25, 20.0
_HEARD = ("SIG", "PEK", "LUD", "STM003", "STM007", "STM008", "STM009", "LEN")
_OF_LEVEL = ("LUD", "MIX001")


@dataclass(frozen=True, slots=True)
class Sounds:
    """What evidence is taken from: the ledgers of files and of prints, by path and by name."""

    files: Mapping[Path, Ledger] = field(default_factory=dict)
    prints: Mapping[str, Ledger] = field(default_factory=dict)
    media: Mapping[Path, MediaInfo] = field(default_factory=dict)

    @classmethod
    def of_stems(cls, facts: FilmFacts, ledgers: Mapping[Path, Ledger], prints: Mapping[str, Ledger]) -> Sounds:
        """Return a film's stems by the paths that findings name, and its prints."""
        given = facts.given
        media = {one.stem.path: one.media for chapter in facts.chapters for one in chapter.stems if one.media}
        return cls(
            {given.get(path, path): ledger for path, ledger in ledgers.items()},
            prints,
            {given.get(path, path): one for path, one in media.items()},
        )


def with_evidence(findings: Sequence[Mapping[str, Any]], sounds: Sounds) -> list[dict[str, Any]]:
    """Return the findings, those about something that can be seen with a picture's points.

    What cannot be read any more is left without: evidence is never a reason to fail.
    """
    made, left = [], _MOST
    for finding in findings:
        found = _evidence(finding, sounds) if left > 0 and finding["outcome"] == "fail" else None
        left -= found is not None
        made.append({**finding, "evidence": found})
    return made


def _evidence(finding: Mapping[str, Any], sounds: Sounds) -> dict[str, Any] | None:
    if not str(finding["code"]).startswith((*_HEARD, *_OF_LEVEL)):
        return None
    ledger = _ledger(finding, sounds)
    if ledger is not None and str(finding["code"]).startswith(_OF_LEVEL):
        return _curve(ledger)
    if finding["start_s"] is not None and finding["path"]:
        try:
            return _around(finding, sounds)
        except (MediaError, OSError):
            return None
    return _envelope(ledger) if ledger is not None else None


def _ledger(finding: Mapping[str, Any], sounds: Sounds) -> Ledger | None:
    if finding["path"]:
        return sounds.files.get(Path(finding["path"]))
    if finding["chapter"] is None:
        return sounds.prints.get(str(finding["params"].get("print") or "FULL"))
    return None


def _around(finding: Mapping[str, Any], sounds: Sounds) -> dict[str, Any] | None:
    """Return the waveform of what is meant and a little around it."""
    path = Path(finding["path"])
    media = sounds.media.get(path) or probe(path)
    if not media.is_usable:
        return None
    rate = media.sample_rate_hz
    end_s = min(finding["end_s"], finding["start_s"] + _LONGEST_S)
    around = max(_AROUND_S, 0.25 * (end_s - finding["start_s"]))
    first = max(0, int((finding["start_s"] - around) * rate))
    last = min(media.length_samples, int((end_s + around) * rate))
    if last - first < 2:
        return None
    blocks = [np.stack([b.min(axis=1), b.max(axis=1)], axis=1) for b in read_blocks(media, Span(first, last))]
    low, high = _columns(np.concatenate(blocks))
    zone = (finding["start_s"], finding["end_s"])
    return evidence(WAVEFORM, encode_pairs(low, high), first / rate, last / rate, zone)


def _columns(pairs: Any) -> tuple[Any, Any]:
    starts = np.linspace(0, len(pairs), min(_COLUMNS, len(pairs)) + 1).astype(np.int64)[:-1]
    return np.minimum.reduceat(pairs[:, 0], starts), np.maximum.reduceat(pairs[:, 1], starts)


def _envelope(ledger: Ledger) -> dict[str, Any] | None:
    """Return the peaks of a whole file, 100 ms each."""
    if len(ledger.peak) < 2:
        return None
    peaks = ledger.peak.max(axis=1)
    low, high = _columns(np.stack([-peaks, peaks], axis=1))
    return evidence(ENVELOPE, encode_pairs(low, high), 0.0, ledger.duration_s)


def _curve(ledger: Ledger) -> dict[str, Any] | None:
    values = loudness.short_term_curve(ledger, 10) if ledger.layout is not None else []
    if len(values) < 2:
        return None
    step = max(1, -(-len(values) // MOST_POINTS))
    thinned = [_loudest(values[i : i + step]) for i in range(0, len(values), step)]
    return evidence(CURVE, encode_levels(thinned), 0.0, ledger.duration_s)


def _loudest(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
