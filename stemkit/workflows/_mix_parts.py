"""The files of the prints as a report lists them: read back as the sound of a print."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stemkit.core.layout import LAYOUTS, STEREO, Layout, assumed_layout
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import Span
from stemkit.render.print_files import WrittenFile


def sound_of(part: Mapping[str, Any], media: MediaInfo) -> WrittenFile:
    """Return a file of a print, as a report describes it and as it lies on the disk."""
    start = part["start_samples"]
    film = Span(start, start + part["programme_samples"])
    channels = part["channel_indices"] or range(media.channels)
    return WrittenFile(media, film, tuple(channels), part["head_samples"], part["tail_samples"])


def parts_in(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the files of a print of a report; reports of earlier versions know one plain file."""
    if row.get("files"):
        return list(row["files"])
    length = row["length_samples"]
    plain = {"path": row["path"], "sha256": row["sha256"], "reel": None, "channel_indices": None}
    return [{**plain, "start_samples": 0, "programme_samples": length, "head_samples": 0, "tail_samples": 0}]


def layout_in(row: Mapping[str, Any], media: MediaInfo) -> Layout:
    """Return the layout of a print of a report: by the channels of its files, else by the header of the first."""
    parts = parts_in(row)
    labels = tuple(label for part in parts if part["reel"] == parts[0]["reel"] for label in part.get("channels") or ())
    by_labels = next((layout for layout in LAYOUTS.values() if layout.labels == labels), None)
    return by_labels or media.layout or assumed_layout(media.channels) or STEREO


def stem_of(part: Mapping[str, Any]) -> str:
    """Return the name of a print without suffix and the marks of reels and channels."""
    name = Path(part["path"]).stem
    channels, reel = part.get("channels") or [], part.get("reel")
    if len(channels) == 1:
        name = name.removesuffix(f".{channels[0]}")
    return name.removesuffix(f"_r{reel:02}") if reel else name


def left_over(out: Path, rows: Sequence[Mapping[str, Any]], others: Sequence[str] = ()) -> list[str]:
    """Return the files in the folder of a mix that an earlier one wrote in another form and that are no part of it.

    Parameters
    ----------
    rows
        The prints of the mix, as its JSON object lists them.
    others
        Files that belong to it too.
    """
    current = {part["path"] for row in rows for part in parts_in(row)} | set(others)
    stems = "|".join(re.escape(stem_of(parts_in(row)[0])) for row in rows)
    known = re.compile(rf"({stems})(_r\d\d)?(\.[A-Za-z]{{1,3}})?\.(wav|flac)|({stems})(_r\d\d)?_picture\.(mov|mkv)")
    return sorted(path.name for path in out.iterdir() if known.fullmatch(path.name) and path.name not in current)
