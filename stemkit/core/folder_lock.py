"""One run at a time in a folder."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from stemkit.core.errors import OutputError, Problem
from stemkit.core.system import CAN_REMOVE_OPEN_FILES, identity_of, lock_file, system_path

_LOCK_NAME = ".stemkit-lock"


class FolderLock:
    """Keeps two runs of stemkit from writing into one folder at the same time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _LOCK_NAME
        self._handle = -1

    def acquire(self) -> None:
        """Take the lock, or raise `OutputError` at once if another run holds it."""
        while self._handle < 0:
            handle = os.open(system_path(self._path), os.O_RDWR | os.O_CREAT, 0o666)
            try:
                lock_file(handle)
                is_current = os.fstat(handle).st_ino == identity_of(self._path).inode
            except FileNotFoundError:  # its owner took the file away between our two calls
                is_current = False
            except BlockingIOError as error:
                os.close(handle)
                message = "another run of stemkit is writing here"
                hint = "wait for it to end, or choose another folder with -o"
                raise OutputError(Problem("busy", message, hint, path=str(self._path.parent))) from error
            if is_current:
                self._handle = handle
            else:
                os.close(handle)

    def release(self) -> None:
        """Give the lock back and take its file away."""
        if self._handle < 0:
            return
        if CAN_REMOVE_OPEN_FILES:  # while it is still locked: nobody else may remove a newer one
            with contextlib.suppress(OSError):
                self._path.unlink()
        os.close(self._handle)
        self._handle = -1
        if not CAN_REMOVE_OPEN_FILES:
            with contextlib.suppress(OSError):
                self._path.unlink()
