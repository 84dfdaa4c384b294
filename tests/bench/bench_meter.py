"""The meter beside ffmpeg, libebur128 and pyloudnorm: whole processes, in turn, on the same file.

``python -m tests.bench meter`` makes programmes of 10 and of ``STEMKIT_BENCH_MINUTES`` minutes (90 by
default, which need 2 GB of disk) at 48 kHz/24 bit in a temporary folder. CPU seconds are the fair figure on
a busy machine; ratios are medians over rounds in which all took their turn. With ``STEMKIT_BENCH=full`` also
a file of six hours, most of it a hole in the file system.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.layout import LAYOUTS

RATE = 48_000
ROUNDS = int(os.environ.get("STEMKIT_BENCH_ROUNDS", "3"))
MINUTES = float(os.environ.get("STEMKIT_BENCH_MINUTES", "90"))
OURS = "`stemkit measure`, everything"
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
for _ in range(6):
    start, used = time.perf_counter(), time.process_time()
    read(scan_file(media))
    times.append((time.perf_counter() - start, time.process_time() - used))
print(min(t[0] for t in times[1:]), min(t[1] for t in times[1:]), media.duration_s)
"""
_ONCE = """
import os, subprocess, sys, time
environment = {**os.environ, "STEMKIT_CACHE": "off"}
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
_, status, used = os.wait4(process.pid, 0)
wall = time.perf_counter() - start
process.returncode = os.waitstatus_to_exitcode(status)
print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(process.returncode != 0)
"""
Taken = tuple[float, float, float]


def main() -> str:
    """Print the tables; return what the README says."""
    told = [f"Whole processes in turn, medians of {ROUNDS} rounds; {_machine()}; files in the page cache.", ""]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        short, surround = folder / "short.wav", folder / "surround.wav"
        _write_programme(short, min(10.0, MINUTES))
        _write_programme(surround, min(10.0, MINUTES), "5.1")
        told += _compared(short, min(10.0, MINUTES), with_slow=True)
        if MINUTES > 10.0:
            _write_programme(folder / "long.wav", MINUTES)
            told += ["", *_compared(folder / "long.wav", MINUTES, with_slow=False)]
        wall_s, cpu_s, duration_s = _inside(short if MINUTES <= 10.0 else folder / "long.wav")
        speed = f"{wall_s:.2f} s ({cpu_s:.2f} s CPU), {duration_s / wall_s:,.0f} times real time"
        told += ["", f"Inside a running process: {speed}."]
        _, stereo_cpu_s, _ = _inside(short)
        _, surround_cpu_s, _ = _inside(surround)
        told[-1] += f" 5.1 costs {surround_cpu_s / stereo_cpu_s:.1f} times as much as stereo."
        if os.environ.get("STEMKIT_BENCH") == "full":
            wall_s, _, memory = _once(_ours(_six_hours(folder / "six hours.wav")))
            told[-1] += f" A file of six hours: {wall_s:.1f} s, {memory:.0f} MiB."
        _say("\n" + told[-1])
    return "\n".join(told)


def _machine() -> str:
    return f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}"


def _inside(path: Path) -> Taken:
    run = subprocess.run([sys.executable, "-c", _INSIDE, str(path)], capture_output=True, text=True, check=True)
    wall, cpu, duration = map(float, run.stdout.split())
    return wall, cpu, duration


def _ours(path: Path) -> list[str]:
    return [sys.executable, "-m", "stemkit", "measure", str(path), "--json", "--no-progress"]


def _compared(path: Path, minutes: float, *, with_slow: bool) -> list[str]:
    """Run all programs in turn; print their table and return it."""
    programs = _programs(path, with_slow=with_slow)
    _once(programs[OURS])  # compiles the kernels if they are new
    taken: dict[str, list[Taken]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, command in programs.items():
            taken[name].append(_once(command))
    table = _table(taken, minutes)
    _say("\n" + "\n".join(table))
    return table


def _programs(path: Path, *, with_slow: bool) -> dict[str, list[str]]:
    found = {OURS: _ours(path)}
    if ffmpeg := shutil.which("ffmpeg"):
        silent = [ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-i", str(path)]
        found["ffmpeg `ebur128=peak=true`"] = [*silent, "-af", "ebur128=peak=true", "-f", "null", "-"]
        found["ffmpeg `ebur128`, no true peak"] = [*silent, "-af", "ebur128", "-f", "null", "-"]
    found["libebur128 (pyebur128), with true peak"] = [sys.executable, "-c", _LIBEBUR128, str(path)]
    if with_slow:
        found["pyloudnorm, programme loudness alone"] = [sys.executable, "-c", _PYLOUDNORM, str(path)]
    return found


def _once(command: list[str]) -> Taken:
    """Run a program; return wall seconds, CPU seconds and its largest memory in MiB."""
    # A process begins with the largest memory of the one that starts it, so a small one does.
    ended = subprocess.run([sys.executable, "-c", _ONCE, *command], capture_output=True, text=True, check=False)
    if ended.returncode:
        return float("nan"), float("nan"), float("nan")
    wall, cpu, memory = map(float, ended.stdout.split())
    return wall, cpu, memory / (1024.0 if sys.platform != "darwin" else 1024.0 * 1024.0)


def _table(taken: dict[str, list[Taken]], minutes: float) -> list[str]:
    ours = taken[OURS]
    lines = [
        f"| {minutes:g} minutes of stereo | wall s | CPU s | memory MiB | times our wall | times our CPU |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, runs in taken.items():
        wall, cpu, memory = (statistics.median(values) for values in zip(*runs, strict=True))
        by_wall = statistics.median(a[0] / b[0] for a, b in zip(runs, ours, strict=True))
        by_cpu = statistics.median(a[1] / b[1] for a, b in zip(runs, ours, strict=True))
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} | {by_wall:.1f} | {by_cpu:.1f} |")
    return lines


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _six_hours(path: Path) -> Path:
    """Write an RF64 file of six hours with sound at its start, in the middle and at its end."""
    length = 6 * 3600 * RATE * 6
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, length + 72, length, length // 6, 0)
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, RATE, 6 * RATE, 6, 24)
    noise = np.random.default_rng(1).integers(0, 255, 60 * RATE * 6, dtype=np.uint8).tobytes()
    with path.open("wb") as file:
        file.write(struct.pack("<4sI4s", b"RF64", 0xFFFFFFFF, b"WAVE") + ds64 + fmt)
        file.write(struct.pack("<4sI", b"data", 0xFFFFFFFF))
        for at in (0, length // 2, length - len(noise)):
            file.seek(80 + at)
            file.write(noise)
    return path


def _write_programme(path: Path, minutes: float, layout: str = "stereo") -> None:
    """Write something like a film: phrases of a buzzing voice, chords, bursts of noise, pauses, changing levels."""
    rng = np.random.default_rng(3)
    scenes = round(minutes * 6)
    n = RATE * 10
    t = np.arange(n) / RATE
    fmt = WriteFormat(RATE, "PCM_24", LAYOUTS[layout], scenes * n)
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
            scene = np.stack([left, right] * (LAYOUTS[layout].count // 2), axis=1) * (rng.uniform() > 0.05)
            writer.push(np.round(np.clip(scene, -0.99, 0.99) * 2.0**23) * 2.0**-23)


if __name__ == "__main__":
    main()
