"""Short files to listen to: the full mix around every cut, as it stands in the print."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stemkit.audio.probe import probe
from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.errors import MediaError
from stemkit.core.files import OutputSet
from stemkit.core.media import Bext
from stemkit.core.steps import Subtype
from stemkit.core.timebase import Span
from stemkit.render.print_files import WrittenFile, read_print
from stemkit.report.model import open_report
from stemkit.workflows._mix_parts import layout_in, parts_in, sound_of

FOLDER = "joins"
SIDE_S = 3.0
_ORIGINATOR, _NAME = "stemkit", re.compile(r"after_\d{3,}\.wav")
_SUBTYPES: dict[str, Subtype] = {"PCM_16": "PCM_16", "PCM_24": "PCM_24", "FLOAT": "FLOAT"}


def cut_joins(folder: Path) -> tuple[str, ...]:
    """Write one file for each cut of a finished mix: 3 s before and 3 s after it, the very samples of the print.

    Those of cuts that an earlier mix had and this one has not are taken away.

    Parameters
    ----------
    folder
        Where ``stemkit mix`` wrote.

    Returns
    -------
    tuple of str
        The files, as paths from the folder, in film order.

    Raises
    ------
    UsageError
        If there is no finished mix.
    MediaError, OutputError
        If the print cannot be read, or a file not be written.
    """
    report = open_report(folder)
    full = max(report["prints"], key=lambda each: len(each["roles"]))
    files = [sound_of(part, probe(folder / part["path"])) for part in parts_in(full)]
    cuts = {join["after"]: join["at_s"] for join in report["boundaries"] if join["at_s"] is not None}
    rate_hz, length = files[0].media.sample_rate_hz, full["length_samples"]
    with OutputSet(folder) as output:
        names = []
        for after, at_s in sorted(cuts.items()):
            name = f"{FOLDER}/after_{after:03d}.wav"
            at, side = round(at_s * rate_hz), round(SIDE_S * rate_hz)
            _cut(files, Span(max(0, at - side), min(length, at + side)), output.temporary(name), after, full)
            names.append(name)
        output.commit(names)
    for stale in set(cuts_in(folder)) - set(names):
        (folder / stale).unlink(missing_ok=True)
    return tuple(names)


def cuts_in(folder: Path) -> list[str]:
    """Return the files of cuts in the folder of a mix, by their names and by who wrote them."""
    found = []
    for path in sorted((folder / FOLDER).glob("after_*.wav")):
        with contextlib.suppress(MediaError):
            bext = probe(path).bext
            if _NAME.fullmatch(path.name) and bext is not None and bext.originator == _ORIGINATOR:
                found.append(f"{FOLDER}/{path.name}")
    return found


def _cut(files: Sequence[WrittenFile], span: Span, path: Path, after: int, full: Mapping[str, Any]) -> None:
    media, first = files[0].media, files[0]
    layout = layout_in(full, media)
    fmt = WriteFormat(media.sample_rate_hz, _SUBTYPES[media.subtype], layout, span.length)
    start = media.bext.time_reference_samples if media.bext else 0
    bext = Bext(
        description=f"the cut after chapter {after}",
        originator=_ORIGINATOR,
        time_reference_samples=start + first.head_samples + span.start,
    )
    with PrintWriter(path, fmt, bext=bext) as writer:
        for block in read_print(files, span):
            writer.push(block)
