"""Small deliveries as files, for the check to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

FRAMES = 96
SECONDS = 4
FILM = """
[film]
title = "Film"
frame_rate = "24"
start_timecode = "01:00:00:00"
[defaults]
handles = { head = "0f", tail = "0f" }
"""


def sound(seed: int, length: int, rate: int = 48_000, channels: int = 2, gain: float = 0.03) -> NDArray[np.float64]:
    """Return noise of its own, about -25 LUFS."""
    noise = np.random.default_rng(seed).standard_normal((length, channels)).clip(-4.0, 4.0)
    return gain * noise


def write(
    path: Path, samples: NDArray[np.float64] | NDArray[np.int32], rate: int = 48_000, subtype: str = "PCM_24"
) -> Path:
    """Write a file as other programs do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def clean_chapter(folder: Path, seed: int = 0, length: int = SECONDS * 48_000) -> Path:
    """Write three clean stems."""
    for at, role in enumerate(("VO", "SFX", "MUSIC")):
        write(folder / f"Film_{folder.name}_{role}.wav", sound(1000 + 10 * seed + at, length))
    return folder


def film_of(folder: Path, chapters: int = 2, extra: str = "") -> Path:
    """Write a clean film of several chapters and its film file."""
    text = FILM
    for number in range(1, chapters + 1):
        clean_chapter(folder / f"ch{number:02}", number)
        text += f'[[chapter]]\nnumber = {number}\ntitle = "Part {number}"\nlength = "{FRAMES}f"\n'
        text += f'folder = "ch{number:02}"\n'
    path = folder / "film.toml"
    path.write_text(text + extra, encoding="utf-8")
    return path
