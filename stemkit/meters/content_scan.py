"""The second pass over a sound, into a `Content`: what it is, and faults that last a few samples only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from stemkit.core.block import Block
from stemkit.dsp.resample import resample
from stemkit.kernels import content as kernels
from stemkit.kernels.low_band import low_band
from stemkit.meters._content import RATE_HZ, VERSION, WALL_BANDS, Content, Floats
from stemkit.meters._loud_moments import LoudMoments
from stemkit.meters._sketch import Sketcher, decibels

__all__ = ["VERSION", "ContentScanner"]
_CHUNK_S, _BEFORE_S, _BEHIND_S = 4, 0.55, 0.05
_LONGEST_GAP_S, _SHORTEST_GAP = 0.4, 16
_MOST_GAPS, _MOST_CLICKS = 256, 256
_GROUP, _CLICK_REACH_S = 16, 0.006
_CLICK_RATIO, _CLICK_FLOOR = 12.0, 0.02
_SHORTEST_REPEAT_S, _LONGEST_REPEAT_S = 0.004, 0.25
_OPEN_END = 1 << 60


def channel_weights(channels: int) -> Floats:
    """Return the weights of the mono mix: uneven, so that no two channels cancel each other."""
    weights = 1.0 - 0.33 * np.arange(channels) / max(1, channels - 1) if channels > 1 else np.ones(1)
    return np.asarray(weights / weights.sum())


class _Mono:
    """The mono mix at 12 kHz, out of chunks at the sound's own rate."""

    def __init__(self, rate: int) -> None:
        self.factor = rate // RATE_HZ if rate % RATE_HZ == 0 else 0
        if self.factor:
            self.taps = _lowpass(self.factor)
            return
        self._waiting: deque[Block] = deque()
        self._converted = resample(self._source(), rate, RATE_HZ, 1, _OPEN_END)

    def _source(self) -> Iterator[Block]:
        while self._waiting:
            yield self._waiting.popleft()

    def take(self, mono: Floats, low: int, high: int, *, is_last: bool) -> Floats:
        """Return the sketch of ``mono[low:high]``; the samples around it are there for the filter."""
        if self.factor:
            out = np.zeros(-(-(high - low) // self.factor))
            kernels.decimate(mono, low, self.factor, self.taps, out)
            return out
        self._waiting.append(mono[low:high].reshape(-1, 1))
        if is_last:
            return np.concatenate([block[:, 0] for block in self._converted] or [np.zeros(0)])
        return next(self._converted)[:, 0].copy()


def _lowpass(factor: int) -> Floats:
    if factor == 1:
        return np.array([0.0, 1.0])
    n = 16 * factor
    t = (np.arange(n) - n // 2) / factor
    taps = np.sinc(0.86 * t) * np.kaiser(n + 1, 6.0)[:n]
    return np.asarray(taps / taps.sum())


class ContentScanner:
    """A sink that looks at what is pushed into it, whatever the lengths of its blocks.

    Parameters
    ----------
    sample_rate_hz, channels
        Of the blocks to come.
    """

    def __init__(self, sample_rate_hz: int, channels: int) -> None:
        self._rate, self._channels = sample_rate_hz, channels
        self._before, self._behind = round(_BEFORE_S * sample_rate_hz), round(_BEHIND_S * sample_rate_hz)
        self._chunk = _CHUNK_S * sample_rate_hz
        self._buffer = np.zeros((channels, self._before + self._chunk + self._behind))
        self._mixed = np.zeros(self._buffer.shape[1])
        self._filled = self._before
        self._length = self._looked = self._sketched = 0
        self._weights = channel_weights(channels)
        self._mono = _Mono(sample_rate_hz)
        self._sketcher = Sketcher()
        self._gaps: list[Floats] = []
        self._gap_count = 0
        self._clicks: list[Floats] = []
        self._click_count = 0
        self._repeats: list[Floats] = []
        self._places = np.zeros(1 << 14, np.int64)
        self._moments = LoudMoments(sample_rate_hz)
        self._low: list[Floats] = []
        self._head: Block = np.zeros((0, channels))
        self._tail: Block = np.zeros((0, channels))

    def push(self, block: Block) -> list[Floats]:
        """Take the next samples; return what they add to the mono sketch at 12 kHz."""
        added: list[Floats] = []
        done = 0
        while done < len(block):
            n = min(len(block) - done, self._buffer.shape[1] - self._filled)
            kernels.clean(block[done : done + n], self._buffer[:, self._filled : self._filled + n])
            self._filled += n
            done += n
            if self._filled == self._buffer.shape[1]:
                added.append(self._look(self._chunk, is_last=False))
                kept = self._before + self._behind
                self._buffer[:, :kept] = self._buffer[:, self._chunk :].copy()
                self._filled = kept
        self._note_ends(block)
        self._length += len(block)
        return added

    def _note_ends(self, block: Block) -> None:
        reach = max(2, self._rate // 50)
        if len(self._head) < reach:
            self._head = np.concatenate([self._head, block[: reach - len(self._head)]])
        self._tail = np.concatenate([self._tail[-reach:], block[-reach:]])[-reach:]

    def _look(self, length: int, *, is_last: bool) -> Floats:
        low, high = self._before, self._before + length
        x = self._buffer
        mono = self._mixed
        mono[:] = 0.0
        kernels.mix_down(x, self._weights, mono)
        self._find_gaps(x, low, high)
        self._find_clicks(x, low, high)
        self._find_repeats(mono, low, high)
        self._note_low_band(x, low, high)
        self._moments.push(mono[low:high])
        sketch = self._mono.take(mono, low, high, is_last=is_last)
        if is_last:
            # A rate converter rings on; the sketch ends with the sound.
            sketch = sketch[: max(0, -(-self._length * RATE_HZ // self._rate) - self._sketched)]
        self._sketcher.push(sketch)
        self._sketched += len(sketch)
        self._looked += length
        return sketch

    def _start(self) -> int:
        """Return where the buffer begins in the sound."""
        return self._looked - self._before

    def _find_gaps(self, x: Block, low: int, high: int) -> None:
        found = np.zeros((64, 7))
        reach = max(8, self._rate // 200)
        count = kernels.find_gaps(x, low, high, _SHORTEST_GAP, round(_LONGEST_GAP_S * self._rate), reach, found)
        self._gap_count += count
        kept = found[: min(count, len(found))]
        kept[:, 1] += self._start()
        self._gaps.append(kept)

    def _find_clicks(self, x: Block, low: int, high: int) -> None:
        reach = max(4, round(_CLICK_REACH_S * self._rate / _GROUP))
        first = low - (reach + 1) * _GROUP
        groups = -(-(high - low) // _GROUP)
        bend = np.zeros(groups + 2 * reach + 2)
        found = np.zeros((64, 7))
        for c, samples in enumerate(x):
            kernels.bends(samples, first, len(samples) - 2, _GROUP, bend)
            count = kernels.find_clicks(
                samples, first, bend, reach + 1, reach + 1 + groups, _GROUP, reach, _CLICK_RATIO, _CLICK_FLOOR, found
            )
            self._click_count += count
            kept = found[: min(count, len(found))]
            self._clicks.append(np.column_stack([np.full(len(kept), c), kept + np.array([self._start(), *[0.0] * 6])]))

    def _find_repeats(self, mono: Floats, low: int, high: int) -> None:
        found = np.zeros((64, 3))
        shortest, longest = round(_SHORTEST_REPEAT_S * self._rate), round(_LONGEST_REPEAT_S * self._rate)
        count = kernels.find_repeats(mono, low, high, shortest, longest, self._places, found)
        kept = found[: min(count, len(found))]
        kept[:, 0] += self._start()
        self._repeats.append(kept)

    def _note_low_band(self, x: Block, low: int, high: int) -> None:
        step, width = self._rate // 10, max(1, self._rate // 800)
        rows = np.zeros(((high - low) // step, 5))
        low_band(x, low, step, width, rows)
        rows[:, 3:] /= max(1, step // width * width)
        self._low.append(rows)

    def finish(self) -> tuple[Content, Floats]:
        """Return what was found, and the rest of the sketch; nothing may follow."""
        rest = self._filled - self._before
        tails: list[Floats] = []
        while rest > 0:
            self._buffer[:, self._filled :] = 0.0
            length = min(rest, self._chunk)
            is_last = rest <= self._chunk
            tails.append(self._look(length, is_last=is_last))
            if not is_last:
                self._buffer[:, : -self._chunk] = self._buffer[:, self._chunk :].copy()
                self._filled -= self._chunk
            rest -= length
        return self._collect(), np.concatenate(tails or [np.zeros(0)])

    def _collect(self) -> Content:
        frames, mains, bits = self._sketcher.result()
        return Content(
            sample_rate_hz=self._rate,
            channels=self._channels,
            length_samples=self._length,
            levels_db=frames.levels_db.astype(np.float32),
            bands_db=frames.bands_db.astype(np.float16),
            pitch_hz=frames.pitch_hz.astype(np.float32),
            pitch_strength=frames.pitch_strength.astype(np.float32),
            print_bits=bits,
            peak_hz=frames.peak_hz.astype(np.float32),
            peak_share=frames.peak_share.astype(np.float32),
            spectra_db=decibels(np.array(self._moments.spectra).reshape(-1, WALL_BANDS)).astype(np.float32),
            walls=np.concatenate([*self._moments.walls, np.zeros((0, 2))]).astype(np.float32),
            mains_db=mains[:, 0].astype(np.float32),
            mains_above_db=mains[:, 1].astype(np.float32),
            low_band=np.concatenate([*self._low, np.zeros((0, 5))]),
            gaps=np.concatenate([*self._gaps, np.zeros((0, 7))])[:_MOST_GAPS],
            gap_count=self._gap_count,
            clicks=np.concatenate([*self._clicks, np.zeros((0, 8))])[:_MOST_CLICKS],
            click_count=self._click_count,
            repeats=np.concatenate([*self._repeats, np.zeros((0, 3))])[:_MOST_GAPS],
            head_peak=float(np.abs(self._head[:2]).max(initial=0.0)),
            tail_peak=float(np.abs(self._tail[-2:]).max(initial=0.0)),
            head_level=_level(self._head),
            tail_level=_level(self._tail),
        )


def _level(block: Block) -> float:
    return float(np.sqrt(np.mean(block**2))) if block.size else 0.0
