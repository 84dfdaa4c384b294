"""What ``measure`` found, for people, spreadsheets and other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

from stemkit.core.units import format_duration

CURVE_STEP_S = 0.1
_HEAD = ("file", "channels", "length", "I LUFS", "LRA LU", "M max", "S max", "dBTP", "dBFS")
_NUMBERS = (
    "programme_loudness_lufs",
    "loudness_range_lu",
    "max_momentary_lufs",
    "max_short_term_lufs",
    "true_peak_dbtp",
    "sample_peak_dbfs",
)


def rows(files: Sequence[Mapping[str, object]]) -> list[list[str]]:
    """Return a table of measured files, its head first; ``–`` stands for what is undefined."""
    return [list(_HEAD), *[_row(file) for file in files]]


def _row(file: Mapping[str, object]) -> list[str]:
    if file["error"] is not None:
        return [str(file["name"]), f"not measured: {file['error']}", *[""] * (len(_HEAD) - 2)]
    rate = file["sample_rate_hz"]
    kind = f"{file['layout'] or file['channels']} {rate / 1000 if isinstance(rate, int) else 0:g}k"
    duration = file["duration_s"]
    numbers = [_number(file[name]) for name in _NUMBERS]
    return [str(file["name"]), kind, format_duration(duration if isinstance(duration, float) else 0.0), *numbers]


def _number(value: object) -> str:
    return f"{round(value, 1) + 0.0:.1f}" if isinstance(value, float) else "–"


def notes(files: Sequence[Mapping[str, object]]) -> list[str]:
    """Return what a reader of the table must know: assumed layouts and why numbers are missing."""
    said: list[str] = []
    for file in files:
        name, layout = file["name"], file["layout"]
        channels = file["channels"]
        if file["layout_source"] == "assumed" and isinstance(channels, int) and channels > 2:
            said.append(
                f"{name}: the file does not say what its {channels} channels are; {layout} was assumed (--layout)"
            )
        undefined = file["undefined"]
        if file["error"] is None and isinstance(undefined, Mapping) and undefined:
            reasons = ", ".join(dict.fromkeys(str(reason) for reason in undefined.values()))
            said.append(f"{name}: undefined because {reasons}")
    return said


def as_csv(files: Sequence[Mapping[str, object]]) -> str:
    """Return one line a file, with every field of the JSON contract; reasons are joined into one column."""
    out = io.StringIO()
    names = list(files[0]) if files else []
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    for file in files:
        undefined = file["undefined"]
        joined = "; ".join(f"{k}: {v}" for k, v in undefined.items()) if isinstance(undefined, Mapping) else ""
        writer.writerow({**file, "undefined": joined})
    return out.getvalue().rstrip("\n")


def curve_as_csv(curves: Sequence[Mapping[str, object]]) -> str:
    """Return curves as lines of file, time, momentary, short-term, true peak; empty where undefined."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "time_s", "momentary_lufs", "short_term_lufs", "true_peak_dbtp"])
    for curve in curves:
        columns = [curve["momentary_lufs"], curve["short_term_lufs"], curve["true_peak_dbtp"]]
        lists = [column if isinstance(column, list) else [] for column in columns]
        for i in range(max(map(len, lists), default=0)):
            values = [column[i] if i < len(column) else None for column in lists]
            cells = ["" if value is None else f"{value:.3f}" for value in values]
            writer.writerow([curve["path"], f"{i * CURVE_STEP_S:.1f}", *cells])
    return out.getvalue()


def curve_as_json(curves: Sequence[Mapping[str, object]]) -> str:
    """Return curves as one JSON object."""
    return json.dumps({"schema": "stemkit/curve/1", "step_s": CURVE_STEP_S, "files": list(curves)}, allow_nan=False)
