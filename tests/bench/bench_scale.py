"""How cost grows with a film: chapters, length, channels, files. Time, processor time and peak memory, with a plot.

``python -m tests.bench scale`` takes some minutes and 2 GB of disk; with ``STEMKIT_BENCH=full`` also 6 hours of film,
100 minutes of 5.1 and of 96 kHz, which need 15 GB and half an hour. Table and plot go to ``build/bench``.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "build" / "bench"
RATE = 48_000
FPS = 24
HEAD = (
    '[film]\ntitle = "Long"\nframe_rate = "24"\nprofile = "{}"\n[defaults]\nhandles = {{ head = "0f", tail = "0f" }}\n'
)
ONE_PRINT = """
name = "one-print"
title = "One print, to measure scale"
revision = "1"
extends = "crowd-film"
[format]
sample_rate_hz = {rate}
bit_depth_bits = 24
float_accepted = true
layout = "{layout}"
containers = ["WAV", "RF64"]
source = "project: a bench"
[roles]
required = ["MUSIC"]
[[prints]]
name = "FULL"
roles = ["MUSIC"]
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of the program took."""

    what: str
    size: float
    wall_s: float
    cpu_s: float
    peak_mib: float


def measured(what: str, size: float, *arguments: object) -> Cost:
    """Run the program in a process of its own and return its cost."""
    environment = {**os.environ, "STEMKIT_CACHE": "off", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "stemkit", *map(str, arguments), "--quiet", "--no-progress"]
    begin = time.monotonic()
    process = subprocess.Popen(command, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{command} ended with {process.returncode}")
    if "-o" in arguments and not Path(str(arguments[-1]), "report.json").is_file():
        raise SystemExit(f"{command} was refused")
    cost = Cost(what, size, time.monotonic() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
    line = f"{what:34} {size:8g} {cost.wall_s:9.1f} s {cost.cpu_s:9.1f} s cpu {cost.peak_mib:8.0f} MiB\n"
    sys.stdout.write(line)
    sys.stdout.flush()
    return cost


def noise(path: Path, seconds: float, *, channels: int = 2, seed: int = 0, rate: int = RATE) -> None:
    """Write noise, a second at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(seed)
    kind = "WAVEX" if channels > 2 else "WAV"
    with soundfile.SoundFile(path, "w", rate, channels, "PCM_24", format=kind) as file:
        left = round(seconds * rate)
        while left:
            length = min(left, rate)
            file.write(0.1 * dice.uniform(-1.0, 1.0, (length, channels)))
            left -= length


def many_chapters(folder: Path, chapters: int) -> Iterator[Cost]:
    """Chapters of two seconds with three stems each."""
    text = HEAD.format("crowd-film")
    for number in range(1, chapters + 1):
        for seed, role in enumerate(("VO", "SFX", "MUSIC")):
            noise(folder / f"ch{number:03}" / f"{role}.wav", 2.0, seed=10 * number + seed)
        text += f'[[chapter]]\nnumber = {number}\nlength = "48f"\nfolder = "ch{number:03}"\n'
    (folder / "film.toml").write_text(text, "utf-8")
    yield measured("check, chapters x 3 stems", chapters, "check", folder / "film.toml")
    yield measured("mix, chapters x 3 stems", chapters, "mix", folder / "film.toml", "-o", folder / "out")


def long_film(folder: Path, hours: float, *, channels: int = 2, rate: int = RATE) -> Iterator[Cost]:
    """A film of ten-minute chapters that all use one file; only the full mix is printed."""
    each_s = min(600, round(hours * 3600))
    layout = {2: "stereo", 6: "5.1"}[channels]
    noise(folder / "one.wav", each_s, channels=channels, rate=rate)
    (folder / "one-print.toml").write_text(ONE_PRINT.format(rate=rate, layout=layout), "utf-8")
    text = HEAD.format("one-print.toml")
    for number in range(1, max(1, round(hours * 3600 / each_s)) + 1):
        text += f'[[chapter]]\nnumber = {number}\nlength = "{each_s * FPS}f"\nstems = {{ MUSIC = "one.wav" }}\n'
    (folder / "film.toml").write_text(text, "utf-8")
    name = f"mix, hours of {layout} at {rate / 1000:g} kHz"
    yield measured(name, hours, "mix", folder / "film.toml", "-o", folder / "out")


def many_files(folder: Path, files: int) -> Iterator[Cost]:
    """One folder with many small files, of which nobody knows what they are."""
    noise(folder / "0000.wav", 0.5)
    raw = (folder / "0000.wav").read_bytes()
    for number in range(1, files):
        (folder / f"{number:04}.wav").write_bytes(raw)
    yield measured("check, files in one folder", files, "check", folder)


