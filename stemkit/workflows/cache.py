"""Say what is kept between runs, or throw it away."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from stemkit import __version__
from stemkit.kernels import forget_kernels, kept_kernels
from stemkit.store.facts import CacheInfo, open_store

Action = Literal["info", "clear"]


@dataclass(frozen=True, slots=True)
class CacheResult:
    """What is kept, or was kept before it was thrown away."""

    action: Action
    info: CacheInfo
    kernels: int = 0
    kernels_bytes: int = 0

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
            "archives": info.archives,
            "size_bytes": info.size_bytes,
            "kernels": self.kernels,
            "kernels_bytes": self.kernels_bytes,
        }

    def as_text(self) -> str:
        """Return the result for people."""
        info = self.info
        if info.folder is None:
            return "Nothing is kept between runs (STEMKIT_CACHE=off)."
        compiled = f"{self.kernels} files of compiled code, {self.kernels_bytes / 1e6:.1f} MB"
        archives = f", the sound of {info.archives} archives" if info.archives else ""
        kept = f"{info.facts} measurements of {info.files} files{archives}"
        what = f"{kept}, {info.size_bytes / 1e6:.1f} MB; {compiled}"
        return f"Removed from {info.folder}: {what}" if self.action == "clear" else f"{info.folder}: {what}"


def cache(action: Action = "info") -> CacheResult:
    """Look into the cache that the environment names, or clear it.

    The user's own cache holds compiled kernels too, those of earlier versions among them. They are cleared
    with it, and compiled anew by the next run; nothing of stemkit is left then but what was installed.
    """
    store = open_store()
    is_own = not os.environ.get("STEMKIT_CACHE", "").strip()
    kernels = list(kept_kernels()) if is_own else []
    size = sum(path.stat().st_size for path in kernels)
    if action == "clear" and is_own:
        forget_kernels()
    info = store.clear() if action == "clear" else store.info()
    return CacheResult(action, info, len(kernels), size)
