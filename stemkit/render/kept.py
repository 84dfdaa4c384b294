"""Stretches of earlier prints that are still right: they are copied, and only the others are rendered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from stemkit.audio.reader import open_pcm, read_blocks
from stemkit.core.block import Block
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import Span


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

    def read(self, name: str, span: Span) -> list[Block | memoryview]:
        """Read a span of an earlier print: as it lies in the file, if that is one of 24 bit."""
        media = self.prints[name]
        file = open_pcm(media) if media.subtype == "PCM_24" else None
        if file is None:
            return list(read_blocks(media, span))
        with file:
            raw = np.empty(span.length * file.frame_bytes, np.uint8).data
            file.read_into(span.start, raw)
        return [raw]
