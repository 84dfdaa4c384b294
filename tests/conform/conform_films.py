"""Small films of synthesised stems, as their creators might deliver them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from stemkit.core.manifest import load_film
from stemkit.store.facts import FactStore
from stemkit.workflows.conform import ConformResult, conform

Sound = NDArray[np.float64]
FRAMES = 48  # two seconds at 24 frames a second

FILM = """
[film]
title = "Tide"
frame_rate = "24"

[defaults]
handles = { head = "0f", tail = "0f" }

[[chapter]]
number = 1
length = "48f"
folder = "ch01"
"""


def noise(seconds: float, rate_hz: int = 48_000, channels: int = 2, level: float = 0.1, seed: int = 0) -> Sound:
    """Return noise that no two seeds share."""
    return level * np.random.default_rng(seed).uniform(-1.0, 1.0, (round(seconds * rate_hz), channels))


def write(path: Path, sound: Sound, rate_hz: int = 48_000, subtype: str | None = "PCM_24") -> Path:
    """Write a file as another program would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate_hz, subtype=subtype)
    return path


def right(folder: Path, *, but: tuple[str, ...] = ()) -> None:
    """Write the stems of a chapter as the profile wants them, but for some roles."""
    for seed, role in enumerate(("VO", "SFX", "MUSIC")):
        if role not in but:
            write(folder / f"Tide_ch01_{role}.wav", noise(2, seed=seed))


def film_in(folder: Path, text: str = FILM) -> Path:
    """Write a film file and return it."""
    path = folder / "film.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run(film: Path, out: Path, **options: Any) -> ConformResult:
    """Conform without a store."""
    return conform(load_film(film), out, store=options.pop("store", FactStore(None)), **options)


def tree(folder: Path) -> dict[str, str]:
    """Return the hash of every file in a folder, by relative path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def ints(path: Path) -> NDArray[np.int64]:
    """Return the samples of a 24-bit file as integers."""
    data, _ = soundfile.read(path, dtype="int32", always_2d=True)
    return np.asarray(data, dtype=np.int64) >> 8
