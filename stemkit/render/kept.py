"""Stretches of earlier prints that are still right: they are copied, and only the others are rendered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from stemkit.audio.reader import read_blocks
from stemkit.core.block import Block
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import Span
from stemkit.dsp.streams import Sink


@dataclass(frozen=True, slots=True)
class Kept:
    """What can be kept of the prints of an earlier run.

    Parameters
    ----------
    prints
        The files as they lie in the folder, each with its programme and nothing else.
    stretches, is_right
        The film in stretches, and which of them the files hold as they would be rendered now.
    """

    prints: Mapping[str, MediaInfo]
    stretches: Sequence[Span]
    is_right: Sequence[bool]

    @property
    def rendered(self) -> int:
        """How many stretches are rendered."""
        return len(self.is_right) - sum(self.is_right)

    def pieces(self) -> Iterator[tuple[Span, bool]]:
        """Yield the film in pieces, each with whether it is copied."""
        for is_right, run in groupby(zip(self.stretches, self.is_right, strict=True), key=lambda each: each[1]):
            spans = [span for span, _ in run]
            yield Span(spans[0].start, spans[-1].end), is_right

    def read(self, name: str, span: Span, block_samples: int) -> Iterator[Block]:
        """Read a piece of an earlier print."""
        return read_blocks(self.prints[name], span, block_samples)


class Inside:
    """Lets through what belongs to a span of a stream that begins before it and may end after it."""

    def __init__(self, sink: Sink, span: Span, start: int) -> None:
        self._sink, self._span, self._at = sink, span, start

    def push(self, block: Block) -> None:
        """Take the next samples."""
        here = Span(self._at, self._at + len(block))
        if part := self._span.overlap(here):
            self._sink.push(block[part.start - here.start : part.end - here.start])
        self._at = here.end
