"""What lies on the disk is what was written there: seen while a file is hashed, before anybody believes the hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from stemkit.audio.writer import Chunks, WriteFormat, header_of
from stemkit.core.checksum import WINDOW_BYTES, Checksum
from stemkit.core.errors import OutputError, Problem
from stemkit.core.files import pieces_of
from stemkit.core.media import Bext
from stemkit.core.system import RandomReader


@dataclass(frozen=True, slots=True)
class Put:
    """What a `PrintWriter` was given beside its format and its Broadcast Wave chunk: other chunks, and the sound."""

    chunks: Chunks
    checksum: Checksum


def require_encoded(path: Path, stated: bytes, checksum: Checksum) -> None:
    """See that the digest that a file of encoded sound states is the one that its encoder was given.

    Raises
    ------
    OutputError
        If it is another.
    """
    found = Checksum()
    found.update(stated)
    if found.value != checksum.value:
        raise _altered(path)


def hash_written(path: Path, fmt: WriteFormat, bext: Bext | None, put: Put) -> str:
    """Return the SHA-256 of a file that was just written, and see that it holds what was put into it.

    Measuring a file and subtracting it from others cannot tell that all of them were changed alike.

    Parameters
    ----------
    bext
        As it stands in the header by now, with levels.

    Raises
    ------
    OutputError
        If header or sound are something else.
    """
    header = header_of(fmt, bext, put.chunks)
    digest, found, left = hashlib.sha256(), Checksum(), fmt.data_bytes
    with RandomReader(path) as file:
        is_right = file.read(0, len(header)) == header
        is_right = is_right and file.size_bytes == len(header) + left + left % 2
    digest.update(header)
    for piece in pieces_of(path, len(header)):
        digest.update(piece)
        sound = piece[: min(left, len(piece))]
        for at in range(0, len(sound), WINDOW_BYTES):
            found.update(sound[at : at + WINDOW_BYTES])
        left -= len(sound)
    if not is_right or found.value != put.checksum.value:
        raise _altered(path)
    return digest.hexdigest()


def _altered(path: Path) -> OutputError:
    message = "what lies on the disk is not what was written there"
    hint = "see that nothing else writes into that folder, check the disk, and run again"
    return OutputError(Problem("altered", message, hint, str(path.parent)))
