"""soundfile without its seek after every read.

soundfile puts the position right after each block, by a seek; that empties the bit reservoir of an
MP3, so that each block began with a fault and results hung on the size of blocks.
"""

from __future__ import annotations

import soundfile


class StreamedFile(soundfile.SoundFile):  # type: ignore[misc]
    """A file that is read from a place onwards, block after block."""

    def seekable(self) -> bool:
        """Say no, so that reading never seeks; `seek` itself still works."""
        return False
