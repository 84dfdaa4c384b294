"""What a run leaves in its folder when it is killed: parts, which go, and finished files, which the next run takes."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

PARTIAL_PREFIX, PARTIAL_SUFFIX = ".stemkit-", ".partial"
_FINISHED = f"{PARTIAL_PREFIX}finished-"


def finished_path(target: Path, key: str) -> Path:
    """Return where a finished file of a set waits for the others.

    Parameters
    ----------
    key
        A digest of all that its bytes depend on, so that whoever finds it knows what it is.
    """
    return target.with_name(f"{_FINISHED}{key}{PARTIAL_SUFFIX}")


def remove_leftovers(folder: Path, *, keep_finished: bool = False) -> None:
    """Remove what a killed run left; nobody else writes here while the lock is held."""
    for path in list(_leftovers(folder)):
        if keep_finished and path.name.startswith(_FINISHED):
            continue
        with contextlib.suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


def leftover_bytes(folder: Path) -> int:
    """Return the space that goes, or is used, when the next run begins."""
    total = 0
    for path in _leftovers(folder):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def _leftovers(folder: Path) -> Iterator[Path]:
    for pattern in (f"{PARTIAL_PREFIX}*{PARTIAL_SUFFIX}", f"*/{PARTIAL_PREFIX}*{PARTIAL_SUFFIX}"):
        yield from folder.glob(pattern)
