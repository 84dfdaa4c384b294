"""The proof of prints that are more than one plain file each: reels, channels, leaders, FLAC.

Every file is read once, side by side with the others: the prints are metered as wholes, reel by reel too,
and subtracted from one another; then the levels go into the headers, and last the files are hashed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from stemkit.audio.flac_writer import decodes_as_stated, stated_digest
from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.writer import write_levels
from stemkit.audio.written import hash_written, require_encoded
from stemkit.core.block import Block
from stemkit.core.errors import Problem, RenderError
from stemkit.core.facts import NullFacts
from stemkit.core.files import sha256_of
from stemkit.core.layout import Layout
from stemkit.core.timebase import Span
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import Scanner
from stemkit.plan.routing import SumRule
from stemkit.render.buses import Work
from stemkit.render.print_files import PrintTarget, Target, WrittenFile, read_print
from stemkit.render.stem_file import with_levels
from stemkit.render.verify import grid_bits, residual_of

Files = Sequence[WrittenFile]


@dataclass(frozen=True, slots=True)
class Proven:
    """What the files came to.

    Parameters
    ----------
    ledgers
        Of each print as a whole, without leader.
    hashes
        Of each print's files, in their order.
    reels
        The sums of each reel.
    """

    files: Mapping[str, tuple[WrittenFile, ...]]
    ledgers: Mapping[str, Ledger]
    hashes: Mapping[str, tuple[str, ...]]
    nulls: tuple[NullFacts, ...]
    reels: tuple[tuple[NullFacts, ...], ...]


def written_files(target: PrintTarget) -> tuple[WrittenFile, ...]:
    """Open the files of a print that were just written, and see that each is what it was to be.

    Raises
    ------
    RenderError
        If one is not.
    """
    return tuple(_written(file) for file in target.files)


def _written(target: Target) -> WrittenFile:
    media = probe(target.path)
    head, tail = (0 if sound is None else len(sound) for sound in (target.head, target.tail))
    file = WrittenFile(media, target.film, target.channels, head, tail)
    if not media.is_usable or not file.is_whole or media.subtype != target.fmt.subtype:
        raise _not_as_planned(target, f"the file written holds {media.length_samples} samples of {media.subtype}")
    for sound, at in ((target.head, 0), (target.tail, media.length_samples - tail)):
        if sound is not None and not _is_same(media.length_samples, file, sound, at):
            raise _not_as_planned(target, "the leader in the file is not the one that was planned")
    if media.container == "FLAC":
        require_encoded(target.path, stated_digest(target.path), target.checksum)
        if not decodes_as_stated(media):
            raise _not_as_planned(target, "the FLAC file does not decode to what was encoded")
    return replace(file, media=replace(media, bext=media.bext or target.bext))


def _is_same(length: int, file: WrittenFile, sound: Block, at: int) -> bool:
    position = 0
    for block in read_blocks(file.media, Span(at, min(at + len(sound), length))):
        if not np.array_equal(block, np.broadcast_to(sound[position : position + len(block)], block.shape)):
            return False
        position += len(block)
    return position == len(sound)


def _not_as_planned(target: Target, message: str) -> RenderError:
    return RenderError(Problem("not_as_planned", message, "run again; if it stays, report it", str(target.path)))


def prove_files(targets: Mapping[str, PrintTarget], rules: Sequence[SumRule], layout: Layout, work: Work) -> Proven:
    """Read all prints again, measure them, subtract them, complete their headers, and hash them."""
    with ThreadPoolExecutor(max(1, work.jobs)) as pool:
        files = dict(zip(targets, pool.map(written_files, targets.values()), strict=True))
        whole, by_reel, residuals = _read_once(files, rules, layout, work, pool)
        completed = {
            name: pool.submit(_completed, targets[name], files[name], [reel[name] for reel in by_reel])
            for name in targets
        }
        done = {name: future.result() for name, future in completed.items()}
    bits = grid_bits(next(iter(files.values()))[0].media)
    reels = tuple(
        tuple(judged(rule, found[rule], span.length, bits) for rule in rules)
        for span, found in zip(_reels(files), residuals, strict=True)
    )
    length = sum(span.length for span in _reels(files))
    nulls = tuple(judged(rule, max(found[rule] for found in residuals), length, bits) for rule in rules)
    return Proven(
        {name: written for name, (written, _) in done.items()},
        whole,
        {name: hashes for name, (_, hashes) in done.items()},
        nulls,
        reels,
    )


def prove_reels(
    files: Mapping[str, Files], rules: Sequence[SumRule], work: Work
) -> tuple[tuple[NullFacts, ...], tuple[tuple[NullFacts, ...], ...]]:
    """Subtract prints that were written earlier: the sums of the whole film, and those of each reel."""
    broken = {name for name, each in files.items() if not all(file.media.is_usable and file.is_whole for file in each)}
    rates = {(file.media.sample_rate_hz) for each in files.values() for file in each if file.media.is_usable}
    reasons = {
        rule: _why_not(rule, files, broken) or ("the prints differ in sample rate" if len(rates) > 1 else None)
        for rule in rules
    }
    good = [rule for rule in rules if reasons[rule] is None]
    names = sorted({name for rule in good for name in (rule.sum, *rule.of)})
    found: list[dict[SumRule, float]] = []
    if good:
        with ThreadPoolExecutor(max(1, work.jobs)) as pool:
            _, _, found = _read_once({name: files[name] for name in names}, good, None, work, pool)
    spans = _reels({name: files[name] for name in names}) if good else []
    bits = grid_bits(files[names[0]][0].media) if names else 24

    def facts(rule: SumRule, residual: float, samples: int) -> NullFacts:
        if (reason := reasons[rule]) is not None:
            return NullFacts(rule.sum, rule.of, False, None, 0, reason)
        return judged(rule, residual, samples, bits)

    reels = tuple(
        tuple(facts(rule, each.get(rule, 0.0), span.length) for rule in rules)
        for span, each in zip(spans, found, strict=True)
    )
    length = sum(span.length for span in spans)
    whole = tuple(facts(rule, max((each.get(rule, 0.0) for each in found), default=0.0), length) for rule in rules)
    return whole, reels


def _why_not(rule: SumRule, files: Mapping[str, Files], broken: set[str]) -> str | None:
    names = (rule.sum, *rule.of)
    if any(name not in files for name in names):
        return "a print is missing"
    return "a print cannot be read, or is not as long as it was" if broken & set(names) else None


def judged(rule: SumRule, residual: float, samples: int, bits: int) -> NullFacts:
    """Return what a sum came to."""
    if not math.isfinite(residual):
        return NullFacts(rule.sum, rule.of, False, None, samples, "a print holds values that are no numbers")
    return NullFacts(rule.sum, rule.of, residual == 0.0, round(residual * 2.0 ** (bits - 1)), samples)


def _reels(files: Mapping[str, Files]) -> list[Span]:
    return list(dict.fromkeys(file.film for file in next(iter(files.values()))))


_Found = tuple[dict[str, Ledger], list[dict[str, Ledger]], list[dict[SumRule, float]]]


def _read_once(
    files: Mapping[str, Files], rules: Sequence[SumRule], layout: Layout | None, work: Work, pool: ThreadPoolExecutor
) -> _Found:
    """Read the prints side by side: meter them where the layout is given, and subtract."""
    spans, names = _reels(files), list(files)
    rate_hz = next(iter(files.values()))[0].media.sample_rate_hz

    def scanners() -> dict[str, Scanner]:
        return {name: Scanner(rate_hz, layout.count, layout) for name in names} if layout else {}

    whole, ledgers, residuals = scanners(), [], []
    for span in spans:
        part = scanners() if len(spans) > 1 else {}
        worst = dict.fromkeys(rules, 0.0)
        for blocks in _side_by_side(files, span, pool):
            metering = [
                pool.submit(scanner.push, blocks[name]) for each in (whole, part) for name, scanner in each.items()
            ]
            for rule, residual in zip(rules, pool.map(residual_of, rules, [blocks] * len(rules)), strict=True):
                worst[rule] = max(worst[rule], residual)
            for future in metering:
                future.result()
            if work.on_samples is not None:
                work.on_samples(len(blocks[names[0]]))
        ledgers.append({name: scanner.result() for name, scanner in part.items()})
        residuals.append(worst)
    full = {name: scanner.result() for name, scanner in whole.items()}
    return full, ledgers if len(spans) > 1 else [full], residuals


def _side_by_side(files: Mapping[str, Files], span: Span, pool: ThreadPoolExecutor) -> Iterator[dict[str, Block]]:
    with ExitStack() as stack:
        streams = {name: read_print(each, span) for name, each in files.items()}
        for stream in streams.values():
            if close := getattr(stream, "close", None):
                stack.callback(close)
        reading: list[Future[Block | None]] = []
        stack.callback(wait, reading)  # before they are closed, also where somebody pressed Ctrl-C
        while True:
            reading[:] = [pool.submit(next, stream, None) for stream in streams.values()]
            blocks = {name: each.result() for name, each in zip(streams, reading, strict=True)}
            present = {name: block for name, block in blocks.items() if block is not None}
            if len(present) < len(streams):
                return
            yield present


def _completed(
    target: PrintTarget, files: Files, ledgers: Sequence[Ledger]
) -> tuple[tuple[WrittenFile, ...], tuple[str, ...]]:
    """Put the levels of each reel into the headers, then hash.

    A file of one channel gets the levels of the whole sound too: its own say nothing about the programme.
    """
    found, hashes, order = [], [], list(dict.fromkeys(file.film for file in files))
    for planned, file in zip(target.files, files, strict=True):
        bext = planned.bext
        if bext is not None and planned.container == "wav":
            bext = with_levels(bext, ledgers[order.index(planned.film)])
            write_levels(planned.path, bext)
        found.append(replace(file, media=replace(file.media, bext=bext)))
        is_wav = planned.container == "wav"
        hashes.append(hash_written(planned.path, planned.fmt, bext, planned.put) if is_wav else sha256_of(planned.path))
    return tuple(found), tuple(hashes)
