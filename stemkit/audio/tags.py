"""What is written beside the sound: iXML, and markers as ``cue`` and ``LIST adtl`` chunks.

References: iXML specification 3.01; Microsoft's RIFF multimedia data standards update for ``cue`` and ``adtl``,
whose offsets count sample frames by the practice of all programs.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from stemkit.core.layout import Layout
from stemkit.core.timebase import FrameRate

Chunk = tuple[bytes, bytes]
_MOST_POSITION = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Marker:
    """A named place in a file, in samples from its first one."""

    at_samples: int
    label: str


@dataclass(frozen=True, slots=True)
class SoundTags:
    """What a sound is in its film.

    Parameters
    ----------
    project, scene, name
        Title of the film, chapter, and what the file holds, such as ``DX``.
    description, originator
        For the ``bext`` chunk.
    start_samples
        Time of day of the first sample, at the file's rate; `None` where the place in the film is not known.
    frame_rate
        `None` where it is not known.
    markers
        In the order of their positions.
    """

    project: str
    scene: str
    name: str
    description: str = ""
    originator: str = ""
    start_samples: int | None = None
    frame_rate: FrameRate | None = None
    markers: tuple[Marker, ...] = ()


def ixml_chunk(tags: SoundTags, sample_rate_hz: int, bits: int, layout: Layout, start_samples: int) -> Chunk:
    """Return an ``iXML`` chunk; its time stamp is that of the ``bext`` chunk."""
    speed = [
        _element("MASTER_SPEED", _speed(tags.frame_rate)),
        _element("CURRENT_SPEED", _speed(tags.frame_rate)),
        _element("TIMECODE_RATE", _speed(tags.frame_rate)),
        _element("TIMECODE_FLAG", "DF" if tags.frame_rate and tags.frame_rate.drop_frame else "NDF"),
    ]
    stamp = [
        _element("FILE_SAMPLE_RATE", sample_rate_hz),
        _element("AUDIO_BIT_DEPTH", bits),
        _element("DIGITIZER_SAMPLE_RATE", sample_rate_hz),
        _element("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI", start_samples >> 32),
        _element("TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO", start_samples & 0xFFFFFFFF),
        _element("TIMESTAMP_SAMPLE_RATE", sample_rate_hz),
    ]
    text = "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML>',
            _element("IXML_VERSION", "3.01"),
            _element("PROJECT", tags.project),
            _element("SCENE", tags.scene),
            _element("NOTE", tags.description),
            f"<SPEED>{''.join([*(speed if tags.frame_rate else []), *stamp])}</SPEED>",
            _tracks(tags.name, layout),
            "</BWFXML>\n",
        ]
    )
    return b"iXML", text.encode("utf-8", "replace")


def _tracks(name: str, layout: Layout) -> str:
    tracks = [_element("TRACK_COUNT", layout.count)]
    for at, label in enumerate(layout.labels, 1):
        inner = [_element("CHANNEL_INDEX", at), _element("INTERLEAVE_INDEX", at)]
        full = name if layout.count == 1 else f"{name}.{label}"
        inner += [_element("NAME", full), _element("FUNCTION", name)]
        tracks.append(f"<TRACK>{''.join(inner)}</TRACK>")
    return f"<TRACK_LIST>{''.join(tracks)}</TRACK_LIST>"


def _speed(rate: FrameRate | None) -> str:
    return f"{rate.fps.numerator}/{rate.fps.denominator}" if rate else ""


def _element(name: str, value: object) -> str:
    kept = "".join(mark for mark in str(value) if mark in "\t\n" or ord(mark) >= 0x20)
    return f"<{name}>{escape(kept, quote=False)}</{name}>"


def marker_chunks(markers: Sequence[Marker]) -> tuple[Chunk, ...]:
    """Return ``cue`` and ``LIST adtl`` chunks; none where there are no markers that 32 bits can state."""
    found = [marker for marker in markers if 0 <= marker.at_samples <= _MOST_POSITION]
    if not found:
        return ()
    points, labels = b"", b"adtl"
    for number, marker in enumerate(found, 1):
        points += struct.pack("<II4sIII", number, marker.at_samples, b"data", 0, 0, marker.at_samples)
        body = struct.pack("<I", number) + marker.label.encode("utf-8", "replace") + b"\0"
        labels += b"labl" + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
    return (b"cue ", struct.pack("<I", len(found)) + points), (b"LIST", labels)