def main() -> None:
    """Measure every kind at growing sizes, and write a table and a plot of what came out."""
    is_full = os.environ.get("STEMKIT_BENCH") == "full"
    kinds: list[tuple[Callable[..., Iterator[Cost]], Sequence[float], dict[str, int]]] = [
        (many_files, (500, 1000, 2000), {}),
        (many_chapters, (50, 100, 200), {}),
        (long_film, (0.25, 0.5, 1.0, *((2.0, 6.0) if is_full else ())), {}),
        (long_film, (0.1, 0.25, *((100 / 60,) if is_full else ())), {"rate": 96_000}),
        (long_film, (0.1, 0.25, *((100 / 60,) if is_full else ())), {"channels": 6}),
    ]
    costs: list[Cost] = []
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for kind, sizes, options in kinds:
        for size in sizes:
            with tempfile.TemporaryDirectory(prefix="stemkit-scale-") as name:
                costs += kind(Path(name), size, **options)
            (OUTPUT / "scale.md").write_text(table(costs), "utf-8")
            (OUTPUT / "scale.svg").write_text(plot(costs), "utf-8")
    sys.stdout.write(f"{OUTPUT / 'scale.md'}\n{OUTPUT / 'scale.svg'}\n")


def growth(costs: Sequence[Cost], value: Callable[[Cost], float]) -> float | None:
    """Return the exponent by which a cost grows from the smallest size to the largest: 1 is in proportion.

    What a run costs that does nothing is small beside these, and makes the exponent smaller, never larger.
    """
    if len(costs) < 2:
        return None
    return math.log(value(costs[-1]) / value(costs[0])) / math.log(costs[-1].size / costs[0].size)


def table(costs: Sequence[Cost]) -> str:
    """Return every run as a row of Markdown, with the growth of its kind up to it."""
    rows = ["| what | size | time | processor time | peak memory | grows with size to the power of |", "|" + "---|" * 6]
    for at, cost in enumerate(costs):
        exponent = growth([one for one in costs[: at + 1] if one.what == cost.what], lambda one: one.cpu_s)
        told = "" if exponent is None else f"{exponent:.2f}"
        size, wall, cpu, peak = (
            f"{cost.size:.4g}",
            f"{cost.wall_s:.1f} s",
            f"{cost.cpu_s:.1f} s",
            f"{cost.peak_mib:.0f} MiB",
        )
        rows.append(f"| {cost.what} | {size} | {wall} | {cpu} | {peak} | {told} |")
    return "\n".join(rows) + "\n"


def plot(costs: Sequence[Cost]) -> str:
    """Draw processor time and peak memory over size, each kind as a share of its largest size."""
    panels = [_panel(costs, "processor time, share of the largest", lambda c: c.cpu_s, 0)]
    panels.append(_panel(costs, "peak memory, MiB", lambda c: c.peak_mib, 420))
    panels.append('<path d="M30 230L390 30" stroke="#999" stroke-dasharray="4 3"/>')
    panels.append('<text x="215" y="160" fill="#666">in proportion</text>')
    style = "<style>text{font:11px sans-serif}.a{fill:none;stroke-width:1.5}</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="840" height="340">{style}{"".join(panels)}</svg>\n'


def _panel(costs: Sequence[Cost], title: str, value: Callable[[Cost], float], left: int) -> str:
    names = list(dict.fromkeys(cost.what for cost in costs))
    is_share = "share" in title
    highest = max(map(value, costs))
    parts = [f'<text x="{left + 30}" y="18">{title}</text>']
    parts.append(f'<rect x="{left + 30}" y="30" width="360" height="200" fill="none" stroke="#999"/>')
    for index, name in enumerate(names):
        of = [cost for cost in costs if cost.what == name]
        top = max(map(value, of)) if is_share else highest
        points = " ".join(
            f"{left + 30 + 360 * cost.size / of[-1].size:.1f},{230 - 200 * value(cost) / top:.1f}" for cost in of
        )
        colour = f"hsl({index * 360 // len(names)} 70% 40%)"
        parts.append(f'<polyline class="a" stroke="{colour}" points="{points}"/>')
        note = f"{name}: {of[-1].size:g} = {value(of[-1]):.0f}"
        parts.append(f'<text x="{left + 30}" y="{248 + 14 * index}" fill="{colour}">{note}</text>')
    return "".join(parts)


if __name__ == "__main__":
    main()
