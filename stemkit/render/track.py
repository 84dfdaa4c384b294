"""What a role sounds like over the film, before any gain: its placements, faded and added.

Gains are a function of the absolute position and files are added in one fixed order, so the sound
does not depend on where it is cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stemkit.audio.reader import PcmFile, decode, open_pcm, read_blocks
from stemkit.core.block import BLOCK_SAMPLES, Block, Stream
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import Span
from stemkit.core.units import amplitude_from_db
from stemkit.dsp.fades import Direction, fade_gains
from stemkit.plan.timeline import Fade, Line, Placement


def role_blocks(
    lines: Sequence[Line], length_samples: int, channels: int, block_samples: int = BLOCK_SAMPLES, start: int = 0
) -> Stream:
    """Yield the sum of a role's lines over the film, in blocks of ``block_samples``.

    Parameters
    ----------
    lines
        The role's placements; none at all is digital silence.
    length_samples
        Where it ends, which is the length of the film where all of it is wanted.
    channels
        Channels of the programme's layout, which every file has.
    start
        Position in the film of the first sample.
    """
    players = [_LinePlayer(line, block_samples, start) for line in lines]
    try:
        for at in range(start, length_samples, block_samples):
            span = Span(at, min(at + block_samples, length_samples))
            bus = np.zeros((span.length, channels))
            for player in players:
                player.add_into(bus, span)
            yield bus
    finally:
        for player in players:
            player.close()


def read_within(lines: Sequence[Line], span: Span) -> list[Path]:
    """Return the files that are read for a span of the film."""
    return [each.source.path for line in lines for each in line if each.span_in_film.overlap(span)]


class Touched:
    """Which samples of a role at unity gain are not on the grid of a print as they are.

    Parameters
    ----------
    lines
        The role's placements.
    bits
        Word length of the print.
    ducked
        Stretches in which the whole role is turned down.
    """

    def __init__(self, lines: Sequence[Line], bits: int, ducked: Sequence[Span] = ()) -> None:
        pieces = [piece for line in lines for placement in line for piece in _touched(placement, bits)]
        self._pieces = [*pieces, *ducked]

    def within(self, span: Span) -> bool | NDArray[np.bool_]:
        """Return one answer for a span of the film, or one for each sample where they differ."""
        hits = [hit for piece in self._pieces if piece.end > span.start and (hit := piece.overlap(span))]
        if not hits:
            return False
        if span in hits:
            return True
        mask = np.zeros(span.length, dtype=np.bool_)
        for hit in hits:
            mask[hit.start - span.start : hit.end - span.start] = True
        return mask


def is_on_grid(media: MediaInfo, bits: int) -> bool:
    """Tell whether all samples of a file lie on the grid of a word length, by its header."""
    depth = media.bit_depth_bits
    return not media.is_float and not media.is_lossy and depth is not None and depth <= bits


def _touched(placement: Placement, bits: int) -> Iterator[Span]:
    if placement.gain_db or not is_on_grid(placement.source, bits):
        yield placement.span_in_film
        return
    for fade in (placement.fade_in, placement.fade_out):
        if fade is not None:
            yield fade.span


class _LinePlayer:
    """Reads a line's placements one after the other; two files are open at most, inside a crossfade."""

    def __init__(self, line: Line, block_samples: int, start: int) -> None:
        self._waiting = [placement for placement in reversed(line) if placement.span_in_film.end > start]
        self._playing: list[_Packed | _Decoded] = []
        self._block_samples = block_samples

    def add_into(self, bus: Block, span: Span) -> None:
        while self._waiting and self._waiting[-1].start_in_film < span.end:
            self._playing.append(_opened(self._waiting.pop(), span.start, self._block_samples))
        for source in self._playing:
            if part := source.placement.span_in_film.overlap(span):
                source.add_into(bus[part.start - span.start : part.end - span.start], part)
        ended = [source for source in self._playing if source.placement.span_in_film.end <= span.end]
        for source in ended:
            source.close()
            self._playing.remove(source)

    def close(self) -> None:
        for source in self._playing:
            source.close()


def _opened(placement: Placement, start: int, block_samples: int) -> _Packed | _Decoded:
    media = placement.source
    if media.is_usable and media.subtype == "PCM_24" and (file := open_pcm(media)) is not None:
        return _Packed(placement, file)
    wanted = placement.span_in_file
    passed = max(0, start - placement.start_in_film)
    return _Decoded(placement, _Puller(read_blocks(media, Span(wanted.start + passed, wanted.end), block_samples)))


class _Packed:
    """A file of what most stems are in: its samples are added to the bus as they are unpacked."""

    def __init__(self, placement: Placement, file: PcmFile) -> None:
        self.placement = placement
        self._file = file
        self._gain = amplitude_from_db(placement.gain_db) if placement.gain_db else 1.0
        self._buffer = bytearray()

    def add_into(self, out: Block, part: Span) -> None:
        """Add what stands in a span of the film."""
        from stemkit.kernels.pcm import add_24

        size = part.length * self._file.frame_bytes
        if len(self._buffer) < size:
            self._buffer = bytearray(size)
        raw = memoryview(self._buffer)[:size]
        placement = self.placement
        self._file.read_into(part.start - placement.start_in_film + placement.span_in_file.start, raw)
        if any(fade is not None and fade.span.overlap(part) for fade in (placement.fade_in, placement.fade_out)):
            media = placement.source
            out += _faded(decode(raw, media.subtype, media.channels), placement, part)
        else:
            add_24(np.frombuffer(raw, np.uint8), self._gain, out.reshape(-1))

    def close(self) -> None:
        self._file.close()


class _Decoded:
    """A file that is decoded from its first sample that is wanted to its last."""

    def __init__(self, placement: Placement, puller: _Puller) -> None:
        self.placement = placement
        self._puller = puller

    def add_into(self, out: Block, part: Span) -> None:
        """Add what stands in a span of the film; spans follow one another."""
        start = part.start
        for block in self._puller.pull(part.length):
            piece = Span(start, start + len(block))
            out[piece.start - part.start : piece.end - part.start] += _faded(block, self.placement, piece)
            start = piece.end

    def close(self) -> None:
        self._puller.close()


class _Puller:
    """Hands out a stream in lengths that the caller chooses."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._rest: Block | None = None

    def pull(self, length_samples: int) -> Iterator[Block]:
        """Yield the next samples, in one or several pieces."""
        left = length_samples
        while left:
            block = next(self._stream) if self._rest is None else self._rest
            yield block[:left]
            self._rest = block[left:] if len(block) > left else None
            left -= min(left, len(block))

    def close(self) -> None:
        if close := getattr(self._stream, "close", None):
            close()


def _faded(block: Block, placement: Placement, piece: Span) -> Block:
    fades: tuple[tuple[Fade | None, Direction], ...] = ((placement.fade_in, "in"), (placement.fade_out, "out"))
    is_fresh = placement.gain_db != 0.0
    if is_fresh:
        block = block * amplitude_from_db(placement.gain_db)
    for fade, direction in fades:
        if fade is None or (span := fade.span.overlap(piece)) is None:
            continue
        origin = fade.span.start
        first, last = span.start - origin, span.end - origin
        gains = fade_gains(fade.law, first, last, fade.span.length, direction, fade.correlation)
        if not is_fresh:
            block, is_fresh = block.copy(), True
        block[span.start - piece.start : span.end - piece.start] *= gains[:, np.newaxis]
    return block
