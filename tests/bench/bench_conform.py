"""Conforming a delivery beside a shell loop of ``sox -G … rate -v`` over the same files; resampling beside bare soxr.

``python -m tests.bench conform`` makes chapters of a mono voice, stereo effects and stereo music at 44.1 kHz/16 bit,
no two alike; ``STEMKIT_BENCH_MINUTES`` is the film's length (10 by default; 90 is the figure of the README),
``STEMKIT_BENCH_CHAPTERS`` how many chapters share it, ``STEMKIT_BENCH_NOISE=1`` takes swelling mono noise instead,
the worst for meters. The loop converts only; stemkit also measures, checks, writes receipts and measures what it
wrote, and makes stereo of the voice.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from stemkit.core.block import BLOCK_SAMPLES, Block
from stemkit.dsp.resample import resample
from stemkit.dsp.streams import length_of
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak

_RATE, _TO = 44_100, 48_000
_HEAD = '[film]\ntitle = "Bench"\nframe_rate = "24"\n[defaults]\nhandles = { head = "0f", tail = "0f" }\n'
_ROLES = ("vo", "sfx", "music")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a few processes took, one after the other; the largest memory of one of them."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def main() -> str:
    """Print the table, and return it for the README."""
    minutes = float(os.environ.get("STEMKIT_BENCH_MINUTES", "10"))
    chapters = int(os.environ.get("STEMKIT_BENCH_CHAPTERS", "10"))
    seconds = max(1, round(60 * minutes / chapters))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "STEMKIT_CACHE": str(folder / "cache")}
        # In processes of their own: a process that is started counts the memory of who started it as its own.
        with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
            files = _deliver(folder / "film", chapters, seconds, pool)
            _deliver(folder / "warm", 1, 2, pool)  # compiles the kernels if they are new
        stemkit = [sys.executable, "-m", "stemkit", "conform", "--no-progress", "--quiet"]
        _cost([[*stemkit, str(folder / "warm"), "-o", str(folder / "warm out")]], environment)
        command = [*stemkit, str(folder / "film"), "-o", str(folder / "out")]
        rows = [("`stemkit conform`, cold", cold := _cost([command], environment))]
        _say(*rows[-1])
        rows.append(("`stemkit conform`, again", _cost([command], environment)))
        _say(*rows[-1])
        if sox := shutil.which("sox"):
            (folder / "sox").mkdir()
            outputs = [str(folder / "sox" / f"{at}.wav") for at in range(len(files))]
            loop = [
                [sox, "-G", str(file), "-b", "24", output, "rate", "-v", str(_TO)]
                for file, output in zip(files, outputs, strict=True)
            ]
            rows.append(("loop of `sox -G … rate -v`", _cost(loop, environment)))
            _say(*rows[-1])
    told = [f"{len(files)} files, {chapters} chapters, {minutes:g} minutes; {os.cpu_count()} processors.", ""]
    told += ["| 44.1 kHz/16 bit to 48 kHz/24 bit | wall s | CPU s | memory MiB |", "|---|---:|---:|---:|"]
    told += [f"| {what} | {cost.wall_s:.2f} | {cost.cpu_s:.2f} | {cost.peak_mib:.0f} |" for what, cost in rows]
    claims = _claims(cold, rows[2][1] if len(rows) > 2 else None)
    sys.stdout.write("\n" + "\n".join(claims) + "\n")
    return "\n".join([*told, "", " ".join(claims)])


def _claims(cold: Cost, loop: Cost | None) -> list[str]:
    """Return what is asked for, beside what was found."""
    found = []
    if loop is not None:
        wall, cpu = loop.wall_s / cold.wall_s, loop.cpu_s / cold.cpu_s
        found.append(f"Loop of sox over `stemkit conform`: {wall:.2f} by wall (at least 3), {cpu:.2f} by CPU seconds.")
    found.append(f"Memory: {cold.peak_mib:.0f} MiB (at most 512).")
    for threads in dict.fromkeys((1, os.cpu_count() or 1)):
        ratio = _over_bare_soxr(threads)
        found.append(f"Resampling over bare soxr, a stream on each of {threads}: {ratio:.2f} (at most 1.15).")
    return found


def _over_bare_soxr(threads: int) -> float:
    """Return the CPU time of our resampling over that of soxr alone, as many streams at once as there are threads."""
    sound = np.random.default_rng(5).normal(0.0, 0.1, (40 * _RATE, 2))

    def ours() -> None:
        blocks = (sound[at : at + BLOCK_SAMPLES] for at in range(0, len(sound), BLOCK_SAMPLES))
        length_of(resample(blocks, _RATE, _TO, 2, len(sound)))

    def bare() -> None:
        soxr.resample(sound, _RATE, _TO, "VHQ")

    return statistics.median(_cpu_s(ours, threads) / _cpu_s(bare, threads) for _ in range(9))


def _cpu_s(do: Callable[[], None], threads: int) -> float:
    def timed(_: int) -> float:
        start = time.thread_time()
        do()
        return time.thread_time() - start

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(timed, range(threads)))


def _deliver(folder: Path, chapters: int, seconds: int, pool: ProcessPoolExecutor) -> list[Path]:
    folder.mkdir()
    text, files = _HEAD, []
    for number in range(1, chapters + 1):
        (folder / f"ch{number:02}").mkdir()
        files += [folder / f"ch{number:02}" / f"{role}.wav" for role in _ROLES]
        text += f'[[chapter]]\nnumber = {number}\nlength = "{24 * seconds}f"\nfolder = "ch{number:02}"\n'
    (folder / "film.toml").write_text(text, encoding="utf-8")
    list(pool.map(_write, files, [seconds * _RATE] * len(files), [1 + at // len(_ROLES) for at in range(len(files))]))
    return files


def _write(path: Path, length: int, number: int) -> None:
    soundfile.write(path, _sound(path.stem, length, number), _RATE, subtype="PCM_16")


def _sound(role: str, length: int, number: int) -> Block:
    if os.environ.get("STEMKIT_BENCH_NOISE"):
        noise = np.random.default_rng([number, len(role)]).normal(0.0, 0.05, (length, 1))
        swell = 0.5 - 0.5 * np.cos(np.arange(length) * (2 * np.pi / (3 * _RATE)))
        return np.asarray(noise * swell[:, np.newaxis])
    seed = number % 6  # as many different ones as it takes for nobody to wait; no two are as loud
    return np.clip(_made(role, length, seed), -1.0, 1.0) * (1.0 - 0.004 * number)


@cache
def _made(role: str, length: int, seed: int) -> Block:
    if role == "vo":
        return speak(length, _RATE, seed)[:, :1]
    return ambience(length, _RATE, seed) if role == "sfx" else compose(length, _RATE, seed)


def _cost(commands: Sequence[Sequence[str]], environment: dict[str, str]) -> Cost:
    wall, cpu, peak = time.perf_counter(), 0.0, 0.0
    for command in commands:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        peaks: list[float] = []
        watching = threading.Thread(target=lambda pid, found: found.extend(_peaks(pid)), args=(process.pid, peaks))
        watching.start()
        _, status, used = os.wait4(process.pid, 0)
        watching.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command[:6])} ended with {process.returncode}")
        cpu += used.ru_utime + used.ru_stime
        peak = max(peak, *peaks, 0.0)
    return Cost(time.perf_counter() - wall, cpu, peak)


def _peaks(pid: int) -> Iterator[float]:
    """Yield the largest memory that a process has had so far, in MiB, until it ends; nothing where that is not told."""
    try:
        while lines := [row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmHWM")]:
            yield int(lines[0].split()[1]) / 1024
            time.sleep(0.02)
    except OSError:
        return


def _say(what: str, cost: Cost) -> None:
    sys.stdout.write(f"{what:28} {cost.wall_s:8.2f} s {cost.cpu_s:8.2f} s CPU {cost.peak_mib:6.0f} MiB at most\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
