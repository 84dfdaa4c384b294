"""Three seconds of sound around each finding, as data of the page only."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stemkit.audio.probe import probe
from stemkit.audio.snippet import snippet
from stemkit.core.errors import MediaError, OutputError
from stemkit.core.timebase import Span
from stemkit.intake.unpacked import file_at
from stemkit.report.model import Report
from stemkit.store.facts import open_store
from stemkit.workflows._mix_parts import parts_in

_LENGTH_S = 3.0
_MOST = 60


def with_sound(report: Report, folder: Path | None) -> dict[str, Any]:
    """Return the report with something to listen to at each finding whose file is still there.

    Parameters
    ----------
    folder
        Of the prints, for findings about them.
    """
    left, findings = _MOST, []
    for finding in report["findings"]:
        sound = _sound(finding, report, folder) if left else None
        left -= sound is not None
        findings.append({**finding, "sound": sound} if sound else finding)
    return {**report, "findings": findings}


def _sound(finding: Mapping[str, Any], report: Report, folder: Path | None) -> str | None:
    if finding["outcome"] != "fail" or finding["severity"] == "info" or finding["repaired"]:
        return None
    try:
        path, at_s = _place(finding, report, folder)
        media = probe(path) if path is not None else None
        if media is None or not media.is_usable:
            return None
        rate = media.sample_rate_hz
        start = min(max(0, int((at_s - _LENGTH_S / 2) * rate)), max(0, media.length_samples - int(_LENGTH_S * rate)))
        end = min(media.length_samples, start + int(_LENGTH_S * rate))
        kind, data = snippet(media, Span(start, end))
    except (MediaError, OutputError, OSError, RuntimeError):
        return None
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _place(finding: Mapping[str, Any], report: Report, folder: Path | None) -> tuple[Path | None, float]:
    """Return where to listen: in the file that is meant, else in the full mix."""
    if finding["path"] and finding["start_s"] is not None:
        middle = (finding["start_s"] + min(finding["end_s"], finding["start_s"] + _LENGTH_S)) / 2
        return file_at(Path(finding["path"]), open_store()), middle
    full = next((one for one in report["prints"] if one["name"] == "FULL"), None)
    if folder is not None and full is not None and finding["at_s"] is not None:
        return _in_file(full, finding["at_s"], report["film"]["sample_rate_hz"], folder)
    return None, 0.0


def _in_file(row: Mapping[str, Any], at_s: float, rate_hz: int, folder: Path) -> tuple[Path | None, float]:
    """Return the file of a print that holds a place of the film, and where it is in there."""
    for part in parts_in(row):
        position = round(at_s * rate_hz) - part["start_samples"]
        if 0 <= position < part["programme_samples"]:
            return folder / part["path"], (position + part["head_samples"]) / rate_hz
    return None, 0.0
