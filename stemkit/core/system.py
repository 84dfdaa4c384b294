"""The only calls that differ between operating systems, each with the Windows way beside it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_WINDOWS_PATH_LIMIT = 240  # MAX_PATH is 260; 12 go to an 8.3 name, some to our temporary ones

_KEPT_BYTES, _KEPT_BLOCK_BYTES = 64 << 20, 16 << 20


def system_path(path: Path) -> str:
    """Return the path to give to the system; on Windows long ones need a prefix of their own."""
    if os.name != "nt":
        return os.fspath(path)
    full = str(path.absolute())
    if len(full) < _WINDOWS_PATH_LIMIT or full.startswith("\\\\?\\"):
        return full
    return f"\\\\?\\UNC\\{full[2:]}" if full.startswith("\\\\") else f"\\\\?\\{full}"


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What tells, without reading it, that a file is still the same one."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


def identity_of(path: Path) -> FileIdentity:
    """Return the identity of a file; raises `OSError` where there is none.

    On Windows ``st_ctime_ns`` is the time of creation and ``st_ino`` the file index; both serve.
    """
    found = os.stat(system_path(path))  # noqa: PTH116 - a string with the long-path prefix
    return FileIdentity(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


class RandomReader:
    """A file read at absolute positions, by any number of threads at once.

    Parameters
    ----------
    path
        A regular file. Anything else (a pipe would block for ever) raises `OSError`.
    """

    def __init__(self, path: Path) -> None:
        binary = getattr(os, "O_BINARY", 0)  # Windows
        patient = getattr(os, "O_NONBLOCK", 0)  # POSIX: opening a pipe without a writer must not wait
        self._handle = os.open(system_path(path), os.O_RDONLY | binary | patient)
        found = os.fstat(self._handle)
        if not stat.S_ISREG(found.st_mode):
            os.close(self._handle)
            raise OSError(None, "not a regular file", str(path))
        self.size_bytes = found.st_size
        self._lock = threading.Lock()

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill a buffer from a position; return how many bytes there were (fewer only at the end)."""
        done = 0
        while done < len(buffer):
            got = self._read_some(offset + done, buffer[done:])
            if got == 0:
                break
            done += got
        return done

    def read(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes; never asks for more memory than the file could fill."""
        buffer = bytearray(max(0, min(length, self.size_bytes - offset)))
        got = self.read_into(offset, memoryview(buffer))
        return bytes(buffer[:got])

    def _read_some(self, offset: int, buffer: memoryview) -> int:
        if hasattr(os, "preadv"):
            return int(os.preadv(self._handle, [buffer], offset))
        with self._lock:  # Windows, and macOS before 11: one position for all threads
            os.lseek(self._handle, offset, os.SEEK_SET)
            chunk = os.read(self._handle, len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> RandomReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def read_whole(path: Path) -> bytes:
    """Return the bytes of a small file."""
    with RandomReader(path) as file:
        return file.read(0, file.size_bytes)


def sync_file(path: Path) -> None:
    """Force a file's contents to the disk."""
    handle = os.open(system_path(path), os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk; Windows has no such call and keeps names in its journal."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):  # network and FUSE file systems may refuse
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def replace_file(source: Path, target: Path) -> None:
    """Rename a file over another in one act.

    On Windows a virus scanner or indexer may hold the target open for a moment, so a refusal is
    tried again before it is believed.
    """
    attempts = 10 if sys.platform == "win32" else 1
    waiter = threading.Event()
    for attempt in range(attempts):
        try:
            os.replace(system_path(source), system_path(target))  # noqa: PTH105 - the long-path prefix
            return
        except PermissionError:
            if attempt + 1 == attempts:
                raise
            waiter.wait(0.05 * (attempt + 1))


def lock_file(handle: int) -> None:
    """Lock an open file for this process, or raise `BlockingIOError` at once if another holds it."""
    if sys.platform == "win32":
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
    else:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # a file system without locks: two runs are the user's care then
            return


def begin_to_write(handle: int, offset: int, length: int) -> None:
    """Ask the system to begin to write a part of a file to the disk, without waiting: forcing it later takes less.

    Only Linux has a call for this; elsewhere nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    begin = 2  # SYNC_FILE_RANGE_WRITE of fcntl.h
    with contextlib.suppress(OSError, AttributeError):
        ask = ctypes.CDLL(None).sync_file_range
        ask(handle, ctypes.c_int64(offset), ctypes.c_int64(length), begin)


def keep_freed_memory() -> None:
    """Let the C library keep memory that is freed, for the next blocks of sound.

    glibc gives a block of a megabyte back to the system as soon as it is freed, and the system clears its pages
    before the next one: a quarter of the time of a mix. Elsewhere allocators keep such blocks by themselves.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    trim_threshold, mmap_threshold = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
    with contextlib.suppress(OSError, AttributeError):  # musl has no mallopt
        set_option = ctypes.CDLL(None).mallopt
        set_option(trim_threshold, _KEPT_BYTES)
        set_option(mmap_threshold, _KEPT_BLOCK_BYTES)


CAN_REMOVE_OPEN_FILES = os.name != "nt"
