"""The only compiled code: plain arrays in and out, nothing else is known here.

Compiled kernels are kept in a cache folder of our own. Where none can be written they are compiled
anew in every process; nothing else changes.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def kernel_cache_folder() -> Path:
    """Return where compiled kernels are kept, whether or not it can be written."""
    if set_by_user := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(set_by_user)
    return _own_folder() / sources_digest()


def _own_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("stemkit", appauthor=False)) / "kernels"


def kept_kernels() -> Iterator[Path]:
    """Yield the files of compiled code in the user's cache, those of other versions among them."""
    for suffix in ("nbi", "nbc", "object"):
        yield from _own_folder().glob(f"*/**/*.{suffix}")


def forget_kernels() -> None:
    """Remove all compiled code from the user's cache."""
    for path in list(kept_kernels()):
        path.unlink(missing_ok=True)
    folders = [path for path in _own_folder().rglob("*") if path.is_dir()]
    for folder in (*sorted(folders, key=lambda path: -len(path.parts)), _own_folder()):
        with contextlib.suppress(OSError):  # something of somebody else's is in it
            folder.rmdir()


@functools.cache
def sources_digest() -> str:
    """Return a name that changes with what kernels share: numba itself looks at each kernel's own file only."""
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(Path(__file__).parent.glob("_*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _prepare_cache() -> bool:
    """Point numba at our cache folder; tell whether kernels can be kept there."""
    folder = kernel_cache_folder()
    if not _is_writable(folder):
        return False
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder))
    return True


CAN_KEEP_KERNELS = _prepare_cache()
"""Settled before any module of this package imports numba, which looks for its cache folder only once."""
