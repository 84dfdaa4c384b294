"""The proof: prints are read again from their files and subtracted from one another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import repeat

import numpy as np

from stemkit.audio.reader import PcmFile, open_pcm, read_blocks
from stemkit.core.block import BLOCK_SAMPLES, Block
from stemkit.core.facts import NullFacts
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import Span
from stemkit.plan.routing import SumRule
from stemkit.render.buses import Work


def prove_sums(files: Mapping[str, MediaInfo], rules: Sequence[SumRule], work: Work) -> tuple[NullFacts, ...]:
    """Read the prints again and see whether they add up, sample by sample.

    Parameters
    ----------
    files
        Name of a print to its file, as probed after writing.
    rules
        The sums that must hold.

    Returns
    -------
    tuple of NullFacts
        One for each rule; a sum whose files cannot be compared is not exact, with the reason.
    """
    reasons = {rule: _incomparable([files.get(name) for name in (rule.sum, *rule.of)]) for rule in rules}
    comparable = [rule for rule in rules if reasons[rule] is None]
    residuals = _residuals(files, comparable, work) if comparable else {}
    facts = []
    for rule in rules:
        if (reason := reasons[rule]) is not None:
            facts.append(NullFacts(rule.sum, rule.of, False, None, 0, reason))
        else:
            facts.append(_judge(rule, files[rule.sum], residuals[rule]))
    return tuple(facts)


def grid_bits(media: MediaInfo) -> int:
    """Return the word length of a print's grid; a float print holds the 24-bit grid."""
    return 24 if media.is_float or media.bit_depth_bits is None else media.bit_depth_bits


def _judge(rule: SumRule, media: MediaInfo, residual: float) -> NullFacts:
    if not math.isfinite(residual):
        return NullFacts(
            rule.sum, rule.of, False, None, media.length_samples, "a print holds values that are no numbers"
        )
    steps = round(residual * 2.0 ** (grid_bits(media) - 1))
    return NullFacts(rule.sum, rule.of, residual == 0.0, steps, media.length_samples)


def _incomparable(media: Sequence[MediaInfo | None]) -> str | None:
    present = [each for each in media if each is not None]
    if len(present) < len(media):
        return "a print is missing"
    if any(not each.is_usable for each in present):
        return "a print cannot be read"
    if len({(each.sample_rate_hz, each.channels, each.length_samples) for each in present}) > 1:
        return "the prints differ in length, sample rate or channels"
    return None


def _residuals(files: Mapping[str, MediaInfo], rules: Sequence[SumRule], work: Work) -> dict[SumRule, float]:
    names = sorted({name for rule in rules for name in (rule.sum, *rule.of)})
    length, worst = files[names[0]].length_samples, dict.fromkeys(rules, 0.0)
    with ExitStack() as stack:
        prints = {name: stack.enter_context(closing(_reopened(files[name]))) for name in names}
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=max(1, work.jobs)))
        for start in range(0, length, BLOCK_SAMPLES):
            span = Span(start, min(start + BLOCK_SAMPLES, length))
            list(pool.map(_read, prints.values(), repeat(span)))
            found = pool.map(_residual, rules, repeat(prints), repeat(span))
            worst.update((rule, max(worst[rule], residual)) for rule, residual in zip(rules, found, strict=True))
            if work.on_samples is not None:
                work.on_samples(span.length)
    return worst


def _read(one: _Packed | _Decoded, span: Span) -> None:
    one.read(span)


def _residual(rule: SumRule, prints: Mapping[str, _Packed | _Decoded], span: Span) -> float:
    rest = np.zeros((span.length, prints[rule.sum].channels))
    for name in rule.of:
        prints[name].add_into(rest, 1.0)
    prints[rule.sum].add_into(rest, -1.0)
    return _largest(rest)


def residual_of(rule: SumRule, blocks: Mapping[str, Block]) -> float:
    """Return the largest difference between a sum and its parts in some blocks."""
    first, *others = rule.of
    total = blocks[first]
    for name in others:
        total = total + blocks[name]
    return _largest(total - blocks[rule.sum])


def _largest(rest: Block) -> float:
    if not rest.any():
        return 0.0
    largest = float(np.abs(rest).max())
    return math.inf if math.isnan(largest) else largest


def _reopened(media: MediaInfo) -> _Packed | _Decoded:
    file = open_pcm(media) if media.subtype == "PCM_24" else None
    return _Packed(file) if file is not None else _Decoded(media)


class _Packed:
    """A print of 24 bit: it is not unpacked but where it is added."""

    def __init__(self, file: PcmFile) -> None:
        self.channels = file.media.channels
        self._file = file
        self._raw = np.zeros(BLOCK_SAMPLES * file.frame_bytes, np.uint8)

    def read(self, span: Span) -> None:
        """Read the next span."""
        self._file.read_into(span.start, memoryview(self._raw.data)[: span.length * self._file.frame_bytes])

    def add_into(self, rest: Block, sign: float) -> None:
        """Add or subtract what was read."""
        from stemkit.kernels.pcm import add_24

        add_24(self._raw, sign, rest.reshape(-1))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Decoded:
    """A print of any other form, read in order."""

    def __init__(self, media: MediaInfo) -> None:
        self.channels = media.channels
        self._stream = read_blocks(media, None, BLOCK_SAMPLES)
        self._held = np.zeros((0, media.channels))

    def read(self, span: Span) -> None:
        """Read on until the span is there."""
        while len(self._held) < span.length:
            self._held = np.concatenate([self._held, next(self._stream)])
        self._block, self._held = self._held[: span.length], self._held[span.length :]

    def add_into(self, rest: Block, sign: float) -> None:
        """Add or subtract what was read."""
        rest += sign * self._block

    def close(self) -> None:
        """Close the file."""
        if close := getattr(self._stream, "close", None):
            close()
