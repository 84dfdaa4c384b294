"""Measured facts kept between runs: an index from files to digests, and facts under digests.

Nothing here can make a result wrong or a run fail: what is damaged, from another version or not
certain is not believed, and where nothing can be written nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemkit.core import system
from stemkit.core.errors import StemkitError
from stemkit.core.files import PARTIAL_PREFIX, PARTIAL_SUFFIX, sha256_of, write_atomically
from stemkit.core.system import FileIdentity
from stemkit.meters._ledger import Ledger
from stemkit.store._packed import pack, unpack
from stemkit.store.taken_out import forget_taken_out, taken_out

FORMAT = 3
"""Raised when the way of keeping changes; older files are then not found."""
_FACTS, _INDEX = f"facts-{FORMAT}", f"index-{FORMAT}"
_FACT_SUFFIXES = (".facts", ".npz")
"""What facts are kept in, and what earlier versions kept them in."""
_SETTLED_NS = 2_000_000_000
_SEAL_BYTES = 16
_SHA256 = "sha256"
_CONTENT = "content"


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What is kept, and where; ``folder`` is `None` where nothing is kept. ``archives`` are those unpacked there."""

    folder: Path | None
    files: int
    facts: int
    size_bytes: int
    archives: int = 0


class FactStore:
    """Facts of earlier runs.

    Parameters
    ----------
    folder
        Where they are kept; `None` keeps and believes nothing.
    rehash
        Believe nothing that an earlier run kept, but keep what this one finds.
    """

    def __init__(self, folder: Path | None, *, rehash: bool = False) -> None:
        self.folder = folder
        self._rehash = rehash
        self._seen: dict[tuple[Path, str], FileIdentity] = {}
        self._kept_now: set[Path] = set()
        self._guard = threading.Lock()

    def get(self, media_path: Path, layout_key: str, meter_versions: Mapping[str, int]) -> Ledger | None:
        """Return the facts of a file that has not changed since they were kept, or `None`.

        Ask before the file is read: `put` keeps nothing for a file that changed in between.
        """
        digest = self._digest(media_path, _CONTENT)
        return None if digest is None else self.get_facts(digest, layout_key, meter_versions)

    def put(self, media_path: Path, layout_key: str, meter_versions: Mapping[str, int], ledger: Ledger) -> None:
        """Keep the facts of a file, and that this file has them."""
        digest = stored_digest(ledger)
        if self._remember(media_path, _CONTENT, digest):
            self.put_facts(digest, layout_key, meter_versions, ledger)

    def get_facts(self, digest: str, key: str, meter_versions: Mapping[str, int]) -> Ledger | None:
        """Return facts kept under a digest and a key, such as those of a chapter's sum, or `None`.

        Parameters
        ----------
        digest
            Content digest, or one made of all that the sound was made from.
        key
            What else the facts depend on: layout, span, steps.
        """
        arrays = self.get_arrays(digest, key, meter_versions)
        try:
            return None if arrays is None else Ledger.from_arrays(arrays)
        except (ValueError, KeyError, TypeError):
            return None

    def get_arrays(
        self, digest: str, key: str, meter_versions: Mapping[str, int]
    ) -> dict[str, NDArray[np.generic]] | None:
        """Return facts of any kind as plain arrays, or `None`; see `get_facts`."""
        path = self._facts_path(digest, key, meter_versions)
        if path is None or (self._rehash and path not in self._kept_now):
            return None
        try:
            return unpack(_opened(path))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put_facts(self, digest: str, key: str, meter_versions: Mapping[str, int], ledger: Ledger) -> None:
        """Keep facts under a digest and a key."""
        self.put_arrays(digest, key, meter_versions, ledger.as_arrays())

    def put_arrays(
        self, digest: str, key: str, meter_versions: Mapping[str, int], arrays: Mapping[str, NDArray[np.generic]]
    ) -> None:
        """Keep facts of any kind, as plain arrays, under a digest and a key."""
        path = self._facts_path(digest, key, meter_versions)
        if path is None:
            return
        if self._write(path, pack(arrays)):
            with self._guard:
                self._kept_now.add(path)

    def sha256_of(self, path: Path) -> str:
        """Return the SHA-256 of a file, read only if it may have changed since it was last asked for."""
        known = self._digest(path, _SHA256)
        if known is None:
            known = sha256_of(path)
            self._remember(path, _SHA256, known)
        return known

    def digest_of(self, path: Path) -> str | None:
        """Return the `stored_digest` of a file that has not changed since it was measured, or `None`."""
        return self._digest(path, _CONTENT)

    def remember_sha256(self, path: Path, sha256: str) -> None:
        """Keep the SHA-256 of a file that was just written."""
        with contextlib.suppress(OSError):
            self._note_identity(path, _SHA256)
            self._remember(path, _SHA256, sha256)

    def info(self) -> CacheInfo:
        """Count what is kept."""
        files = list(self._own_files())
        size = 0
        for path in files:
            with contextlib.suppress(OSError):
                size += path.stat().st_size
        facts = sum(path.suffix in _FACT_SUFFIXES for path in files)
        archives, archive_bytes = taken_out(self.folder)
        return CacheInfo(self.folder, len(files) - facts, facts, size + archive_bytes, archives)

    def clear(self) -> CacheInfo:
        """Remove everything that is kept, and nothing else; return what it was."""
        before = self.info()
        for path in [*self._own_files(), *self._left_by_killed_runs()]:
            path.unlink(missing_ok=True)
            for folder in (path.parent, path.parent.parent):
                with contextlib.suppress(OSError):  # not empty yet
                    folder.rmdir()
        forget_taken_out(self.folder)
        return before

    def _own_files(self) -> Iterator[Path]:
        if self.folder is None:
            return
        for pattern in (*(f"facts-*/*/*{suffix}" for suffix in _FACT_SUFFIXES), "index-*/*/*.json"):
            yield from self.folder.glob(pattern)

    def _left_by_killed_runs(self) -> Iterator[Path]:
        if self.folder is None:
            return
        for kind in ("facts", "index"):
            yield from self.folder.glob(f"{kind}-*/*/{PARTIAL_PREFIX}*{PARTIAL_SUFFIX}")

    def _facts_path(self, digest: str, key: str, meter_versions: Mapping[str, int]) -> Path | None:
        if self.folder is None:
            return None
        name = _name_of(digest, key, sorted(meter_versions.items()))
        return self.folder / _FACTS / name[:2] / f"{name[2:]}{_FACT_SUFFIXES[0]}"

    def _index_path(self, path: Path, kind: str) -> Path | None:
        if self.folder is None:
            return None
        name = _name_of(os.fspath(path.absolute()), kind)
        return self.folder / _INDEX / name[:2] / f"{name[2:]}.json"

    def _note_identity(self, path: Path, kind: str) -> FileIdentity:
        identity = system.identity_of(path)
        with self._guard:
            self._seen[path, kind] = identity
        return identity

    def _digest(self, path: Path, kind: str) -> str | None:
        index = self._index_path(path, kind)
        if index is None:
            return None
        try:
            identity = self._note_identity(path, kind)
            kept_at = system.identity_of(index).mtime_ns
            entry = json.loads(_opened(index))
            is_same = entry["path"] == _spelled(path) and entry["identity"] == list(astuple(identity))
            digest = entry["digest"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        if not is_same or not isinstance(digest, str) or not _is_settled(identity, kept_at):
            return None
        return None if self._rehash and index not in self._kept_now else digest

    def _remember(self, path: Path, kind: str, digest: str) -> bool:
        """Keep a digest if the file is still the one that was looked at before it was read."""
        index = self._index_path(path, kind)
        with self._guard:
            before = self._seen.pop((path, kind), None)
        if index is None or before is None:
            return False
        try:
            if system.identity_of(path) != before:
                return False
        except OSError:
            return False
        entry = {"path": _spelled(path), "identity": astuple(before), "digest": digest}
        if self._write(index, json.dumps(entry).encode()):
            with self._guard:
                self._kept_now.add(index)
        return True

    def _write(self, path: Path, data: bytes) -> bool:
        try:
            write_atomically(path, _seal(path, data) + data, durable=False)
        except StemkitError:
            return False
        return True


def _seal(path: Path, data: bytes) -> bytes:
    """Return what stands before the content of a kept file: a checksum that holds at this place only."""
    return hashlib.blake2b(data, digest_size=_SEAL_BYTES, person=path.stem[:16].encode()).digest()


def _opened(path: Path) -> bytes:
    """Return the content of a kept file; raises `ValueError` if a single bit of it has changed."""
    raw = system.read_whole(path)
    seal, data = raw[:_SEAL_BYTES], raw[_SEAL_BYTES:]
    if seal != _seal(path, data):
        raise ValueError("damaged")
    return data


def stored_digest(ledger: Ledger) -> str:
    """Return under what a sound's facts are kept: its content digest, and what else tells two sounds apart."""
    return f"{ledger.digest}-{ledger.sample_rate_hz}-{ledger.channels}-{ledger.length_samples}"


def open_store(setting: str | None = None, *, rehash: bool = False) -> FactStore:
    """Open the store that the environment names.

    Parameters
    ----------
    setting
        ``"off"``, a folder, or `None` for the value of ``STEMKIT_CACHE``; the user's cache folder where
        neither says anything.
    """
    setting = os.environ.get("STEMKIT_CACHE", "") if setting is None else setting
    if setting.strip().lower() == "off":
        return FactStore(None)
    return FactStore(_user_folder() if not setting.strip() else Path(setting).expanduser(), rehash=rehash)


def _user_folder() -> Path | None:
    import platformdirs

    try:
        return Path(platformdirs.user_cache_dir("stemkit", appauthor=False))
    except (OSError, RuntimeError):  # no home folder
        return None


def _is_settled(identity: FileIdentity, kept_at_ns: int) -> bool:
    """Tell whether an entry is enough younger than its file.

    A file that is written again within the step of its clock looks the same; the entry's own time
    of writing, by the file system's clock, shows whether that was possible. The time of change
    does not count here: a rename moves it, and whatever sets a time of writing back moves it too.
    """
    return kept_at_ns - identity.mtime_ns >= _SETTLED_NS


def _spelled(path: Path) -> str:
    return os.fspath(path.absolute()).encode("utf-8", "surrogateescape").hex()


def _name_of(*parts: object) -> str:
    text = json.dumps(parts)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
