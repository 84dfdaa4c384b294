"""The steps that work on single channels of a delivered file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stemkit.core.block import Stream
from stemkit.core.errors import Problem, RenderError
from stemkit.core.media import MediaInfo
from stemkit.core.steps import CopyChannel, FlipPolarity, FoldDown, PickChannels, RemoveOffset


def picked(stream: Stream, step: PickChannels, media: MediaInfo) -> Stream:
    """Keep some channels, and see that the others are silent, or the same as the first one kept."""
    kept = list(step.channels)
    others = [channel for channel in range(media.channels) if channel not in kept]
    start = 0
    for block in stream:
        expected = block[:, kept[:1]] if step.others == "same" else 0.0
        wrong = block[:, others] != expected
        if wrong.any():
            raise _not_as_said(step, others, start + int(np.flatnonzero(wrong.any(axis=1))[0]), media)
        yield block[:, kept]
        start += len(block)


def _not_as_said(step: PickChannels, others: Sequence[int], sample: int, media: MediaInfo) -> RenderError:
    names = ", ".join(str(channel + 1) for channel in others)
    message = f"channels {names}, which were to be left out, are not {step.others} at sample {sample}"
    hint = "nothing that can be heard is left out: export the stem again in the layout that the profile asks for"
    return RenderError(Problem("channels_not_as_said", message, hint, str(media.path)))


def folded(stream: Stream, step: FoldDown) -> Stream:
    """Mix channels with the coefficients of the step, always in the same order."""
    for block in stream:
        out = np.zeros((len(block), len(step.matrix)))
        for target, row in enumerate(step.matrix):
            for source, coefficient in enumerate(row):
                if coefficient:
                    out[:, target] += coefficient * block[:, source]
        yield out


def copied(stream: Stream, step: CopyChannel) -> Stream:
    """Put one channel in the place of another."""
    for block in stream:
        out = block.copy()
        out[:, step.target] = block[:, step.source]
        yield out


def turned_over(stream: Stream, step: FlipPolarity) -> Stream:
    """Turn channels over; zero stays plain zero."""
    for block in stream:
        out = block.copy()
        out[:, list(step.channels)] = 0.0 - block[:, list(step.channels)]
        yield out


def without_offset(stream: Stream, step: RemoveOffset) -> Stream:
    """Take a constant away from each channel; channels that the step does not name stay."""
    for block in stream:
        out = block.copy()
        named = min(len(step.offsets), out.shape[1])
        out[:, :named] -= np.array(step.offsets[:named])
        yield out
