"""Spectrograms for what ``check --deep`` finds in the content of stems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stemkit.audio.reader import read_blocks
from stemkit.core.errors import MediaError
from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Finding, Outcome, Severity
from stemkit.core.media import MediaInfo
from stemkit.core.progress import Event, Progress
from stemkit.core.timebase import Span
from stemkit.meters._content import Floats
from stemkit.meters._mel import mel_picture
from stemkit.report.spectrogram import BANDS, COLUMNS, encode_mel

_OF_CONTENT = ("FMT009", "FMT010", "SIG003", "SIG007", "SIG008", "SIG009", "SIG010", "LEN004", "LEN005")
_OF_RELATIONS = ("STM005", "STM007", "STM008", "STM009", "STM010", "STM011")
_MOST, _AROUND_S, _LONGEST_S, _LEAST_S = 40, 1.0, 20.0, 0.25


def with_spectrograms(
    told: Sequence[Mapping[str, Any]], findings: Sequence[Finding], facts: FilmFacts, progress: Progress
) -> list[dict[str, Any]]:
    """Return findings as they are told, those about the content of a stem with a picture of it.

    Parameters
    ----------
    told, findings
        The same findings in the same order, as JSON data and as they were made.
    """
    media = {stem.stem.path: stem.media for chapter in facts.chapters for stem in chapter.stems}
    wanted = [at for at, finding in enumerate(findings) if _is_wanted(finding, media)][:_MOST]
    made = [{**one, "evidence": None} for one in told]
    if wanted:
        progress(Event("loading librosa, whose first use compiles for some seconds", 0, 1))
    for count, at in enumerate(wanted):
        path = findings[at].where.path
        assert path is not None
        progress(Event("drawing spectrograms", count, len(wanted), path.name))
        made[at]["evidence"] = _drawn(findings[at], media[path])
    if wanted:
        progress(Event("drawing spectrograms", len(wanted), len(wanted)))
    return made


def _is_wanted(finding: Finding, media: Mapping[Path, MediaInfo | None]) -> bool:
    path = finding.where.path
    is_open = finding.outcome is Outcome.FAIL and finding.waived_by is None and finding.severity is not Severity.INFO
    usable = media.get(path) if path is not None else None
    is_about = finding.code in (*_OF_CONTENT, *_OF_RELATIONS)
    return is_open and is_about and usable is not None and usable.is_usable


def _drawn(finding: Finding, media: MediaInfo | None) -> dict[str, Any] | None:
    """Return the picture of what is meant and a second around it, or of the middle of the file."""
    assert media is not None
    rate, span = media.sample_rate_hz, finding.where.span_in_file
    longest = round(_LONGEST_S * rate)
    if span is None:
        first = max(0, (media.length_samples - longest) // 2)
        last = first + longest
    else:
        around = round(_AROUND_S * rate)
        first, last = max(0, span.start - around), min(span.end, span.start + longest) + around
    last = min(last, media.length_samples)
    if last - first < _LEAST_S * rate:
        return None
    try:
        levels = mel_picture(_mono(media, Span(first, last)), rate, COLUMNS, BANDS)
    except (MediaError, OSError):
        return None
    zone = None if span is None else (span.start / rate, span.end / rate)
    return encode_mel(levels, first / rate, last / rate, rate / 2, zone)


def _mono(media: MediaInfo, span: Span) -> Floats:
    blocks = [np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).mean(axis=1) for block in read_blocks(media, span)]
    return np.concatenate([*blocks, np.zeros(0)])
