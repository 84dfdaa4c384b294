"""Names as words: what is compared when people's file names and titles are understood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

_SUFFIXES = (
    ".wav .wave .bwf .rf64 .bw64 .w64 .flac .aif .aiff .aifc .caf .mp3 .ogg .oga .opus .m4a .aac .wma .au .snd"
    " .ac3 .eac3 .ec3 .dts .mka .mp2 .ape .wv .sd2 .amr .tta .alac .raw .pcm"
)
SOUND_SUFFIXES = frozenset(_SUFFIXES.split())
"""Suffixes by which a file is taken for sound, readable or not."""
VIDEO_SUFFIXES = frozenset((".mov", ".mp4", ".m4v", ".mkv", ".webm", ".avi", ".mts", ".m2ts", ".flv", ".3gp"))
"""Suffixes of video files: they are sound where their names say so, else the picture that lies beside the stems."""

# Han, kana, hangul, Thai, and a few signs: words are not set apart by spaces, or carry particles.
_DENSE = re.compile(
    "[\u0e00-\u0e7f\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff\U0001f399-\U0001f39b\U0001f3a4-\U0001f3bc\U0001f941]"
)
_BARE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of letters, of digits, or of a script without spaces.

    Parameters
    ----------
    written
        As it stands in the name.
    """

    written: str

    @property
    def text(self) -> str:
        """As it is compared."""
        return caseless(self.written)

    @property
    def is_dense(self) -> bool:
        """Whether words in it are not set apart."""
        return _DENSE.match(self.written) is not None

    @property
    def is_number(self) -> bool:
        """Whether it is a run of digits."""
        return self.written.isdecimal()

    @property
    def is_plain(self) -> bool:
        """Whether it is a word."""
        return not self.is_dense and not self.is_number


def is_dense(text: str) -> bool:
    """Tell whether all of a text is of a script without spaces."""
    return bool(text) and all(_DENSE.match(mark) for mark in text)


def normalised(name: str) -> str:
    """Return a name in NFKC, without marks that are not seen; upper and lower case are kept."""
    name = unicodedata.normalize("NFKC", name).replace("İ", "I")
    return "".join(mark for mark in name if unicodedata.category(mark) != "Cf")


def caseless(text: str) -> str:
    """Return a text without upper case; the dotless i of Turkish, whose capital is our I, counts as i."""
    return text.casefold().replace("ı", "i")


def folded(text: str) -> str:
    """Return a text without upper case and accents, as it is typed on other people's keyboards.

    Examples
    --------
    >>> folded("Müsik GŁOS")
    'musik glos'
    """
    bare = unicodedata.normalize("NFD", caseless(text).translate(_BARE))
    return unicodedata.normalize("NFC", "".join(mark for mark in bare if unicodedata.category(mark) != "Mn"))


def without_suffix(name: str) -> str:
    """Return a name without the suffix of a sound or video file.

    Examples
    --------
    >>> without_suffix("vo.v2.WAV")
    'vo.v2'
    """
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and stem and f".{suffix.casefold()}" in SOUND_SUFFIXES | VIDEO_SUFFIXES else name


def pieces(name: str) -> Iterator[Piece]:
    """Cut a normalised name into runs of letters, of digits, and of scripts without spaces."""
    for kind, run in groupby(_kinds(name), key=lambda pair: pair[0]):
        if kind:
            yield Piece("".join(mark for _, mark in run))


def _kinds(name: str) -> Iterator[tuple[str, str]]:
    kind = ""
    for mark in name:
        if _DENSE.match(mark):
            kind = "dense"
        elif mark.isdecimal():
            kind = "number"
        elif mark.isalpha():
            kind = "word"
        elif not (kind and unicodedata.category(mark).startswith("M")):
            kind = ""
        yield kind, mark


def without_title(name: str, title: str) -> str:
    """Return a normalised name without a title in it, whatever stands between the title's words.

    Examples
    --------
    >>> without_title("The_Voice-07 music", "The Voice")
    ' -07 music'
    """
    words = [re.escape(piece.written) for piece in pieces(normalised(title))]
    if not words:
        return name
    joined = r"[\W_]*".join(words)
    return re.sub(rf"(?<![^\W\d_]){joined}(?![^\W\d_])", " ", name, flags=re.IGNORECASE)
