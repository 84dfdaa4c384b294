"""Plumbing for streams of blocks. Nothing here changes a sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from stemkit.core.block import BLOCK_SAMPLES, Block, Stream


class Sink(Protocol):
    """Anything that takes blocks: a meter, a writer."""

    def push(self, block: Block) -> None:
        """Take the next block."""


def length_of(stream: Stream) -> int:
    """Run a stream to its end and return how many samples it held."""
    return sum(len(block) for block in stream)


def rechunk(stream: Stream, block_samples: int) -> Stream:
    """Cut a stream into blocks of exactly ``block_samples``; only the last may be shorter."""
    held: list[Block] = []
    count = 0
    for block in stream:
        rest = block
        while count + len(rest) >= block_samples:
            cut = block_samples - count
            held.append(rest[:cut])
            yield held[0] if len(held) == 1 else np.concatenate(held)
            rest, held, count = rest[cut:], [], 0
        if len(rest):
            held.append(rest)
            count += len(rest)
    if held:
        yield held[0] if len(held) == 1 else np.concatenate(held)


def take(stream: Stream, length_samples: int) -> Stream:
    """Pass the first ``length_samples`` on and read no further."""
    left = length_samples
    if left <= 0:
        return
    for block in stream:
        yield block[:left]
        left -= min(left, len(block))
        if left == 0:
            return


def skip(stream: Stream, length_samples: int) -> Stream:
    """Leave the first ``length_samples`` out."""
    left = length_samples
    for block in stream:
        if left >= len(block):
            left -= len(block)
        else:
            yield block[left:]
            left = 0


def silence(length_samples: int, channels: int, block_samples: int = BLOCK_SAMPLES) -> Stream:
    """Yield digital silence."""
    for start in range(0, length_samples, block_samples):
        yield np.zeros((min(block_samples, length_samples - start), channels))


def pad_to(stream: Stream, length_samples: int, channels: int) -> Stream:
    """Add digital silence at the tail until the stream holds at least ``length_samples``."""
    count = 0
    for block in stream:
        count += len(block)
        yield block
    yield from silence(length_samples - count, channels)


def shift(stream: Stream, by_samples: int, length_samples: int, channels: int) -> Stream:
    """Move a sound later (or earlier, where negative) inside a length that stays; what comes in is silence."""
    if by_samples < 0:
        return pad_to(skip(stream, -by_samples), length_samples, channels)
    return take(_after_silence(stream, by_samples, channels), length_samples)


def _after_silence(stream: Stream, length_samples: int, channels: int) -> Stream:
    yield from silence(length_samples, channels)
    yield from stream


def tap(stream: Stream, *sinks: Sink) -> Stream:
    """Show every block to some sinks on its way."""
    for block in stream:
        for sink in sinks:
            sink.push(block)
        yield block


def add(*streams: Stream) -> Stream:
    """Add streams sample by sample, in the order given; a stream that ends early counts as silence.

    The sum of one sample is always made in the same order, so it does not depend on how the streams are cut.
    """
    readers = [_Reader(stream) for stream in streams]
    while pieces := [piece for reader in readers if len(piece := reader.peek())]:
        length = min(len(piece) for piece in pieces)
        total = pieces[0][:length].copy()
        for piece in pieces[1:]:
            total += piece[:length]
        for reader in readers:
            reader.drop(length)
        yield total


_NOTHING: Block = np.zeros((0, 1))


class _Reader:
    """The unread rest of a stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream: Iterator[Block] = stream
        self._rest = _NOTHING

    def peek(self) -> Block:
        while not len(self._rest):
            block = next(self._stream, None)
            if block is None:
                return _NOTHING
            self._rest = block
        return self._rest

    def drop(self, length: int) -> None:
        self._rest = self._rest[length:]
