"""How files are hashed, written whole or not at all, and how a run's files appear as one set."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from stemkit.core.errors import OutputError
from stemkit.core.folder_lock import FolderLock
from stemkit.core.interrupts import Unbroken
from stemkit.core.leftovers import PARTIAL_PREFIX, PARTIAL_SUFFIX, finished_path, remove_leftovers
from stemkit.core.names import display_name, is_junk, safe_name, utf8
from stemkit.core.parallel import in_order
from stemkit.core.refusals import cannot_write
from stemkit.core.space import free_bytes, require_space
from stemkit.core.system import (
    RandomReader,
    replace_file,
    sync_file,
    sync_folder,
    system_path,
)

__all__ = [
    "PARTIAL_PREFIX",
    "PARTIAL_SUFFIX",
    "FolderLock",
    "OutputSet",
    "cannot_write",
    "display_name",
    "free_bytes",
    "is_junk",
    "require_space",
    "safe_name",
    "sha256_of",
    "tidy",
    "write_atomically",
]

_HASH_BUFFER = 1 << 20
_SYNCS_AT_ONCE = 8
"""A disk that is asked for several files at once answers most of them together."""


def sha256_of(path: Path, on_bytes: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file in hex.

    Parameters
    ----------
    on_bytes
        Called with the number of bytes of each piece, for progress.
    """
    digest = hashlib.sha256()
    for piece in pieces_of(path):
        digest.update(piece)
        if on_bytes is not None:
            on_bytes(len(piece))
    return digest.hexdigest()


def pieces_of(path: Path, offset: int = 0) -> Iterator[memoryview]:
    """Yield what a file holds from a place on; each piece is good until the next one is asked for."""
    buffer = memoryview(bytearray(_HASH_BUFFER))
    with RandomReader(path) as file:
        while got := file.read_into(offset, buffer):
            yield buffer[:got]
            offset += got


