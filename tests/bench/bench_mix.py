"""The mix beside ffmpeg's filter graph for the same film: whole processes, on one file system, in turn.

``python -m tests.bench mix`` makes a film of ``STEMKIT_BENCH_CHAPTERS`` chapters of ``STEMKIT_BENCH_SECONDS`` (8 of
108 s by default; 50, which are 90 minutes and need 25 GB of disk, is the figure of the README) with three stereo
stems each, at 48 kHz/24 bit with handles. ffmpeg joins each role with a chain of ``acrossfade``, adds with ``amix``
and limits with ``alimiter``: the full mix alone, nothing measured. CPU seconds are the fair figure on a busy machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.layout import LAYOUTS

RATE_HZ, FPS = 48_000, 24
CHAPTER_S, HANDLE_FRAMES = int(os.environ.get("STEMKIT_BENCH_SECONDS", "108")), 6
CHAPTERS = int(os.environ.get("STEMKIT_BENCH_CHAPTERS", "8"))
ROLES = ("VO", "SFX", "MUSIC")
_FILM = """
[film]
title = "Bench"
profile = "{profile}"
frame_rate = "24"
[defaults]
handles = {{ head = "{head}f", tail = "{head}f" }}
crossfade.VO = "0.5s"
crossfade.SFX = "0.5s"
crossfade.MUSIC = "0.5s"
[mix]
limiter = "{limiter}"
"""
_FULL_ALONE = """
name = "full-alone"
title = "The full mix, and nothing else"
revision = "1"
extends = "crowd-film"
[[prints]]
name = "FULL"
roles = ["VO", "SFX", "MUSIC"]
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def main() -> None:
    """Make the film, run everything, print the table and its ratios."""
    with tempfile.TemporaryDirectory(prefix="stemkit-mix-") as name:
        folder = Path(name)
        _say(f"{CHAPTERS} chapters of {CHAPTER_S} s x 3 stereo stems, 48 kHz/24 bit; {os.cpu_count()} processors\n")
        deliver(folder / "film", CHAPTERS)
        (folder / "film" / "full-alone.toml").write_text(_FULL_ALONE, "utf-8")
        _write_film(folder / "film", "full.toml", "full-alone.toml", "linked")
        deliver(folder / "warm", 2, seconds=4)
        stemkit_mix(folder, "warm", folder / "warm" / "film.toml")  # compiles the kernels where they are new
        stemkit("check", folder / "film" / "film.toml", cache=folder / "cache")  # the stems are known
        full = stemkit_mix(folder, "full mix alone, limiter", folder / "film" / "full.toml")
        shutil.rmtree(folder / "out")
        theirs = ffmpeg(folder)
        five = stemkit_mix(folder, "five prints, limiter", folder / "film" / "film.toml")
        again = stemkit_mix(folder, "the same again", folder / "film" / "film.toml")
        deliver(folder / "film", CHAPTERS, only=max(1, CHAPTERS // 2))
        changed = stemkit_mix(folder, "one chapter changed", folder / "film" / "film.toml")
        shutil.rmtree(folder / "out")
        cold = stemkit_mix(folder, "cold, with the check", folder / "film" / "film.toml", cache=folder / "new")
        if theirs is not None:
            _say(f"\nffmpeg / full mix alone: {_ratio(theirs, full)} (at least 10)")
            _say(f"ffmpeg / five prints:    {_ratio(theirs, five)} (at least 4)")
        _say(f"one chapter changed / five prints: {_ratio(changed, five)} (at most 0.33)")
        _say(f"the same again: {again.wall_s:.2f} s (at most 3); cold {cold.wall_s:.1f} s")


def deliver(folder: Path, chapters: int, *, seconds: int = CHAPTER_S, only: int | None = None) -> None:
    """Write the stems and the film file; or a new version of one chapter, with the same level and peaks."""
    folder.mkdir(exist_ok=True)
    for number in [only] if only else range(1, chapters + 1):
        (folder / f"ch{number:02}").mkdir(exist_ok=True)
        for at, role in enumerate(ROLES):
            _write_stem(folder / f"ch{number:02}" / f"{role}.wav", role, 10 * number + at, seconds, bool(only))
    if only is None:
        _write_film(folder, "film.toml", "crowd-film", "linked")


def _write_film(folder: Path, name: str, profile: str, limiter: str) -> None:
    text = _FILM.format(profile=profile, head=HANDLE_FRAMES, limiter=limiter)
    for number, chapter in enumerate(sorted(folder.glob("ch*")), 1):
        samples = (chapter / "VO.wav").stat().st_size // (6 * RATE_HZ)
        text += f'[[chapter]]\nnumber = {number}\nlength = "{samples * FPS}f"\nfolder = "{chapter.name}"\n'
    (folder / name).write_text(text, "utf-8")


def _scene(role: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return ten seconds of a role, different each time: phrases of a buzzing voice, bursts and a blow, chords."""
    t = (np.arange(10 * RATE_HZ) / RATE_HZ).astype(np.float32)
    air = rng.standard_normal((len(t), 2), dtype=np.float32)
    if role == "VO":
        pitch = rng.uniform(90.0, 180.0)
        voice = sum(np.sin(2 * np.pi * pitch * h * t + rng.uniform(0, 6)) / h for h in (1, 2, 3, 5))
        phrase = np.clip(np.sin(2 * np.pi * rng.uniform(3, 4) * t), 0, 1) * (np.sin(0.8 * t + rng.uniform(0, 6)) > -0.4)
        return np.asarray((0.05 * voice * phrase)[:, np.newaxis] + 0.0003 * air)
    if role == "SFX":
        burst = 0.07 * air * np.exp(-((t * rng.uniform(1.0, 2.0)) % 1.0) * 12)[:, np.newaxis]
        late = np.maximum(t - rng.uniform(1.0, 9.0), 0.0)
        blow = np.sin(2 * np.pi * rng.uniform(60, 120) * late) * np.exp(-20.0 * late)
        return np.asarray(burst + (0.7 * blow)[:, np.newaxis])
    chord = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in rng.uniform(150.0, 900.0, 4).tolist())
    return np.asarray((0.018 * chord)[:, np.newaxis] + 0.001 * air)


def _write_stem(path: Path, role: str, seed: int, seconds: int, is_new: bool) -> None:
    rng = np.random.default_rng([seed, is_new])
    samples = seconds * RATE_HZ + 2 * HANDLE_FRAMES * RATE_HZ // FPS
    with PrintWriter(path, WriteFormat(RATE_HZ, "PCM_24", LAYOUTS["stereo"], samples)) as writer:
        while samples > 0:
            scene = _scene(role, rng) * 10.0 ** (rng.uniform(-9.0, 2.0) / 20.0)
            writer.push(np.round(np.clip(scene[:samples].astype(np.float64), -0.99, 0.99) * 2.0**23) * 2.0**-23)
            samples -= len(scene)


def stemkit_mix(folder: Path, what: str, film: Path, cache: Path | None = None) -> Cost:
    """Mix a film and print the row."""
    cost = stemkit("mix", film, "-o", folder / "out", cache=cache or folder / "cache")
    if what == "warm":
        shutil.rmtree(folder / "out")
    else:
        _row(f"stemkit, {what}", cost)
    return cost


def stemkit(*arguments: object, cache: Path) -> Cost:
    """Run the program in a process of its own."""
    command = [sys.executable, "-m", "stemkit", *map(str, arguments), "--quiet", "--no-progress"]
    return _once(command, {**os.environ, "STEMKIT_CACHE": str(cache)}, (0, 1))


def ffmpeg(folder: Path) -> Cost | None:
    """Make the full mix with ffmpeg, if it is there."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    command, graph = [program, "-nostdin", "-hide_banner", "-loglevel", "error", "-y"], []
    chapters = sorted((folder / "film").glob("ch*"))
    for at, role in enumerate(ROLES):
        for chapter in chapters:
            command += ["-i", str(chapter / f"{role}.wav")]
        joined = f"{at * len(chapters)}:a"
        for number in range(1, len(chapters)):
            other = at * len(chapters) + number
            graph.append(f"[{joined}][{other}:a]acrossfade=d=0.5:c1=qsin:c2=qsin[{role}{number}]")
            joined = f"{role}{number}"
        graph.append(f"[{joined}]anull[{role}]")
    graph.append("".join(f"[{role}]" for role in ROLES) + "amix=inputs=3:normalize=0,alimiter=limit=0.89:level=0[out]")
    script = folder / "graph.txt"
    script.write_text(";\n".join(graph), "utf-8")
    target = folder / "ffmpeg.wav"
    command += ["-filter_complex_script", str(script), "-map", "[out]"]
    cost = _once([*command, "-c:a", "pcm_s24le", "-rf64", "auto", str(target)], dict(os.environ), (0,))
    target.unlink()
    _row("ffmpeg, full mix alone", cost)
    return cost


def _once(command: list[str], environment: dict[str, str], fine: tuple[int, ...]) -> Cost:
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        raise SystemExit(f"{command[:6]} ended with {process.returncode}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / (1024 if sys.platform != "darwin" else 1 << 20))


def _row(what: str, cost: Cost) -> None:
    _say(f"{what:38} {cost.wall_s:8.2f} s {cost.cpu_s:8.2f} s CPU {cost.peak_mib:6.0f} MiB")


def _ratio(one: Cost, other: Cost) -> str:
    return f"{one.wall_s / other.wall_s:.2f} wall, {one.cpu_s / other.cpu_s:.2f} CPU"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
