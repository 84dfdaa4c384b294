"""How files are hashed, written whole or not at all, and how a run's files appear as one set."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from stemkit.core.errors import OutputError, Problem
from stemkit.core.names import display_name, is_junk, safe_name
from stemkit.core.system import (
    CAN_REMOVE_OPEN_FILES,
    RandomReader,
    identity_of,
    lock_file,
    replace_file,
    sync_file,
    sync_folder,
    system_path,
)

__all__ = [
    "FolderLock",
    "OutputSet",
    "cannot_write",
    "display_name",
    "free_bytes",
    "is_junk",
    "require_space",
    "safe_name",
    "sha256_of",
    "write_atomically",
]

PARTIAL_PREFIX, PARTIAL_SUFFIX = ".stemkit-", ".partial"
_LOCK_NAME = ".stemkit-lock"
_HASH_BUFFER = 1 << 20


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file in hex.

    Parameters
    ----------
    on_bytes
        Called with the number of bytes of each piece, for progress.
    """
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_HASH_BUFFER))
    with RandomReader(path) as file:
        offset = 0
        while got := file.read_into(offset, buffer):
            digest.update(buffer[:got])
            offset += got
            if on_bytes is not None:
                on_bytes(got)
    return digest.hexdigest()


def write_atomically(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a small file so that readers see the old one or the new one, never a part.

    Parameters
    ----------
    durable
        Force it to the disk before it is renamed; without, a power cut may leave it empty.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    temporary = path.with_name(f"{PARTIAL_PREFIX}{secrets.token_hex(6)}{PARTIAL_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(system_path(temporary), "xb") as file:  # noqa: PTH123
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        replace_file(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)


def cannot_write(path: Path, error: OSError) -> OutputError:
    """Return the error for an output that the system refuses."""
    reason = error.strerror or str(error)
    return OutputError(
        Problem(
            "cannot_write",
            f"cannot write: {reason}",
            "check free space, the rights of the folder, and that no other program holds the file open",
            path=str(path),
        )
    )


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


class OutputSet:
    """The files of one run: written under temporary names, then renamed together.

    Parameters
    ----------
    folder
        Made if it does not exist. Temporary files that a killed run left in it are removed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name, OutputSet(Path(name)) as output:
    ...     _ = output.temporary("report.json").write_bytes(b"{}")
    ...     output.commit(["report.json"])
    ...     sorted(p.name for p in Path(name).iterdir() if not is_junk(p))
    ['report.json']
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._run = secrets.token_hex(4)
        self._names: dict[str, Path] = {}
        self._made: list[Path] = []
        self._guard = threading.Lock()
        self._lock = FolderLock(folder)

    def __enter__(self) -> OutputSet:
        try:
            self._make_folder(self.folder)
            self._lock.acquire()
            self._remove_leftovers(self.folder)
        except OSError as error:
            self._lock.release()
            raise cannot_write(self.folder, error) from error
        return self

    def temporary(self, name: str) -> Path:
        """Return the temporary path of a file of the set.

        Parameters
        ----------
        name
            Path relative to the folder, with ``/``; its folder is made if needed. The same name gives the
            same path.
        """
        with self._guard:
            if name not in self._names:
                target = self._target(name)
                try:
                    self._make_folder(target.parent)
                except OSError as error:
                    raise cannot_write(target.parent, error) from error
                temporary = f"{PARTIAL_PREFIX}{self._run}-{len(self._names):04d}{PARTIAL_SUFFIX}"
                self._names[name] = target.with_name(temporary)
            return self._names[name]

    def discard(self, name: str) -> None:
        """Take a file out of the set again, and its temporary file away."""
        with self._guard:
            temporary = self._names.pop(name, None)
        if temporary is not None:
            temporary.unlink(missing_ok=True)

    def commit(self, order: Sequence[str] | None = None) -> None:
        """Rename the files into place in an order (as first asked for, if none is given), last one last.

        Raises
        ------
        OutputError
            If a file cannot be renamed; those after it are removed.
        """
        names = list(self._names) if order is None else list(order)
        if sorted(names) != sorted(self._names):
            raise ValueError("the order must name every file of the set once")
        for name in names:
            target = self._target(name)
            try:
                sync_file(self._names[name])
                replace_file(self._names[name], target)
            except OSError as error:
                raise cannot_write(target, error) from error
            del self._names[name]
            sync_folder(target.parent)
        self._made.clear()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for temporary in self._names.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        self._lock.release()
        for folder in reversed(self._made):  # only those that are still empty
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _target(self, name: str) -> Path:
        target = self.folder / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"{name!r} is not inside the folder of the set")
        return target

    def _make_folder(self, folder: Path) -> None:
        missing = [folder, *folder.parents]
        missing = [each for each in missing if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._made.extend(reversed(missing))

    @staticmethod
    def _remove_leftovers(folder: Path) -> None:
        for path in _partials(folder):
            with contextlib.suppress(OSError):
                path.unlink()


def _partials(folder: Path) -> Iterator[Path]:
    yield from folder.glob(f"{PARTIAL_PREFIX}*{PARTIAL_SUFFIX}")
    yield from folder.glob(f"*/{PARTIAL_PREFIX}*{PARTIAL_SUFFIX}")
