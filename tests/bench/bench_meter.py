"""The meter beside ffmpeg, libebur128 and pyloudnorm: whole processes, in turn, on the same file.

``python -m tests.bench meter`` makes a programme of ``STEMKIT_BENCH_MINUTES`` (10 by default; 90 is the
figure of the README) at 48 kHz/24 bit in a temporary folder. CPU seconds are the fair figure on a busy
machine; ratios compare medians of rounds in which all took their turn.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.layout import LAYOUTS

RATE = 48_000
ROUNDS = int(os.environ.get("STEMKIT_BENCH_ROUNDS", "3"))
_LIBEBUR128 = """
import sys, numpy as np, soundfile, pyebur128 as r
f = soundfile.SoundFile(sys.argv[1])
m = r.MeasurementMode
s = r.R128State(f.channels, f.samplerate, m.MODE_I | m.MODE_LRA | m.MODE_M | m.MODE_S | m.MODE_TRUE_PEAK)
for b in f.blocks(4800, dtype="float64"):
    s.add_frames(np.ascontiguousarray(b).reshape(-1), len(b))
print(r.get_loudness_global(s), r.get_loudness_range(s), [r.get_true_peak(s, c) for c in range(f.channels)])
"""
_PYLOUDNORM = """
import sys, soundfile, pyloudnorm
x, rate = soundfile.SoundFile(sys.argv[1]).read(), soundfile.SoundFile(sys.argv[1]).samplerate
print(pyloudnorm.Meter(rate).integrated_loudness(x))
"""
_INSIDE = """
import sys, time
from pathlib import Path
from stemkit.audio.probe import probe
from stemkit.meters.scan import scan_file
from stemkit.meters.summary import read
media = probe(Path(sys.argv[1]))
times = []
for _ in range(4):
    start = time.perf_counter()
    read(scan_file(media))
    times.append(time.perf_counter() - start)
print(min(times[1:]), media.duration_s)
"""


def main() -> None:
    """Print the table."""
    minutes = float(os.environ.get("STEMKIT_BENCH_MINUTES", "10"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "programme.wav"
        _write_programme(path, minutes)
        programs = _programs(path, minutes)
        _once(programs["stemkit measure"])  # compiles the kernels if they are new
        taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in programs}
        for _ in range(ROUNDS):
            for name, command in programs.items():
                taken[name].append(_once(command))
        _print(taken, minutes)
        inside = subprocess.run([sys.executable, "-c", _INSIDE, str(path)], capture_output=True, text=True, check=True)
        seconds, duration = map(float, inside.stdout.split())
        _say(f"\ninside a running process: {seconds:.3f} s, {duration / seconds:,.0f} times real time")


def _programs(path: Path, minutes: float) -> dict[str, list[str]]:
    found = {"stemkit measure": [sys.executable, "-m", "stemkit", "measure", str(path), "--json", "--no-progress"]}
    if ffmpeg := shutil.which("ffmpeg"):
        silent = [ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-i", str(path)]
        found["ffmpeg ebur128=peak=true"] = [*silent, "-af", "ebur128=peak=true", "-f", "null", "-"]
        found["ffmpeg ebur128"] = [*silent, "-af", "ebur128", "-f", "null", "-"]
    found["libebur128, all (pyebur128)"] = [sys.executable, "-c", _LIBEBUR128, str(path)]
    if minutes <= 30:
        found["pyloudnorm, programme only"] = [sys.executable, "-c", _PYLOUDNORM, str(path)]
    return found


def _once(command: list[str]) -> tuple[float, float, float]:
    """Run a program; return wall seconds, CPU seconds and its largest memory in MiB."""
    environment = {**os.environ, "STEMKIT_CACHE": "off"}
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        return float("nan"), float("nan"), float("nan")
    unit = 1024.0 if sys.platform != "darwin" else 1024.0 * 1024.0
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit


def _print(taken: dict[str, list[tuple[float, float, float]]], minutes: float) -> None:
    ours = taken["stemkit measure"]
    _say(f"{minutes:g} minutes, stereo, 48 kHz, 24 bit; {ROUNDS} rounds; {os.cpu_count()} processors; medians\n")
    _say("| whole process | wall s | CPU s | memory MiB | times our wall | times our CPU |")
    _say("|---|---:|---:|---:|---:|---:|")
    for name, runs in taken.items():
        wall, cpu, memory = (statistics.median(values) for values in zip(*runs, strict=True))
        by_wall = statistics.median(a[0] / b[0] for a, b in zip(runs, ours, strict=True))
        by_cpu = statistics.median(a[1] / b[1] for a, b in zip(runs, ours, strict=True))
        _say(f"| {name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} | {by_wall:.1f} | {by_cpu:.1f} |")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _write_programme(path: Path, minutes: float) -> None:
    """Write something like a film: phrases of a buzzing voice, chords, bursts of noise, pauses, changing levels."""
    rng = np.random.default_rng(3)
    scenes = round(minutes * 6)
    n = RATE * 10
    t = np.arange(n) / RATE
    fmt = WriteFormat(RATE, "PCM_24", LAYOUTS["stereo"], scenes * n)
    with PrintWriter(path, fmt) as writer:
        for _ in range(scenes):
            level = 10.0 ** (rng.uniform(-26.0, -6.0) / 20.0)
            pitch = rng.uniform(110.0, 150.0)
            voice = sum(np.sin(2 * np.pi * pitch * h * t + rng.uniform(0, 6)) / h for h in range(1, 12))
            phrase = np.clip(np.sin(2 * np.pi * 3.5 * t), 0, 1) * (
                np.sin(2 * np.pi * 0.13 * t + rng.uniform(0, 6)) > -0.4
            )
            music = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in (220.0, 277.2, 329.6, 440.0, 1760.0))
            burst = rng.standard_normal(n) * np.exp(-((t * 1.3) % 1.0) * 12) * (rng.uniform() < 0.3)
            left = level * (0.3 * voice * phrase + 0.1 * music + 0.3 * burst)
            right = level * (0.3 * voice * phrase + 0.08 * music + 0.25 * burst + 0.01 * rng.standard_normal(n))
            scene = np.stack([left, right], axis=1) * (rng.uniform() > 0.05)
            writer.push(np.round(np.clip(scene, -0.99, 0.99) * 2.0**23) * 2.0**-23)


if __name__ == "__main__":
    main()
