"""The proof: prints are read again from their files and subtracted from one another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np

from stemkit.audio.reader import read_blocks
from stemkit.core.block import BLOCK_SAMPLES, Block, Stream
from stemkit.core.facts import NullFacts
from stemkit.core.media import MediaInfo
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
    worst = dict.fromkeys(rules, 0.0)
    with ExitStack() as stack:
        streams = {name: read_blocks(files[name], None, BLOCK_SAMPLES) for name in names}
        for stream in streams.values():
            stack.callback(_close, stream)
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=max(1, work.jobs)))
        while True:
            blocks = dict(zip(names, pool.map(lambda name: next(streams[name], None), names), strict=True))
            present = {name: block for name, block in blocks.items() if block is not None}
            if len(present) < len(names):
                return worst
            found = pool.map(_residual, rules, [present] * len(rules))
            worst.update((rule, max(worst[rule], residual)) for rule, residual in zip(rules, found, strict=True))
            if work.on_samples is not None:
                work.on_samples(len(present[names[0]]))


def _residual(rule: SumRule, blocks: Mapping[str, Block]) -> float:
    first, *others = rule.of
    total = blocks[first]
    for name in others:
        total = total + blocks[name]
    if np.array_equal(total, blocks[rule.sum]):
        return 0.0
    largest = float(np.abs(total - blocks[rule.sum]).max(initial=0.0))
    return math.inf if math.isnan(largest) else largest


def _close(stream: Stream) -> None:
    if close := getattr(stream, "close", None):
        close()