def write_atomically(path: Path, data: bytes | str, *, durable: bool = True) -> None:
    """Write a small file so that readers see the old one or the new one, never a part.

    Parameters
    ----------
    data
        Text is written as `utf8`.
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
            file.write(utf8(data) if isinstance(data, str) else data)
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


class OutputSet:
    """The files of one run: written under temporary names, then renamed together.

    Parameters
    ----------
    folder
        Made if it does not exist. Temporary files that a killed run left in it are removed.
    takes_finished
        Keep those that were `finished` until the end of this run, which may `adopt` them.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as name, OutputSet(Path(name)) as output:
    ...     _ = output.temporary("report.json").write_bytes(b"{}")
    ...     output.commit(["report.json"])
    ...     sorted(p.name for p in Path(name).iterdir() if not is_junk(p))
    ['report.json']
    """

    def __init__(self, folder: Path, *, takes_finished: bool = False) -> None:
        self.folder = folder
        self._takes_finished, self._tidies = takes_finished, False
        self._run = secrets.token_hex(4)
        self._names: dict[str, Path] = {}
        self._numbers = itertools.count()  # a name that was given back is not given again
        self._made: list[Path] = []
        self._scratch: list[Path] = []
        self._guard = threading.Lock()
        self._lock = FolderLock(folder)

    def __enter__(self) -> OutputSet:
        try:
            with Unbroken():
                self._make_folder(self.folder)
                self._lock.acquire()
                remove_leftovers(self.folder, keep_finished=self._takes_finished)
                self._tidies = self._takes_finished
        except BaseException as error:
            self._give_up()
            if isinstance(error, OSError):
                raise cannot_write(self.folder, error) from error
            raise
        return self

    def temporary(self, name: str) -> Path:
        """Return the temporary path of a file of the set.

        Parameters
        ----------
        name
            Path relative to the folder, with ``/``; its folder is made if needed. The same name gives the
            same path.
        """
        with self._guard, Unbroken():
            if name not in self._names:
                target = self._target(name)
                try:
                    self._make_folder(target.parent)
                except OSError as error:
                    raise cannot_write(target.parent, error) from error
                temporary = f"{PARTIAL_PREFIX}{self._run}-{next(self._numbers):04d}{PARTIAL_SUFFIX}"
                self._names[name] = target.with_name(temporary)
            return self._names[name]

    def finished(self, name: str, key: str) -> None:
        """Let a file wait for the others where a later run finds it, should this one be killed."""
        path = finished_path(self._target(name), key)
        with contextlib.suppress(OSError):  # then it waits under its first name
            sync_file(self._names[name])
            with self._guard, Unbroken():
                replace_file(self._names[name], path)
                self._names[name] = path

    def adopt(self, name: str, key: str) -> Path | None:
        """Return a file of the set that a killed run had `finished`, `None` if there is none."""
        path = finished_path(self._target(name), key)
        with self._guard:
            is_there = path not in self._names.values() and path.is_file()
            return self._names.setdefault(name, path) if is_there else None

    def write(self, name: str, data: bytes | str) -> None:
        """Write a small file of the set; text is written as `utf8`."""
        try:
            self.temporary(name).write_bytes(utf8(data) if isinstance(data, str) else data)
        except OSError as error:
            raise cannot_write(self._target(name), error) from error

    def scratch(self, name: str) -> Path:
        """Return an empty folder for files that the run needs and that go when it ends, however it ends."""
        with self._guard, Unbroken():
            folder = self.folder / f"{PARTIAL_PREFIX}{self._run}-{name}{PARTIAL_SUFFIX}"
            try:
                folder.mkdir()
            except OSError as error:
                raise cannot_write(folder, error) from error
            self._scratch.append(folder)
            return folder

    def discard(self, name: str) -> None:
        """Take a file out of the set again, and its temporary file away."""
        with self._guard:
            temporary = self._names.pop(name, None)
        if temporary is not None:
            temporary.unlink(missing_ok=True)

    def commit(self, *groups: Sequence[str]) -> None:
        """Rename the files into place, in an order (as first asked for, if none is given).

        A group is on the disk before the next one gets its names, and everything before the very last file. A signal
        that would end the program waits until all of them have their names.

        Raises
        ------
        OutputError
            If a file cannot be renamed; those after it are removed.
        """
        ordered = [list(group) for group in groups or [list(self._names)] if group] or [[]]
        names = list(itertools.chain(*ordered))
        if sorted(names) != sorted(self._names):
            raise ValueError("the order must name every file of the set once")
        for _ in in_order(self._force, names, _SYNCS_AT_ONCE):  # first what takes time and may fail
            pass
        with Unbroken():
            for group in (*ordered[:-1], ordered[-1][:-1], ordered[-1][-1:]):
                self._rename(group)
            self._made.clear()

    def _force(self, name: str) -> None:
        try:
            sync_file(self._names[name])
        except OSError as error:
            raise cannot_write(self._target(name), error) from error

    def _rename(self, names: Sequence[str]) -> None:
        folders = dict.fromkeys(self._target(name).parent for name in names)
        try:
            for name in names:
                replace_file(self._names[name], self._target(name))
                del self._names[name]
        except OSError as error:
            raise cannot_write(self._target(name), error) from error
        finally:
            for _ in in_order(sync_folder, folders, _SYNCS_AT_ONCE):
                pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._give_up()

    def _give_up(self) -> None:
        """Remove what has no final name yet."""
        with Unbroken():
            for temporary in self._names.values():
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)
            if self._tidies:  # never beside another run that holds the lock
                remove_leftovers(self.folder)
            for folder in self._scratch:
                shutil.rmtree(folder, ignore_errors=True)
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


def tidy(folder: Path) -> None:
    """Remove what a killed run left in a folder in which nothing is to be written; what fails is left."""
    if any(folder.glob(".stemkit-*")) or any(folder.glob("*/.stemkit-*")):
        with contextlib.suppress(OutputError), OutputSet(folder):
            pass
