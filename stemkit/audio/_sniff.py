"""What the first bytes and the file name say, and which order a codec gives its channels."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.core.layout import LAYOUTS, Layout, assumed_layout
from stemkit.core.media import LayoutSource, MediaInfo, MediaProblem, ProblemKind

_BY_SUFFIX = {
    **dict.fromkeys((".wav", ".wave", ".bwf", ".rf64", ".bw64"), ("WAV", "RF64", "BW64", "MP3 in WAV")),
    **dict.fromkeys((".aif", ".aiff", ".aifc", ".aifr"), ("AIFF",)),
    **dict.fromkeys((".ogg", ".oga", ".opus"), ("OGG",)),
    **dict.fromkeys((".au", ".snd"), ("AU",)),
    ".flac": ("FLAC",),
    ".mp3": ("MP3",),
    ".caf": ("CAF",),
    ".w64": ("W64",),
}
SOUND_SUFFIXES = frozenset(_BY_SUFFIX)
"""Extensions of the sound files that stemkit reads."""

# FLAC and Vorbis order their channels by their own specifications (RFC 9639, Vorbis I 4.3.9).
_FLAC_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
_VORBIS_LAYOUTS = {1: "mono", 2: "stereo", 4: "4.0", 6: "5.1-film"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file that could not be opened seems to be."""

    problem: ProblemKind
    detail: str


_DAMAGED = "with a damaged header"
_MAGIC: tuple[tuple[int, bytes, ProblemKind, str], ...] = (
    (8, b"WAVE", ProblemKind.UNREADABLE, "a WAV with a codec that is not known here"),
    (0, b"RIFX", ProblemKind.UNREADABLE, f"a big-endian WAV {_DAMAGED}"),
    (8, b"AIFF", ProblemKind.UNREADABLE, f"an AIFF {_DAMAGED}"),
    (8, b"AIFC", ProblemKind.UNREADABLE, f"an AIFF {_DAMAGED}"),
    (0, b"fLaC", ProblemKind.UNREADABLE, f"a FLAC {_DAMAGED}"),
    (0, b"OggS", ProblemKind.UNREADABLE, f"an Ogg {_DAMAGED}, or with a codec that is not known here"),
    (0, b"caff", ProblemKind.UNREADABLE, f"a CAF {_DAMAGED}, or with a codec that is not known here"),
    (0, b"ID3", ProblemKind.UNREADABLE, f"an MP3 {_DAMAGED}"),
    (0, b"\xff\xfb", ProblemKind.UNREADABLE, f"an MP3 {_DAMAGED}"),
    (0, b"\xff\xf3", ProblemKind.UNREADABLE, f"an MP3 {_DAMAGED}"),
    (0, b"riff\x2e\x91\xcf\x11", ProblemKind.UNREADABLE, f"a W64 {_DAMAGED}"),
    (0, b"\xff\xf1", ProblemKind.UNREADABLE, "an AAC file; export the sound as WAV"),
    (0, b"\xff\xf9", ProblemKind.UNREADABLE, "an AAC file; export the sound as WAV"),
    (0, b"\x0b\x77", ProblemKind.UNREADABLE, "a Dolby Digital file; export the sound as WAV"),
    (0, b"\x30\x26\xb2\x75", ProblemKind.UNREADABLE, "a Windows Media file; export the sound as WAV"),
    (0, b"\xf0\x7e", ProblemKind.UNREADABLE, "a MIDI sample dump; export the sound as WAV"),
    (4, b"ftyp", ProblemKind.UNREADABLE, "a video or MPEG-4 file; export the sound as WAV"),
    (0, b"\x1a\x45\xdf\xa3", ProblemKind.UNREADABLE, "a video (Matroska); export the sound as WAV"),
    (0, b"PK\x03\x04", ProblemKind.NOT_AUDIO, "a ZIP archive"),
    (0, b"Rar!", ProblemKind.NOT_AUDIO, "a RAR archive"),
    (0, b"7z\xbc\xaf", ProblemKind.NOT_AUDIO, "a 7-Zip archive"),
    (0, b"%PDF", ProblemKind.NOT_AUDIO, "a PDF"),
    (0, b"\x89PNG", ProblemKind.NOT_AUDIO, "a PNG picture"),
    (0, b"\xff\xd8\xff", ProblemKind.NOT_AUDIO, "a JPEG picture"),
    (0, b"GIF8", ProblemKind.NOT_AUDIO, "a GIF picture"),
    (0, b"<!DOCTYPE", ProblemKind.NOT_AUDIO, "a web page"),
    (0, b"<!doctype", ProblemKind.NOT_AUDIO, "a web page"),
    (0, b"<html", ProblemKind.NOT_AUDIO, "a web page"),
    (0, b"<?xml", ProblemKind.NOT_AUDIO, "an XML file"),
)


def kind_of(head: bytes) -> Kind:
    """Say what a file seems to be that libsndfile does not open."""
    for offset, magic, problem, what in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return Kind(problem, what)
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and len(head) < 12:
        return Kind(ProblemKind.TRUNCATED, "a WAV that ends inside its header")
    if not head.strip(b"\0"):
        return Kind(ProblemKind.NOT_AUDIO, "a file that begins with nothing but zeros")
    return Kind(ProblemKind.NOT_AUDIO, "a file that does not begin like any sound file known here")


def missing_sound(media: MediaInfo) -> MediaProblem | None:
    """Return the problem of a file with a header and no sound."""
    if media.length_samples > 0:
        return None
    return MediaProblem(ProblemKind.HEADER_ONLY, "the file holds a header and no sound")


def wrong_extension(media: MediaInfo) -> MediaProblem | None:
    """Return the problem of a file whose name says another container than its first bytes."""
    suffix = media.path.suffix.lower()
    expected = _BY_SUFFIX.get(suffix)
    if expected is None or media.container in expected:
        return None
    params = {"extension": suffix, "container": media.container}
    detail = f"the name ends in {suffix}, but this is {media.container}"
    return MediaProblem(ProblemKind.WRONG_EXTENSION, detail, params)


def layout_of_codec(container: str, subtype: str, channels: int) -> tuple[Layout | None, LayoutSource]:
    """Return the layout that a codec's specification gives to a number of channels."""
    if container == "FLAC":
        name = _FLAC_LAYOUTS.get(channels)
        return (LAYOUTS[name] if name else None), "codec"
    if subtype in ("VORBIS", "OPUS", "MPEG_LAYER_III", "MPEG_LAYER_II", "MPEG_LAYER_I"):
        name = _VORBIS_LAYOUTS.get(channels)
        return (LAYOUTS[name] if name else None), "codec"
    return assumed_layout(channels), "assumed"
