"""What the header of a sound file says, and what is wrong with the file as a container."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from stemkit.core.layout import Layout

LayoutSource = Literal["declared", "mask", "codec", "assumed"]


_LOSSY = frozenset(
    [
        "MPEG_LAYER_I",
        "MPEG_LAYER_II",
        "MPEG_LAYER_III",
        "VORBIS",
        "OPUS",
        "AAC",
        "AAC_LATM",
        "AC3",
        "EAC3",
        "DTS",
        "WMAV1",
        "WMAV2",
        "WMAPRO",
    ]
)


class ProblemKind(StrEnum):
    """Why a file cannot be used as sound, or not entirely."""

    EMPTY = "empty"
    HEADER_ONLY = "header_only"
    NOT_AUDIO = "not_audio"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    WRONG_EXTENSION = "wrong_extension"


@dataclass(frozen=True, slots=True)
class MediaProblem:
    """A fault of the container. ``detail`` holds the numbers a sentence about it needs."""

    kind: ProblemKind
    detail: str
    params: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def is_fatal(self) -> bool:
        """Whether no complete sound can be had from the file."""
        return self.kind is not ProblemKind.WRONG_EXTENSION


@dataclass(frozen=True, slots=True)
class Bext:
    """The fields of a Broadcast Wave ``bext`` chunk that stemkit uses (EBU Tech 3285 v2).

    ``time_reference_samples`` counts samples since midnight; loudness fields are `None` where the
    file leaves them undefined (0x7FFF) or the chunk is older than version 2.
    """

    description: str = ""
    originator: str = ""
    originator_reference: str = ""
    origination_date: str = ""
    origination_time: str = ""
    time_reference_samples: int = 0
    version: int = 2
    loudness_lufs: float | None = None
    loudness_range_lu: float | None = None
    max_true_peak_dbtp: float | None = None
    max_momentary_lufs: float | None = None
    max_short_term_lufs: float | None = None
    coding_history: str = ""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """Header truth about one sound file.

    Parameters
    ----------
    path
        The file.
    container
        ``WAV``, ``RF64``, ``BW64``, ``FLAC``, ``AIFF``, ``CAF``, ``MP3``, ``OGG`` …, upper case; empty if unknown.
    subtype
        ``PCM_16``, ``PCM_24``, ``FLOAT``, ``DOUBLE``, ``MPEG_LAYER_III``, ``VORBIS`` … (libsndfile's words).
    bit_depth_bits
        Bits in a stored sample; `None` for lossy codecs.
    valid_bits
        Bits that carry sound by the header (20 in a 24-bit container); `None` for lossy codecs.
    channel_mask
        WAVE_FORMAT_EXTENSIBLE mask, `None` where the file has none.
    layout
        `None` where the order of the channels is not known.
    length_samples
        Exact number of sample instants that can be read.
    declared_bytes, size_bytes
        Size of the sound data by the header, and size of the whole file on disk.
    problem
        `None` for a file that can be read to its end.
    data_offset_bytes
        Where the PCM data starts, for files that stemkit reads by itself; `None` for those that libsndfile reads.
    states_codec_delay
        Whether a lossy file says how many samples its encoder has put before the sound; `None` for others.
    """

    path: Path
    container: str
    subtype: str
    sample_rate_hz: int
    channels: int
    length_samples: int
    size_bytes: int
    bit_depth_bits: int | None = None
    valid_bits: int | None = None
    is_float: bool = False
    channel_mask: int | None = None
    layout: Layout | None = None
    layout_source: LayoutSource = "assumed"
    declared_bytes: int | None = None
    data_offset_bytes: int | None = None
    chunks: tuple[str, ...] = ()
    bext: Bext | None = None
    ixml: str | None = None
    problem: MediaProblem | None = None
    states_codec_delay: bool | None = None

    @property
    def is_usable(self) -> bool:
        """Whether a complete sound can be read from the file."""
        return self.problem is None or not self.problem.is_fatal

    @property
    def is_lossy(self) -> bool:
        """Whether the sound went through a lossy codec."""
        return self.subtype in _LOSSY

    @property
    def duration_s(self) -> float:
        """Length in seconds, for people; 0.0 where the rate is unknown."""
        return self.length_samples / self.sample_rate_hz if self.sample_rate_hz > 0 else 0.0
