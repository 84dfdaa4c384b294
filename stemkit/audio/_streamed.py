"""soundfile without its seek after every read, and without a Ctrl-C in the middle of a call.

libsndfile calls back for every piece of a file, and what is raised there is printed and lost: an interrupt too.

soundfile puts the position right after each block, by a seek; that empties the bit reservoir of an
MP3, so that each block began with a fault and results hung on the size of blocks.
"""

from __future__ import annotations

import os
from typing import Any

import soundfile

from stemkit.core.interrupts import Unbroken


class WholeCalls(soundfile.SoundFile):  # type: ignore[misc]
    """A file whose calls into libsndfile are ended before a signal ends the program."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        with Unbroken():
            super().__init__(*arguments, **options)

    def read(self, *arguments: Any, **options: Any) -> Any:
        """Read as soundfile does."""
        with Unbroken():
            return super().read(*arguments, **options)

    def write(self, data: Any) -> None:
        """Write as soundfile does."""
        with Unbroken():
            super().write(data)

    def seek(self, frames: int, whence: int = os.SEEK_SET) -> int:
        """Seek as soundfile does."""
        with Unbroken():
            return int(super().seek(frames, whence))

    def close(self) -> None:
        """Close as soundfile does."""
        with Unbroken():
            super().close()


class StreamedFile(WholeCalls):
    """A file that is read from a place onwards, block after block."""

    def seekable(self) -> bool:
        """Say no, so that reading never seeks; `seek` itself still works."""
        return False
