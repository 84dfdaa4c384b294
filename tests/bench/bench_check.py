"""The check: one chapter, a film of fifty, the second run over it, and how much memory that takes.

The sound is synthesised: voices, effects and music of a feature's length, every rule on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ = 48_000
CHAPTERS, CHAPTER_S = 50, 108
_FILM = '[film]\ntitle = "Bench"\nframe_rate = "24"\n[defaults]\nhandles = { head = "0f", tail = "0f" }\n'


def _sound(seed: int, seconds: int) -> NDArray[np.float64]:
    """Return tones in syllables over noise of their own, about -25 LUFS."""
    rng = np.random.default_rng(seed)
    at = np.arange(seconds * RATE_HZ) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * rng.uniform(80, 900) * k * at) / k for k in range(1, 6))
    syllables = np.repeat(rng.uniform(0.0, 1.0, seconds * 4), RATE_HZ // 4)
    mono = 0.04 * tone * syllables + 0.005 * rng.standard_normal(len(at))
    return np.column_stack([mono, np.roll(mono, 7)])


def _chapter(folder: Path, seed: int, seconds: int) -> None:
    folder.mkdir(parents=True)
    for at, role in enumerate(("VO", "SFX", "MUSIC")):
        soundfile.write(folder / f"Bench_{folder.name}_{role}.wav", _sound(10 * seed + at, seconds), RATE_HZ, "PCM_24")


def _film(folder: Path) -> Path:
    text = _FILM
    for number in range(1, CHAPTERS + 1):
        _chapter(folder / f"ch{number:02}", number, CHAPTER_S)
        text += f'[[chapter]]\nnumber = {number}\nlength = "{24 * CHAPTER_S}f"\nfolder = "ch{number:02}"\n'
    path = folder / "film.toml"
    path.write_text(text, "utf-8")
    return path


def _run(path: Path, cache: Path) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and MiB of a whole process."""
    command = [sys.executable, "-m", "stemkit", "check", str(path), "--quiet", "--no-progress"]
    begin = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "STEMKIT_CACHE": str(cache)})
    _, _, used = os.wait4(process.pid, 0)
    size = used.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
    return time.perf_counter() - begin, used.ru_utime + used.ru_stime, size


def _tell(what: str, limit_s: float, measured: tuple[float, float, float]) -> None:
    wall, cpu, size = measured
    sys.stdout.write(f"{what:38} {wall:7.2f} s (at most {limit_s:g})  {cpu:7.2f} s CPU  {size:5.0f} MiB\n")


def main() -> None:
    """Measure the check against its budget."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _chapter(folder / "one", 1, 120)
        _run(folder / "one", folder / "warm")  # compiles the kernels where that was never done
        _tell("a chapter of three stems of 2 min", 4, _run(folder / "one", folder / "cache"))
        film = _film(folder / "film")
        _tell(f"a film of {CHAPTERS} chapters, cold", 60, _run(film, folder / "cache"))
        _tell("the same again", 3, _run(film, folder / "cache"))


if __name__ == "__main__":
    main()
