"""A conformed stem as one mono file for each channel, where the profile packs it so; the samples stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from stemkit.audio.channel_files import ChannelWriter
from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.tags import SoundTags, ixml_chunk, marker_chunks
from stemkit.audio.writer import Chunks, PrintWriter, WriteFormat
from stemkit.core.errors import Problem, RenderError
from stemkit.core.files import sha256_of
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import Bext, MediaInfo
from stemkit.plan.storage import BITS, WRITABLE


def split(
    path: Path, parts: Mapping[str, Path], tags: SoundTags | None, others: Chunks, made_by: str
) -> dict[str, str]:
    """Write the channels of a file that was just written into files of their own, and read them again.

    Parameters
    ----------
    parts
        Temporary paths by the names that the files will have, in the order of the channels.
    made_by
        Name and version of the program, for the coding history.

    Returns
    -------
    The SHA-256 of each file, by name.

    Raises
    ------
    RenderError
        If a file is not what it was to be.
    OutputError
        If the system refuses to write.
    """
    media = probe(path)
    opened = [
        lambda target=target, label=label: _writer(media, target, label, tags, others, made_by)
        for target, label in zip(parts.values(), media.layout.labels if media.layout else (), strict=True)
    ]
    with ChannelWriter(opened) as writer:
        for block in read_blocks(media):
            writer.push(block)
    _compare(media, list(parts.values()))
    return {name: sha256_of(target) for name, target in parts.items()}


def _writer(
    media: MediaInfo, path: Path, label: str, tags: SoundTags | None, others: Chunks, made_by: str
) -> PrintWriter:
    subtype = next(one for one in WRITABLE if one == media.subtype)
    form = WriteFormat(media.sample_rate_hz, subtype, LAYOUTS["mono"], media.length_samples)
    line = f"A=PCM,F={media.sample_rate_hz},W={BITS.get(subtype, 32)},M=mono,T={made_by}; channel {label}\r\n"
    bext = _of_channel(media.bext, line) if media.bext is not None else None
    chunks = tuple(others)
    if tags is not None:
        named = replace(tags, name=f"{tags.name}.{label}")
        start = bext.time_reference_samples if bext is not None else 0
        ixml = ixml_chunk(named, form.sample_rate_hz, BITS.get(subtype, 32), form.layout, start)
        chunks = (ixml, *marker_chunks(tags.markers), *chunks)
    return PrintWriter(path, form, bext=bext, chunks=chunks)


def _of_channel(bext: Bext, line: str) -> Bext:
    """Return the fields for one channel: the levels are those of all together, of one alone they would be untrue."""
    return replace(
        bext,
        coding_history=bext.coding_history + line,
        loudness_lufs=None,
        loudness_range_lu=None,
        max_true_peak_dbtp=None,
        max_momentary_lufs=None,
        max_short_term_lufs=None,
    )


def _compare(media: MediaInfo, paths: Sequence[Path]) -> None:
    streams = [read_blocks(probe(path)) for path in paths]
    for block, *parts in zip(read_blocks(media), *streams, strict=True):
        if not np.array_equal(block, np.hstack(parts), equal_nan=True):
            raise RenderError(Problem("split_differs", "the files of the channels are not the stem", "run again"))
