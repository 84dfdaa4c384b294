"""One pass over a sound, into a `Ledger`: as a sink for blocks, or straight from a file.

The unit of work is a group of segments that stand side by side as lanes of one kernel call
(`stemkit.kernels.scan`). A streamed sound is collected into such groups, a file is read in them, by
several threads: both are the same calls on the same numbers, so both give the same bits.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from stemkit.audio.reader import PcmFile, open_pcm, read_blocks
from stemkit.core.block import Block
from stemkit.core.layout import Layout
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import resampled_length
from stemkit.dsp.resample import resample
from stemkit.kernels.scan import F32, F64, I16, I24, I32, LARGEST, PRUNED_PEAKS, U8
from stemkit.meters._gather import Gathered, Setup, collect, setup
from stemkit.meters._ledger import Floats, Ledger
from stemkit.meters._segments import KnownParts, lanes_for, scan_segments

VERSION = 1
LOUDNESS_RATE_HZ = 48_000
LOWEST_DIRECT_RATE_HZ = 44_100
_OPEN_END = 1 << 60
_RESAMPLE_BLOCK = 1 << 15
_MOST_THREADS = 8
_FORMATS = {"PCM_U8": U8, "PCM_16": I16, "PCM_24": I24, "PCM_32": I32, "FLOAT": F32, "DOUBLE": F64}
_nobody: Callable[[int], None] = lambda samples: None  # noqa: E731


class Scanner:
    """A sink that scans what is pushed into it, whatever the lengths of its blocks.

    Parameters
    ----------
    sample_rate_hz, channels
        Of the blocks to come.
    layout
        `None` where the order of the channels is not known: there is no loudness then.
    mode
        How true peaks are sought, a constant of `stemkit.kernels.scan`.
    """

    def __init__(self, sample_rate_hz: int, channels: int, layout: Layout | None, *, mode: int = PRUNED_PEAKS) -> None:
        self._resampled = _Resampled(sample_rate_hz, channels, layout) if _is_too_slow(sample_rate_hz, layout) else None
        self._plan = setup(sample_rate_hz, channels, layout, mode=mode, weigh=self._resampled is None)
        self._lanes = lanes_for(sample_rate_hz, channels, np.dtype(np.float64).itemsize)
        self._before = self._plan.run_in
        self._room = self._lanes * self._plan.segment
        self._buffer = np.zeros((self._before + self._room, channels))
        self._filled = 0
        self._first_segment = 0
        self._length = 0
        self._parts: list[Gathered] = []
        self._shared = np.zeros(channels)

    def push(self, block: Block) -> None:
        """Take the next samples, shape ``(n, channels)``."""
        if self._resampled:
            self._resampled.push(block)
        done = 0
        while done < len(block):
            n = min(len(block) - done, self._room - self._filled)
            start = self._before + self._filled
            self._buffer[start : start + n] = block[done : done + n]
            self._filled += n
            done += n
            if self._filled == self._room:
                self._next_group()
        self._length += len(block)

    def _next_group(self) -> None:
        self._parts.append(self._scan(self._shared, _OPEN_END, self._lanes))
        self._buffer[: self._before] = self._buffer[self._room :]
        self._first_segment += self._lanes
        self._filled = 0

    def _scan(self, shared: Floats, total: int, lanes: int) -> Gathered:
        at = self._first_segment * self._plan.segment - self._before
        packed = self._buffer.reshape(-1).view(np.uint8)
        return scan_segments(self._plan, packed, F64, at, total, self._first_segment, lanes, shared)

    def result(self, length: int | None = None) -> Ledger:
        """Return the ledger of all that was pushed so far, or of its first ``length`` samples; more may follow."""
        length = self._length if length is None else length
        lanes = self._plan.segments(self._length) - self._first_segment
        parts = self._parts
        if lanes > 0 or not parts:
            self._buffer[self._before + self._filled :] = 0.0
            parts = [*parts, self._scan(self._shared.copy(), length, max(1, lanes))]
        loudness = self._resampled.result(length) if self._resampled else None
        return collect(parts, self._plan, length, loudness)


def _is_too_slow(rate: int, layout: Layout | None) -> bool:
    """Tell whether K-weighting at a rate would bend its response: such sound is metered at 48 kHz."""
    return rate < LOWEST_DIRECT_RATE_HZ and layout is not None


def scan_file(
    media: MediaInfo,
    *,
    layout: Layout | None = None,
    on_samples: Callable[[int], None] | None = None,
    mode: int = PRUNED_PEAKS,
    threads: int | None = None,
    known: KnownParts | None = None,
) -> Ledger:
    """Scan a file from its first sample to its last.

    Parameters
    ----------
    layout
        Wins over the file's own.
    on_samples
        Called in this thread with the number of samples done since the last call.
    threads
        By default as many as there are processors, for files that stemkit decodes by itself.
    known
        Parts that need not be scanned, of such a file.

    Raises
    ------
    MediaError
        If the file cannot be read to its end.
    """
    layout = layout or media.layout
    told = on_samples or _nobody
    file = None if _is_too_slow(media.sample_rate_hz, layout) else open_pcm(media)
    if file is not None and media.length_samples:
        with file:
            plan = setup(media.sample_rate_hz, media.channels, layout, mode=mode)
            return _scan_packed(file, plan, told, threads or min(_MOST_THREADS, os.cpu_count() or 1), known)
    scanner = Scanner(media.sample_rate_hz, media.channels, layout, mode=mode)
    for block in read_blocks(media):
        scanner.push(block)
        told(len(block))
    return scanner.result()


def _scan_packed(
    file: PcmFile, plan: Setup, told: Callable[[int], None], threads: int, known: KnownParts | None
) -> Ledger:
    length = file.media.length_samples
    lanes = known.segments if known else lanes_for(plan.rate, plan.channels, file.frame_bytes // plan.channels, threads)
    segments = plan.segments(length)
    shared = np.zeros(plan.channels)
    room = (plan.run_in + lanes * plan.segment) * file.frame_bytes
    kept = threading.local()

    def scan(first: int) -> tuple[Gathered, int]:
        if not hasattr(kept, "buffer"):
            kept.buffer = np.zeros(-(-room // 8) * 8, dtype=np.uint8)
        count = min(lanes, segments - first)
        start = max(0, first * plan.segment - plan.run_in)
        end = min(length, (first + count) * plan.segment)
        samples = max(0, end - first * plan.segment)
        if known is not None and (recalled := known.recall(first // lanes)) is not None:
            return recalled, samples
        file.read_into(start, memoryview(kept.buffer)[: max(0, end - start) * file.frame_bytes])
        fmt = _FORMATS[file.media.subtype]
        # What is kept must not depend on what peaks there are elsewhere.
        seen = shared if known is None else np.zeros(plan.channels)
        part = scan_segments(plan, kept.buffer, fmt, start, length, first, count, seen)
        if known is not None:
            known.keep(first // lanes, part)
        return part, samples

    parts: list[Gathered] = []
    firsts = range(0, segments, lanes)
    if threads == 1 or len(firsts) == 1:
        done: Iterator[tuple[Gathered, int]] = map(scan, firsts)
    else:
        pool = ThreadPoolExecutor(threads, thread_name_prefix="scan")
        done = pool.map(scan, firsts)
    try:
        for part, samples in done:
            parts.append(part)
            told(samples)
    finally:
        if threads > 1 and len(firsts) > 1:
            pool.shutdown(wait=True, cancel_futures=True)
    return collect(parts, plan, length)


class _Resampled:
    """A scanner behind a rate converter, for loudness alone. Blocks reach the converter in one length."""

    def __init__(self, rate: int, channels: int, layout: Layout | None) -> None:
        self._rate = rate
        self._channels = channels
        self._waiting: deque[Block] = deque()
        self._held: list[Block] = []
        self._held_samples = 0
        self._scanner = Scanner(LOUDNESS_RATE_HZ, channels, layout)
        self._converted = resample(self._source(), rate, LOUDNESS_RATE_HZ, channels, _OPEN_END)
        self._given = 0
        self._ledger: Ledger | None = None

    def _source(self) -> Iterator[Block]:
        while self._waiting:
            yield self._waiting.popleft()

    def push(self, block: Block) -> None:
        if self._ledger is not None:
            raise RuntimeError("nothing can follow the result of a scan below 44.1 kHz")
        clean = np.where(np.abs(block) <= LARGEST, block, 0.0)
        self._held.append(clean)
        self._held_samples += len(clean)
        if self._held_samples < _RESAMPLE_BLOCK:
            return
        joined = np.concatenate(self._held)
        whole = len(joined) - len(joined) % _RESAMPLE_BLOCK
        for start in range(0, whole, _RESAMPLE_BLOCK):
            self._convert(joined[start : start + _RESAMPLE_BLOCK])
        self._held = [joined[whole:]]
        self._held_samples = len(joined) - whole

    def _convert(self, block: Block) -> None:
        # The converter asks for one block and gives one for it, so the queue never runs dry before the end.
        self._waiting.append(block)
        self._take(next(self._converted))

    def _take(self, block: Block) -> None:
        self._scanner.push(block)
        self._given += len(block)

    def result(self, length: int) -> Ledger:
        """Return the ledger at 48 kHz of a sound of ``length`` samples at its own rate."""
        if self._ledger is None:
            if self._held_samples:
                self._waiting.append(np.concatenate(self._held))
            for block in self._converted:
                self._take(block)
            wanted = resampled_length(length, self._rate, LOUDNESS_RATE_HZ)
            if self._given < wanted:
                self._scanner.push(np.zeros((wanted - self._given, self._channels)))
            self._ledger = self._scanner.result(wanted)
        return self._ledger
