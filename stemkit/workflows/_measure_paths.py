"""What a command line of ``measure`` names: files, folders, patterns, stretches of time."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from stemkit.core.errors import OutputError, Problem, UsageError
from stemkit.core.names import is_junk
from stemkit.core.words import SOUND_SUFFIXES


def parse_span(text: str | None) -> tuple[float, float] | None:
    """Read ``"90-150"`` or ``"1:30-2:30.5"`` as seconds.

    Raises
    ------
    UsageError
        If it is no stretch of time.
    """
    if text is None:
        return None
    start, dash, end = text.partition("-")
    try:
        span = (_seconds(start), _seconds(end))
    except ValueError:
        span = (1.0, 0.0)
    if not dash or span[0] >= span[1]:
        message = f"{text!r} is not a stretch of time"
        raise UsageError(Problem("bad_range", message, "write START-END in seconds or h:mm:ss, such as 90-0:02:30"))
    return span


def _seconds(text: str) -> float:
    parts = text.strip().split(":")
    if len(parts) > 3 or not all(part and set(part) <= set("0123456789.") for part in parts):
        raise ValueError(text)
    total = 0.0
    for part in parts:
        total = total * 60.0 + float(part)
    return total


def find_files(paths: Sequence[str]) -> list[str]:
    """Return the sound files that paths, folders and patterns name, in order and each once.

    Raises
    ------
    UsageError
        If a path does not exist, or a folder or pattern holds no sound.
    OutputError
        If a folder cannot be listed.
    """
    found: dict[str, None] = {}
    problems: list[Problem] = []
    for path in paths:
        if Path(path).is_dir():
            inside = _sound_in(Path(path))
        elif not Path(path).exists() and glob.has_magic(path):
            inside = sorted(name for name in glob.glob(path, recursive=True) if Path(name).is_file())  # noqa: PTH207
        elif Path(path).exists():
            inside = [path]
        else:
            problems.append(Problem("no_such_path", "there is no such file or folder", "check the path", path=path))
            continue
        if not inside:
            problems.append(
                Problem("no_sound", "no sound files are in there", "name files or another folder", path=path)
            )
        found |= dict.fromkeys(inside)
    if problems:
        raise UsageError(*problems)
    return list(found)


def _sound_in(folder: Path) -> list[str]:
    def refuse(error: OSError) -> None:
        reason = error.strerror or str(error)
        raise OutputError(Problem("cannot_list", f"the folder cannot be listed: {reason}", path=str(error.filename)))

    found: list[str] = []
    for root, folders, names in os.walk(folder, onerror=refuse):
        folders.sort()
        files = (Path(root) / name for name in sorted(names))
        found += [str(f) for f in files if f.suffix.lower() in SOUND_SUFFIXES and not is_junk(f)]
    return found
