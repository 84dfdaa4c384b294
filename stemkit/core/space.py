"""How much room there is for what a run will write."""

from __future__ import annotations

import shutil
from pathlib import Path

from stemkit.core.errors import OutputError, Problem
from stemkit.core.refusals import cannot_write


def free_bytes(folder: Path) -> int:
    """Return the space left for a folder that may not exist yet."""
    here = folder.absolute()
    while not here.exists() and here != here.parent:
        here = here.parent
    try:
        return shutil.disk_usage(here).free
    except OSError as error:
        raise cannot_write(folder, error) from error


def require_space(folder: Path, needed: int) -> None:
    """Refuse to start what the disk cannot hold.

    Raises
    ------
    OutputError
        If fewer than ``needed`` bytes are free.
    """
    free = free_bytes(folder)
    if free < needed:
        message = f"needs {needed / 1e6:,.0f} MB, but only {free / 1e6:,.0f} MB are free"
        hint = "free some space or choose another folder with -o"
        raise OutputError(Problem("no_space", message, hint, path=str(folder)))
