"""One picture of a sound at a glance: loudness over time, its gates and peaks, as SVG or PNG."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from stemkit.core.errors import OutputError, Problem
from stemkit.core.files import write_atomically
from stemkit.core.names import utf8
from stemkit.core.units import format_duration, format_level

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 1000, 320, 56, 44, 28
_FLOOR, _CEILING = -60.0, 3.0
_COLUMNS = _WIDTH - _LEFT - 16
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


def write_plot(path: Path, curves: Sequence[Mapping[str, object]]) -> None:
    """Draw the curves of some sounds below each other into an ``.svg`` or ``.png`` file.

    Raises
    ------
    OutputError
        If the file cannot be written, or a PNG is wanted and no Chromium is installed.
    """
    svg = draw(curves)
    if path.suffix.lower() == ".png":
        _write_png(path, svg, len(curves))
    else:
        write_atomically(path, svg)


def draw(curves: Sequence[Mapping[str, object]], target_lufs: float | None = None) -> str:
    """Return the picture as SVG text.

    Parameters
    ----------
    target_lufs
        Level around which a band of ±1 LU is drawn; the programme loudness itself by default.
    """
    height = _HEIGHT * max(1, len(curves))
    panels = "".join(_panel(curve, i * _HEIGHT, target_lufs) for i, curve in enumerate(curves))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'font-family="system-ui,sans-serif" font-size="11">'
        "<style>.bg{fill:#fff}.t{fill:#222}.g{stroke:#ddd}.m{stroke:#9bb7d4;fill:none}.s{stroke:#1c4e80;fill:none;"
        "stroke-width:1.5}.b{fill:#2e7d32;opacity:.13}.gate{stroke:#a66;stroke-dasharray:5 4}.p{fill:#c62828}"
        "@media(prefers-color-scheme:dark){.bg{fill:#16191d}.t{fill:#ddd}.g{stroke:#333}.s{stroke:#7fb2e5}"
        ".m{stroke:#3f5f80}}</style>"
        f'<rect class="bg" width="{_WIDTH}" height="{height}"/>{panels}</svg>\n'
    )


def _y(level: float, top: int) -> float:
    inside = min(_CEILING, max(_FLOOR, level))
    return top + _TOP + (_CEILING - inside) / (_CEILING - _FLOOR) * (_HEIGHT - _TOP - _BOTTOM)


def _values(curve: Mapping[str, object], name: str) -> list[float | None]:
    values = curve[name]
    return values if isinstance(values, list) else []


def _panel(curve: Mapping[str, object], top: int, target_lufs: float | None) -> str:
    measured = curve["measured"]
    numbers = measured if isinstance(measured, Mapping) else {}
    programme = numbers.get("programme_loudness_lufs")
    momentary, short_term = _values(curve, "momentary_lufs"), _values(curve, "short_term_lufs")
    peaks = _values(curve, "true_peak_dbtp")
    count = max(len(momentary), len(peaks), 1)
    parts = [
        f'<text class="t" x="{_LEFT}" y="{top + 18}" font-weight="600">{escape(str(curve["name"]), quote=False)}</text>'
    ]
    parts.append(f'<text class="t" x="{_LEFT}" y="{top + 34}">{escape(_caption(numbers), quote=False)}</text>')
    for level in range(-60, 1, 10):
        y = _y(level, top)
        parts.append(f'<line class="g" x1="{_LEFT}" x2="{_WIDTH - 16}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="t" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{level}</text>')
    centre = target_lufs if target_lufs is not None else programme
    if isinstance(centre, float):
        upper, lower = _y(centre + 1.0, top), _y(centre - 1.0, top)
        parts.append(
            f'<rect class="b" x="{_LEFT}" width="{_COLUMNS}" y="{upper:.1f}" height="{max(1.0, lower - upper):.1f}"/>'
        )
    if isinstance(programme, float):
        y = _y(programme - 10.0, top)
        parts.append(f'<line class="gate" x1="{_LEFT}" x2="{_WIDTH - 16}" y1="{y:.1f}" y2="{y:.1f}"/>')
    parts.append(_line(momentary, count, top, "m", delay=2))
    parts.append(_line(short_term, count, top, "s", delay=15))
    parts.append(_marks(peaks, count, top))
    for i in range(6):
        x = _LEFT + _COLUMNS * i / 5
        parts.append(f'<text class="t" x="{x:.0f}" y="{top + _HEIGHT - 8}" text-anchor="middle">'
                     f"{format_duration(count * 0.1 * i / 5)}</text>")  # fmt: skip
    return "".join(parts)


def _caption(numbers: Mapping[str, object]) -> str:
    def level(name: str, unit: str) -> str:
        value = numbers.get(name)
        return format_level(value if isinstance(value, float) else None, unit)

    return "   ".join(
        (
            f"I {level('programme_loudness_lufs', 'LUFS')}",
            f"LRA {level('loudness_range_lu', 'LU')}",
            f"max M {level('max_momentary_lufs', 'LUFS')}",
            f"max S {level('max_short_term_lufs', 'LUFS')}",
            f"true peak {level('true_peak_dbtp', 'dBTP')}",
        )
    )


def _line(values: Sequence[float | None], count: int, top: int, name: str, delay: int) -> str:
    """Return the curve with one step a column: the highest value of each, gaps where nothing is defined."""
    highest: dict[int, float] = {}
    for i, value in enumerate(values):
        if value is not None and value > _FLOOR:
            column = (i + delay) * _COLUMNS // max(1, count)
            highest[column] = max(highest.get(column, _FLOOR), value)
    path, last = [], -10
    for column in sorted(highest):
        gap = column - last > max(2, _COLUMNS // max(1, count) + 1)
        path.append(f"{'M' if gap else 'L'}{_LEFT + column} {_y(highest[column], top):.1f}")
        last = column
    return f'<path class="{name}" d="{"".join(path)}"/>' if path else ""


def _marks(peaks: Sequence[float | None], count: int, top: int) -> str:
    """Return a mark at each of the highest true peaks: all within 0.1 dB of the largest, twelve at most."""
    known = [(value, i) for i, value in enumerate(peaks) if value is not None]
    if not known:
        return ""
    largest = max(known)[0]
    near = sorted((i for value, i in known if value >= largest - 0.1))[:12]
    return "".join(
        f'<circle class="p" cx="{_LEFT + i * _COLUMNS / count:.1f}" cy="{_y(largest, top):.1f}" r="3"/>' for i in near
    )


def _write_png(path: Path, svg: str, panels: int) -> None:
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        message = "a PNG is drawn by Chromium, and none is installed"
        raise OutputError(Problem("no_chromium", message, "write an .svg instead, or install Chromium", path=str(path)))
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "plot.svg", Path(folder) / "plot.png"
        source.write_bytes(utf8(svg))
        size = f"--window-size={_WIDTH},{_HEIGHT * max(1, panels)}"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", size, f"--screenshot={target}"]
        run = subprocess.run([browser, *options, source.as_uri()], capture_output=True, timeout=120, check=False)  # noqa: S603
        if run.returncode or not target.exists():
            message = "Chromium could not draw the picture"
            raise OutputError(Problem("chromium_failed", message, "write an .svg instead", path=str(path)))
        write_atomically(path, target.read_bytes())
