"""Stems that come as one mono file for each channel: joined bit for bit, so that they are one stem everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from stemkit.audio import _video
from stemkit.audio.other_chunks import other_chunks
from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.errors import MediaError, RenderError
from stemkit.core.film import Stem
from stemkit.core.layout import LAYOUTS, Layout
from stemkit.core.media import MediaInfo
from stemkit.core.steps import Subtype
from stemkit.intake.unpacked import joined_file
from stemkit.store.facts import FactStore

_LAYOUTS = tuple(LAYOUTS[name] for name in ("stereo", "3.0", "4.0", "5.0", "5.1", "7.1", "7.1.4"))
_LABELS = {label.casefold(): label for layout in _LAYOUTS for label in layout.labels}
_LABELS |= {"left": "L", "right": "R", "center": "C", "centre": "C", "lf": "LFE", "sub": "LFE"}
_CHANNEL = re.compile(r"(?P<name>.*[^ ._-])[ ._-]+\(?(?P<label>[A-Za-z]{1,6})\)?", re.DOTALL)
_STORED = ("PCM_16", "PCM_24", "PCM_32", "FLOAT")
Key = tuple[Path, str, str]


def together(stems: Sequence[Stem], store: FactStore | None) -> list[Stem]:
    """Return stems of one role with those that are channels of one sound joined, each in the place of its first.

    Parameters
    ----------
    store
        Beside whose facts the joined sound is kept.
    """
    groups: dict[Key, dict[str, Stem]] = {}
    for stem in stems:
        key, label = _channel_of(stem.path)
        # Two files of one channel are no group: each stays what it is.
        groups.setdefault(key if label not in groups.get(key, {}) else (stem.path, "", ""), {})[label] = stem
    return [stem for group in groups.values() for stem in _joined(group, store)]


def _channel_of(path: Path) -> tuple[Key, str]:
    """Return what the files of a sound have in common, and which channel one is; a label of its own for others."""
    match = _CHANNEL.fullmatch(path.stem)
    label = _LABELS.get(match["label"].casefold()) if match else None
    if match is None or label is None:
        return (path, "", ""), ""
    return (path.parent, match["name"], path.suffix.casefold()), label


def _joined(group: dict[str, Stem], store: FactStore | None) -> list[Stem]:
    stems = list(group.values())
    layout = next((layout for layout in _LAYOUTS if set(layout.labels) == set(group)), None)
    if layout is None:
        return stems
    ordered = [group[label] for label in layout.labels]
    parts = tuple(stem.path for stem in ordered)
    (_, name, _), _ = _channel_of(parts[0])
    try:
        media = [probe(path) for path in parts]
        if not _are_channels(media):
            return stems
        path = joined_file(parts, name, store, lambda file: _write(media, layout, file))
    except (MediaError, RenderError, OSError):
        return stems  # what is wrong with which of them is a finding
    others = ", ".join(Path(stem.declared_path).name for stem in ordered[1:])
    return [replace(ordered[0], path=path, declared_path=f"{ordered[0].declared_path}, {others}", parts=parts)]


def _are_channels(media: Sequence[MediaInfo]) -> bool:
    forms = {(one.sample_rate_hz, one.subtype, one.length_samples, one.channels) for one in media}
    first = media[0]
    is_known = first.channels == 1 and first.subtype in _STORED and first.container not in _video.CONTAINERS
    return len(forms) == 1 and is_known and all(one.problem is None for one in media)


def _write(media: Sequence[MediaInfo], layout: Layout, path: Path) -> None:
    """Write channels side by side; what the first file says of itself stays."""
    first = media[0]
    # No step of a plan asks for 32-bit integers, but the writer stores them.
    form = WriteFormat(first.sample_rate_hz, cast("Subtype", first.subtype), layout, first.length_samples)
    chunks = tuple((chunk.name, chunk.body) for chunk in other_chunks(first) if chunk.is_whole)
    with PrintWriter(path, form, bext=first.bext, chunks=chunks) as writer:
        for blocks in zip(*map(read_blocks, media), strict=True):
            writer.push(np.hstack(blocks))
