"""Say what is kept between runs, or throw it away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from stemkit import __version__
from stemkit.store.facts import CacheInfo, open_store

Action = Literal["info", "clear"]


@dataclass(frozen=True, slots=True)
class CacheResult:
    """What is kept, or was kept before it was thrown away."""

    action: Action
    info: CacheInfo

    def as_dict(self) -> dict[str, object]:
        """Return the result as JSON data."""
        info = self.info
        return {
            "schema": "stemkit/cache/1",
            "version": __version__,
            "action": self.action,
            "folder": None if info.folder is None else str(info.folder),
            "files": info.files,
            "facts": info.facts,
            "size_bytes": info.size_bytes,
        }

    def as_text(self) -> str:
        """Return the result for people."""
        info = self.info
        if info.folder is None:
            return "Nothing is kept between runs (STEMKIT_CACHE=off)."
        what = f"{info.facts} measurements of {info.files} files, {info.size_bytes / 1e6:.1f} MB"
        return f"Removed from {info.folder}: {what}" if self.action == "clear" else f"{info.folder}: {what}"


def cache(action: Action = "info") -> CacheResult:
    """Look into the cache that the environment names, or clear it.

    Only measurements are counted and removed; compiled kernels stay.
    """
    store = open_store()
    return CacheResult(action, store.clear() if action == "clear" else store.info())
