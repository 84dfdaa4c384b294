"""One step at a time, as a chain of generators: what the mix would take of a delivered file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np

from stemkit.audio.reader import read_blocks
from stemkit.core.block import Stream
from stemkit.core.errors import Problem, RenderError
from stemkit.core.layout import LAYOUTS, Layout
from stemkit.core.media import MediaInfo
from stemkit.core.steps import (
    ApplyGain,
    CopyChannel,
    FitLength,
    FlipPolarity,
    FoldDown,
    PickChannels,
    RemapChannels,
    RemoveOffset,
    Rename,
    Requantise,
    Resample,
    Retag,
    Rewrap,
    RunInserts,
    ShiftSound,
    Step,
    TrimTail,
)
from stemkit.core.timebase import Span, resampled_length
from stemkit.dsp.channels import can_remap, remap
from stemkit.dsp.gain import apply_gain
from stemkit.dsp.resample import resample
from stemkit.dsp.streams import pad_to, shift, skip, take
from stemkit.plan.storage import in_order
from stemkit.render.channel_steps import copied, folded, picked, turned_over, without_offset

__all__ = ["StreamShape", "in_order", "process_stream", "shape_after"]


@dataclass(frozen=True, slots=True)
class StreamShape:
    """What a stream is at one point of the chain."""

    sample_rate_hz: int
    channels: int
    length_samples: int
    layout: Layout | None


def shape_after(media: MediaInfo, steps: Iterable[Step]) -> StreamShape:
    """Return rate, channels, length and layout of a file once its steps were taken."""
    shape = StreamShape(media.sample_rate_hz, media.channels, media.length_samples, media.layout)
    for step in in_order(steps):
        shape = _shape_after_step(shape, step)
    return shape


def process_stream(media: MediaInfo, steps: Iterable[Step], span: Span | None = None) -> Stream:
    """Return the sound of a file after its steps, in float64, before anything is rounded.

    Parameters
    ----------
    media
        The file, as probed.
    steps
        Its conform steps, in any order; those about storage change nothing here.
    span
        Samples of the result to return, at its rate; `None` for all. What lies beyond its end is not there.

    Raises
    ------
    MediaError
        If the file cannot be read to its end.
    RenderError
        If a step cannot be done, such as taking away a tail that is not silent.
    """
    ordered = _cheapest(media, in_order(steps))
    whole = Span(0, shape_after(media, ordered).length_samples)
    wanted = whole if span is None else span.overlap(whole)
    if wanted is None:
        return iter(())
    if any(isinstance(step, _WHOLE) for step in ordered):
        return take(skip(_chain(media, ordered, read_blocks(media)), wanted.start), wanted.length)
    return _chain(media, ordered, read_blocks(media, wanted))


def is_plain_copy(media: MediaInfo, steps: Iterable[Step]) -> bool:
    """Tell whether a layout step does nothing but put one channel on both sides, after everything else."""
    others = [step for step in steps if not isinstance(step, RemapChannels)]
    remaps = [step for step in steps if isinstance(step, RemapChannels)]
    is_mono = media.channels == 1 and not any(isinstance(step, RunInserts | FoldDown) for step in others)
    return is_mono and all(step.mono_to_stereo_db == 0.0 and step.layout == "stereo" for step in remaps)


def _cheapest(media: MediaInfo, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    # One channel costs half of two; mono becomes both sides at the end, where it is a copy. Effects may tell.
    if any(isinstance(step, RunInserts) for step in steps):
        return steps
    return tuple(sorted(steps, key=lambda step: media.channels == 1 and isinstance(step, RemapChannels)))


_WHOLE = (Resample, FitLength, ShiftSound, TrimTail, RunInserts)
"""Steps that need the file from its start: what comes out at a place depends on what was before."""


def _chain(media: MediaInfo, steps: tuple[Step, ...], stream: Stream) -> Stream:
    shape = shape_after(media, ())
    if (kept := _kept_of_source(media, steps)) is not None:
        stream = _silent_from(stream, kept, media)
    for step in steps:
        stream = _after_step(stream, step, shape, media)
        shape = _shape_after_step(shape, step)
    return stream


def _shape_after_step(shape: StreamShape, step: Step) -> StreamShape:
    match step:
        case Retag():
            return replace(shape, sample_rate_hz=step.sample_rate_hz)
        case RemapChannels() | PickChannels() | FoldDown():
            layout = LAYOUTS[step.layout]
            return replace(shape, layout=layout, channels=layout.count)
        case Resample():
            length = resampled_length(shape.length_samples, shape.sample_rate_hz, step.sample_rate_hz)
            return replace(shape, sample_rate_hz=step.sample_rate_hz, length_samples=length)
        case FitLength() | TrimTail():
            return replace(shape, length_samples=step.length_samples)
        case CopyChannel() | FlipPolarity() | RemoveOffset() | ShiftSound() | RunInserts():
            return shape
        case ApplyGain() | Requantise() | Rewrap() | Rename():
            return shape
        case _:
            assert_never(step)


def _after_step(stream: Stream, step: Step, shape: StreamShape, media: MediaInfo) -> Stream:
    match step:
        case RemapChannels() | PickChannels() | FoldDown() | CopyChannel() | FlipPolarity() | RemoveOffset():
            return _after_channel_step(stream, step, shape, media)
        case Resample() | FitLength() | TrimTail() | ShiftSound():
            return _after_time_step(stream, step, shape)
        case ApplyGain():
            return apply_gain(stream, step.gain_db)
        case RunInserts():
            return _with_inserts(stream, step, shape)
        case Retag() | Requantise() | Rewrap() | Rename():
            return stream
        case _:
            assert_never(step)


def _after_channel_step(
    stream: Stream,
    step: RemapChannels | PickChannels | FoldDown | CopyChannel | FlipPolarity | RemoveOffset,
    shape: StreamShape,
    media: MediaInfo,
) -> Stream:
    match step:
        case RemapChannels():
            return _remapped(stream, step, shape, media)
        case PickChannels():
            return picked(stream, step, media)
        case FoldDown():
            return folded(stream, step)
        case CopyChannel():
            return copied(stream, step)
        case FlipPolarity():
            return turned_over(stream, step)
        case RemoveOffset():
            return without_offset(stream, step)
        case _:
            assert_never(step)


def _after_time_step(stream: Stream, step: Resample | FitLength | TrimTail | ShiftSound, shape: StreamShape) -> Stream:
    match step:
        case Resample():
            return resample(stream, shape.sample_rate_hz, step.sample_rate_hz, shape.channels, shape.length_samples)
        case FitLength():
            return _fitted(stream, step.length_samples, shape)
        case TrimTail():
            return take(stream, step.length_samples)
        case ShiftSound():
            return shift(stream, step.by_samples, shape.length_samples, shape.channels)
        case _:
            assert_never(step)


def _with_inserts(stream: Stream, step: RunInserts, shape: StreamShape) -> Stream:
    from stemkit.dsp.inserts import run_inserts

    return run_inserts(stream, step.effects, shape.sample_rate_hz, shape.channels, shape.length_samples)


def _remapped(stream: Stream, step: RemapChannels, shape: StreamShape, media: MediaInfo) -> Stream:
    target = LAYOUTS[step.layout]
    if shape.layout is None or not can_remap(shape.layout, target):
        name = "an unknown layout" if shape.layout is None else shape.layout.name
        raise RenderError(
            Problem(
                "no_remap",
                f"{shape.channels} channels in {name} cannot be brought to {target.name} without loss",
                "export the stem again in the layout that the profile asks for",
                str(media.path),
            )
        )
    return remap(stream, shape.layout, target, step.mono_to_stereo_db)


def _fitted(stream: Stream, length_samples: int, shape: StreamShape) -> Stream:
    if length_samples >= shape.length_samples:
        return pad_to(stream, length_samples, shape.channels)
    return _cut(stream, length_samples)


def _cut(stream: Stream, length_samples: int) -> Stream:
    # The rest is read too, so that what is taken away is known to be silent.
    left = length_samples
    for block in stream:
        if left:
            yield block[:left]
        left -= min(left, len(block))


def _kept_of_source(media: MediaInfo, steps: tuple[Step, ...]) -> int | None:
    """Return from which sample of the file nothing is kept, `None` where its tail stays."""
    fits = [step for step in steps if isinstance(step, FitLength)]
    before = shape_after(media, [step for step in steps if not isinstance(step, FitLength)])
    if not fits or fits[0].length_samples >= before.length_samples:
        return None
    return -(-fits[0].length_samples * media.length_samples // before.length_samples)


def _silent_from(stream: Stream, position: int, media: MediaInfo) -> Stream:
    start = 0
    for block in stream:
        tail = block[max(0, position - start) :]
        if tail.any():
            first = max(start, position) + int(np.flatnonzero(tail.any(axis=1))[0])
            raise RenderError(
                Problem(
                    "tail_not_silent",
                    f"there is sound at sample {first}, in the tail that was to be taken away",
                    "nothing is cut off: shorten the stem where it was made",
                    str(media.path),
                )
            )
        yield block
        start += len(block)
