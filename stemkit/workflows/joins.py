"""Short files to listen to: the full mix around every cut, as it stands in the print."""

from __future__ import annotations

from pathlib import Path

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.files import OutputSet
from stemkit.core.media import Bext, MediaInfo
from stemkit.core.steps import Subtype
from stemkit.core.timebase import Span
from stemkit.report.model import open_report

FOLDER = "joins"
SIDE_S = 3.0
_SUBTYPES: dict[str, Subtype] = {"PCM_16": "PCM_16", "PCM_24": "PCM_24", "FLOAT": "FLOAT"}


def cut_joins(folder: Path) -> tuple[str, ...]:
    """Write one file for each cut of a finished mix: 3 s before and 3 s after it, the very samples of the print.

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
    media = probe(folder / full["path"])
    cuts = {join["after"]: join["at_s"] for join in report["boundaries"] if join["at_s"] is not None}
    with OutputSet(folder) as output:
        names = []
        for after, at_s in sorted(cuts.items()):
            name = f"{FOLDER}/after_{after:03d}.wav"
            at = round(at_s * media.sample_rate_hz)
            side = round(SIDE_S * media.sample_rate_hz)
            _cut(media, Span(max(0, at - side), min(media.length_samples, at + side)), output.temporary(name), after)
            names.append(name)
        output.commit(names)
    return tuple(names)


def _cut(media: MediaInfo, span: Span, path: Path, after: int) -> None:
    assert media.layout is not None, "a print has a layout"
    fmt = WriteFormat(media.sample_rate_hz, _SUBTYPES[media.subtype], media.layout, span.length)
    start = media.bext.time_reference_samples if media.bext else 0
    bext = Bext(
        description=f"the cut after chapter {after}", originator="stemkit", time_reference_samples=start + span.start
    )
    with PrintWriter(path, fmt, bext=bext) as writer:
        for block in read_blocks(media, span):
            writer.push(block)
