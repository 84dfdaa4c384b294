"""Sound out of archives and video files: under their digests in the cache, once for all commands and runs."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from stemkit.audio._video import copy_track
from stemkit.core.errors import OutputError, Problem
from stemkit.core.files import PARTIAL_PREFIX, PARTIAL_SUFFIX, cannot_write, free_bytes
from stemkit.core.names import archive_of, safe_name
from stemkit.core.system import identity_of
from stemkit.intake.archive import RefusedArchiveError, open_archive, sounds_in, take_out
from stemkit.store.facts import FactStore
from stemkit.store.taken_out import UNPACKED

_CONTENTS = "contents.json"
_KEPT_S, _PARTIAL_KEPT_S = 30 * 24 * 3600, 24 * 3600


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What became of an archive: the folder with its sound, or why there is none."""

    folder: Path | None
    reason: str = ""


class _Places:
    """Folders of this process, and where they are made if nothing is kept between runs."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.locks: dict[Path, threading.Lock] = {}
        self._temporary: Path | None = None

    def temporary(self) -> Path:
        with self.guard:
            if self._temporary is None:
                self._temporary = Path(tempfile.mkdtemp(prefix="stemkit-"))
                atexit.register(shutil.rmtree, self._temporary, ignore_errors=True)
            return self._temporary

    def lock(self, home: Path) -> threading.Lock:
        with self.guard:
            return self.locks.setdefault(home, threading.Lock())


_places = _Places()


def unpacked(path: Path, store: FactStore | None = None, on_piece: Callable[[], None] = lambda: None) -> Unpacked:
    """Return the folder in which an archive's sound lies, taken out if that was not done before.

    Parameters
    ----------
    store
        Beside whose facts it is kept; without a folder of its own, until the program ends.
    on_piece
        Called now and then; what it raises ends the work.

    Raises
    ------
    OutputError
        If the system refuses to write.
    """

    def fill(folder: Path) -> None:
        with open_archive(path) as archive:
            members = sounds_in(archive, path)
            _require_space(folder, sum(member.info.file_size for member in members))
            take_out(archive, members, folder, on_piece)

    try:
        return Unpacked(_folder_of(path, safe_name(path.stem), store, fill))
    except RefusedArchiveError as error:
        return Unpacked(None, str(error))
    except OSError as error:
        return Unpacked(None, f"it cannot be read: {error.strerror or error}")


def track_file(path: Path, track: int | str, store: FactStore | None = None) -> Path:
    """Return a file that holds one sound track of a video file and nothing else, copied as it is coded.

    Raises
    ------
    TrackError
        If there is no such track.
    OSError
        If the file cannot be read.
    OutputError
        If the system refuses to write.
    """

    def fill(folder: Path) -> None:
        copy_track(path, track, folder)

    folder = _folder_of(path, safe_name(f"{path.stem} track {track}"), store, fill)
    return next(folder.iterdir())


def file_at(place: Path, store: FactStore | None = None) -> Path:
    """Return the file that was delivered at a place, taken out of its archive where it lies in one.

    Raises
    ------
    OutputError
        If the system refuses to write.
    """
    archive = archive_of(place)
    if archive is None or archive == place:
        return place
    folder = unpacked(archive, store).folder
    return place if folder is None else folder / place.relative_to(archive)


def joined_file(paths: Sequence[Path], name: str, store: FactStore | None, write: Callable[[Path], None]) -> Path:
    """Return a file that is made of several, made if that was not done before.

    Parameters
    ----------
    write
        Writes the file.

    Raises
    ------
    OSError
        If one of the files cannot be read.
    OutputError
        If the system refuses to write.
    """

    def fill(folder: Path) -> None:
        _require_space(folder, sum(path.stat().st_size for path in paths))
        write(folder / f"{name}.wav")

    return _folder_of(paths, name, store, fill) / f"{name}.wav"


def _folder_of(paths: Path | Sequence[Path], name: str, store: FactStore | None, fill: Callable[[Path], None]) -> Path:
    """Return a folder of a name that holds what is in files, filled if that was not done before."""
    store = store or FactStore(None)
    digest = " ".join(map(store.sha256_of, [paths] if isinstance(paths, Path) else paths))
    root = _root(store)
    home = root / hashlib.sha256(f"{digest}/{name}".encode()).hexdigest()[:32]
    with _places.lock(home):
        return _kept(home, name) or _made(home, name, fill)


def _root(store: FactStore) -> Path:
    """Return where folders are made: beside the store's facts, or for a while where nothing can be kept."""
    if store.folder is None:
        return _places.temporary()
    root = store.folder / UNPACKED
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _places.temporary()
    return root if os.access(root, os.W_OK) else _places.temporary()


def _kept(home: Path, name: str) -> Path | None:
    """Return what an earlier run took out, if it lies there unchanged."""
    contents = home / _CONTENTS
    try:
        kept = json.loads(contents.read_text("utf-8"))
        is_whole = bool(kept) and kept == _found(home / name)
    except (OSError, ValueError):
        return None
    if not is_whole:
        return None
    with contextlib.suppress(OSError):
        os.utime(contents)
    return home / name


def _found(folder: Path) -> dict[str, list[int]]:
    """Return what tells whether a file was touched, for every file in a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): list(astuple(identity_of(path))) for path in files}


def _made(home: Path, name: str, fill: Callable[[Path], None]) -> Path:
    partial = home.with_name(f"{PARTIAL_PREFIX}{secrets.token_hex(6)}{PARTIAL_SUFFIX}")
    try:
        try:
            (partial / name).mkdir(parents=True)
        except OSError as error:
            raise cannot_write(home, error) from error
        fill(partial / name)
        try:
            (partial / _CONTENTS).write_text(json.dumps(_found(partial / name)), "utf-8")
            _put_in_place(partial, home, name)
        except OSError as error:
            raise cannot_write(home, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    _forget_old(home)
    return home / name


def _put_in_place(partial: Path, home: Path, name: str) -> None:
    """Give a folder its name, unless another run was faster; what somebody has changed there goes."""
    try:
        partial.rename(home)
    except OSError:
        if _kept(home, name) is not None:
            return
        old = home.with_name(f"{PARTIAL_PREFIX}{secrets.token_hex(6)}{PARTIAL_SUFFIX}")
        home.rename(old)
        shutil.rmtree(old, ignore_errors=True)
        partial.rename(home)


def _require_space(folder: Path, needed: int) -> None:
    free = free_bytes(folder)
    if free < needed:
        message = f"unpacking needs {needed / 1e6:,.0f} MB, but only {free / 1e6:,.0f} MB are free"
        hint = "free some space, or let STEMKIT_CACHE name a folder with more"
        raise OutputError(Problem("no_space", message, hint, str(folder.parent.parent)))


def _forget_old(home: Path) -> None:
    """Remove what no run has used for a month before this one was made, and what killed runs left a day before."""
    with contextlib.suppress(OSError):
        now = (home / _CONTENTS).stat().st_mtime
        for contents in home.parent.glob(f"*/{_CONTENTS}"):
            if now - contents.stat().st_mtime > _KEPT_S:
                shutil.rmtree(contents.parent, ignore_errors=True)
        for partial in home.parent.glob(f"{PARTIAL_PREFIX}*{PARTIAL_SUFFIX}"):
            if now - partial.stat().st_mtime > _PARTIAL_KEPT_S:
                shutil.rmtree(partial, ignore_errors=True)
