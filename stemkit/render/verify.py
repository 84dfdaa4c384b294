"""The proof: prints are read again from their files and subtracted from one another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from threading import local

import numpy as np
from numpy.typing import NDArray

from stemkit.audio.reader import PcmFile, read_blocks
from stemkit.core.block import BLOCK_SAMPLES, Block
from stemkit.core.facts import NullFacts
from stemkit.core.media import MediaInfo
from stemkit.core.parallel import in_order
from stemkit.core.timebase import Span
from stemkit.dsp.streams import rechunk
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
    media = [files[name] for name in names]
    if all(each.subtype == "PCM_24" and each.data_offset_bytes is not None for each in media):
        return _packed_residuals(media, names, rules, work)
    worst = dict.fromkeys(rules, 0.0)
    with ExitStack() as stack:
        streams = []
        for name in names:
            # Whoever decodes a file cuts it as it likes.
            streams.append(rechunk(read_blocks(files[name]), BLOCK_SAMPLES))
            stack.enter_context(closing(streams[-1]))  # type: ignore[type-var]
        for blocks in zip(*streams, strict=True):
            named = dict(zip(names, blocks, strict=True))
            worst = {rule: max(worst[rule], residual_of(rule, named)) for rule in rules}
            if work.on_samples is not None:
                work.on_samples(len(blocks[0]))
    return worst


def _packed_residuals(
    media: Sequence[MediaInfo], names: Sequence[str], rules: Sequence[SumRule], work: Work
) -> dict[SumRule, float]:
    """Subtract prints of 24 bit as they lie in their files, span by span, several at once."""
    from stemkit.kernels.mixdown import largest_rests

    signs = np.array([[-1.0 if name == rule.sum else float(rule.of.count(name)) for name in names] for rule in rules])
    worst, own = np.zeros(len(rules)), local()
    with ExitStack() as stack:
        opened = [stack.enter_context(PcmFile(each)) for each in media]

        def rests(span: Span) -> tuple[int, NDArray[np.float64]]:
            if not hasattr(own, "raw"):
                own.raw = np.zeros((len(opened), BLOCK_SAMPLES * opened[0].frame_bytes), np.uint8)
            for row, file in zip(own.raw, opened, strict=True):
                file.read_into(span.start, memoryview(row.data)[: span.length * file.frame_bytes])
            largest = np.zeros(len(rules))
            largest_rests(own.raw, span.length * media[0].channels, signs, largest)
            return span.length, largest

        length = media[0].length_samples
        starts = range(0, length, BLOCK_SAMPLES)
        for count, largest in in_order(rests, [Span(at, min(at + BLOCK_SAMPLES, length)) for at in starts], work.jobs):
            worst = np.maximum(worst, largest)
            if work.on_samples is not None:
                work.on_samples(count)
    return dict(zip(rules, (worst * 2.0**-23).tolist(), strict=True))


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
