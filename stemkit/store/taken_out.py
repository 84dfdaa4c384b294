"""The sound that was taken out of archives, video files and channels: folders beside the facts."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

UNPACKED = "unpacked-1"
"""Name of the folder beside the facts; raised when the way of keeping changes."""


def taken_out(cache: Path | None) -> tuple[int, int]:
    """Return how many archives and files were taken apart in a cache, and how many bytes that takes."""
    folders, size = _folders(cache), 0
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        with contextlib.suppress(OSError):
            size += path.stat().st_size
    return len(folders), size


def forget_taken_out(cache: Path | None) -> None:
    """Remove all of it."""
    for folder in _folders(cache):
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()


def _folders(cache: Path | None) -> list[Path]:
    return [] if cache is None else [path for path in cache.glob(f"{UNPACKED}/*") if path.is_dir()]
