"""Conforming a delivery beside a shell loop of ``sox -G … rate -v`` over the same files.

``python -m tests.bench conform`` makes chapters of a mono voice, stereo effects and stereo music at 44.1 kHz/16 bit;
``STEMKIT_BENCH_MINUTES`` is the film's length (10 by default; 90 is the figure of the README),
``STEMKIT_BENCH_CHAPTERS`` how many chapters share it, ``STEMKIT_BENCH_NOISE=1`` takes swelling mono noise instead,
the worst for meters. The loop converts only; stemkit also measures, checks, writes receipts and measures what it
wrote, and makes stereo of the voice.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from stemkit.core.block import Block
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak

_RATE = 44_100
_HEAD = '[film]\ntitle = "Bench"\nframe_rate = "24"\n[defaults]\nhandles = { head = "0f", tail = "0f" }\n'


def main() -> None:
    """Print the table."""
    minutes = float(os.environ.get("STEMKIT_BENCH_MINUTES", "10"))
    chapters = int(os.environ.get("STEMKIT_BENCH_CHAPTERS", "10"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = _deliver(folder / "film", chapters, max(1, round(60 * minutes / chapters)))
        environment = {**os.environ, "STEMKIT_CACHE": str(folder / "cache")}
        _deliver(folder / "warm", 1, 2)  # compiles the kernels if they are new
        warm = [sys.executable, "-m", "stemkit", "conform", str(folder / "warm"), "-o", str(folder / "warm out")]
        subprocess.run([*warm, "--no-progress", "--quiet"], check=True, env=environment)
        stemkit = [sys.executable, "-m", "stemkit", "conform", str(folder / "film"), "-o", str(folder / "out")]
        _timed("stemkit conform, cold", [[*stemkit, "--no-progress", "--quiet"]], environment)
        _timed("stemkit conform, again", [[*stemkit, "--no-progress", "--quiet"]], environment)
        if sox := shutil.which("sox"):
            (folder / "sox").mkdir()
            loop = [
                [sox, "-G", str(path), "-b", "24", str(folder / "sox" / f"{at}.wav"), "rate", "-v", "48000"]
                for at, path in enumerate(files)
            ]
            _timed("loop of sox -G rate -v", loop, environment)


def _deliver(folder: Path, chapters: int, seconds: int) -> list[Path]:
    folder.mkdir()
    text, files = _HEAD, []
    for number in range(1, chapters + 1):
        here = folder / f"ch{number:02}"
        here.mkdir()
        for role in ("vo", "sfx", "music"):
            path = here / f"{role}.wav"
            soundfile.write(path, _sound(role, seconds * _RATE, number), _RATE, subtype="PCM_16")
            files.append(path)
        text += f'[[chapter]]\nnumber = {number}\nlength = "{24 * seconds}f"\nfolder = "ch{number:02}"\n'
    (folder / "film.toml").write_text(text, encoding="utf-8")
    return files


def _sound(role: str, length: int, number: int) -> Block:
    if os.environ.get("STEMKIT_BENCH_NOISE"):
        noise = np.random.default_rng([number, len(role)]).normal(0.0, 0.05, (length, 1))
        swell = 0.5 - 0.5 * np.cos(np.arange(length) * (2 * np.pi / (3 * _RATE)))
        return np.asarray(noise * swell[:, np.newaxis])
    seed = number % 6  # as many different ones as it takes for nobody to wait
    return np.clip(_made(role, length, seed), -1.0, 1.0)


@cache
def _made(role: str, length: int, seed: int) -> Block:
    if role == "vo":
        return speak(length, _RATE, seed)[:, :1]
    return ambience(length, _RATE, seed) if role == "sfx" else compose(length, _RATE, seed)


def _timed(name: str, commands: list[list[str]], environment: dict[str, str]) -> None:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for command in commands:
        subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(f"{name:26} {wall:8.2f} s   {cpu:8.2f} s CPU   {after.ru_maxrss / 1024:6.0f} MiB at most\n")
    sys.stdout.flush()
