"""One mono file for each channel, as studios and streaming services take them: ``name.L.wav`` and so on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol

from stemkit.core.block import Block
from stemkit.core.completing import Completing
from stemkit.core.layout import Layout


class SoundWriter(Protocol):
    """What writes one file: blocks in, then closed, or given up."""

    def push(self, block: Block, /) -> None:
        """Take the next samples."""

    def close(self) -> None:
        """Complete the file."""

    def abort(self) -> None:
        """Give up and remove what was written."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None, /
    ) -> None:
        """Close it, or give it up where something failed."""


def channel_name(name: str, label: str) -> str:
    """Return the name of the file of one channel.

    Examples
    --------
    >>> channel_name("film_FULL.wav", "Ls")
    'film_FULL.Ls.wav'
    """
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{label}.{suffix}" if dot else f"{name}.{label}"


def channel_names(name: str, layout: Layout) -> tuple[str, ...]:
    """Return the names of a sound's files in the order of its channels; a mono sound keeps its name."""
    return (name,) if layout.count == 1 else tuple(channel_name(name, label) for label in layout.labels)


class ChannelWriter(Completing):
    """A sink that hands each channel to a writer of its own; all files are completed, or none is left.

    Parameters
    ----------
    opened
        Opens the writer of each channel, in the order of the layout.
    """

    def __init__(self, opened: Sequence[Callable[[], SoundWriter]]) -> None:
        self._writers: list[SoundWriter] = []
        try:
            for open_writer in opened:
                self._writers.append(open_writer())
        except BaseException:
            self.abort()
            raise

    def push(self, block: Block) -> None:
        """Take the next samples of all channels."""
        for channel, writer in enumerate(self._writers):
            writer.push(block[:, channel : channel + 1])

    def close(self) -> None:
        """Complete every file."""
        with ExitStack() as stack:
            for writer in self._writers:
                stack.push(writer.__exit__)
            for writer in self._writers:
                writer.close()

    def abort(self) -> None:
        """Give up and remove what was written."""
        for writer in self._writers:
            writer.abort()
