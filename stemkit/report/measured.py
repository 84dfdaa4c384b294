"""What ``measure`` found, for people, spreadsheets and other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

from stemkit.core.units import format_duration

CURVE_STEP_S = 0.1
_SHOWN_OVERS = 20
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


def lines(files: Sequence[Mapping[str, object]]) -> list[str]:
    """Return what was asked for beside the table, for people."""
    said: list[str] = []
    for file in files:
        name = file["name"]
        said += [f"{name}: {line}" for line in [*_dialogue(file), *_leq_m(file), *_overs(file)]]
    return said


def _dialogue(file: Mapping[str, object]) -> list[str]:
    read = file["dialogue"]
    if not isinstance(read, Mapping):
        return []
    share = read["speech_share"]
    if read["dialogue_lufs"] is None:
        return [f"no dialogue ({read['undefined'].get('dialogue_lufs')})"]
    line = (
        f"dialogue {_number(read['dialogue_lufs'])} LUFS ({read['gate']}), speech in {100.0 * share:.0f} %, "
        f"voice alone {_number(read['voice_lufs'])} LUFS, dialogue range {_number(read['dialogue_range_lu'])} LU, "
        f"programme minus dialogue {_number(read['ldr_lu'])} LU"
    )
    if read["voice_to_background_lu"] is None:
        return [line]
    least = _number(read["lowest_voice_to_background_lu"])
    middle = _number(read["voice_to_background_lu"])
    return [line, f"voice above background: {middle} LU in the middle, at least {least} LU for nine tenths of it"]


def _leq_m(file: Mapping[str, object]) -> list[str]:
    read = file["leq_m"]
    if not isinstance(read, Mapping):
        return []
    if read["leq_m_db"] is None:
        return [f"no Leq(m): {read['undefined']}"]
    return [f"Leq(m) {_number(read['leq_m_db'])} dB (LFE at {read['lfe_db']:+g} dB)"]


def _overs(file: Mapping[str, object]) -> list[str]:
    read = file["overs"]
    if not isinstance(read, Mapping):
        return []
    places = read["places"]
    head = f"true peak over {read['limit_dbtp']:g} dBTP: {read['count']} places of 100 ms"
    said = [f"  {format_duration(place['at_s'])}  {place['channel']:<4} {place['dbtp']:+.2f} dBTP" for place in places]
    more = [f"  and {len(said) - _SHOWN_OVERS} more (--json lists them all)"] if len(said) > _SHOWN_OVERS else []
    return [head, *said[:_SHOWN_OVERS], *more]


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
    flat = [_flat(file) for file in files]
    names = dict.fromkeys(name for row in flat for name in row)
    writer = csv.DictWriter(out, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue().rstrip("\n")


def _flat(file: Mapping[str, object]) -> dict[str, object]:
    """Bring the entry of a file into columns; what is a list is left to the JSON."""
    columns: dict[str, object] = {}
    for name, value in file.items():
        if name == "undefined" and isinstance(value, Mapping):
            columns[name] = "; ".join(f"{k}: {v}" for k, v in value.items())
        elif isinstance(value, Mapping):
            prefix = "" if name == "details" else f"{name}_"
            plain = {k: v for k, v in value.items() if k != "undefined" and not isinstance(v, (list, tuple, Mapping))}
            columns |= {k if k.startswith(prefix) else prefix + k: v for k, v in plain.items()}
        elif name not in ("details", "overs", "dialogue", "leq_m"):
            columns[name] = value
    return columns


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
