"""Names of files that stemkit writes: a profile's pattern for stems, the film's title for prints."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from stemkit.core.film import Role
from stemkit.core.layout import LAYOUTS
from stemkit.core.names import safe_name
from stemkit.core.profile import Profile
from stemkit.core.timebase import FrameRate

_MAX_CHARACTERS = 120
_MAX_BYTES = 200  # most file systems take 255; a number or a temporary suffix may follow


_LETTERS = str.maketrans(
    {"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"}
    | dict.fromkeys("'’‘´`", "")
)
"""Letters that are no letter with an accent, and marks that leave no gap."""
MCA_NAMES = {Role.VO: "DX", Role.SFX: "FX", Role.MUSIC: "MX"}
"""Names of stems in the vocabulary of SMPTE ST 377-41."""
ASSET_NAMES = {Role.VO: "DIAStem", Role.SFX: "FXStem", Role.MUSIC: "MXStem"}
"""Names of stems in Netflix's asset naming for sound mastering."""


def stem_file_name(
    profile: Profile,
    film_title: str,
    number: int,
    role: Role,
    index: int | None = None,
    frame_rate: FrameRate | None = None,
    *,
    is_float: bool = False,
) -> str:
    """Return the name that a profile asks for.

    Parameters
    ----------
    profile
        Its ``naming`` is used, and rate, depth and layout of its ``format``.
    film_title
        As declared; made safe for file systems, and shortened where the name would be too long.
    number
        The chapter's number.
    role
        The stem's role.
    index
        Counts the stems of one role from 1 where there are several, else `None`.
    frame_rate
        The film's; where it is not known, ``{fps}`` is empty.
    is_float
        Whether the file is stored in 32-bit float, so that ``{depth}`` is 32.

    Examples
    --------
    >>> from stemkit.core.profile import load_profile
    >>> stem_file_name(load_profile("crowd-film"), "One/Two", 7, Role.VO)
    'One_Two_ch07_VO.wav'
    """
    form, naming = profile.format, profile.naming
    fields = {
        "number": number,
        "role": role.value,
        "mca": MCA_NAMES[role],
        "asset": ASSET_NAMES[role],
        "layout": form.layout,
        "channels": LAYOUTS[form.layout].count,
        "rate": form.sample_rate_hz,
        "khz": f"{form.sample_rate_hz / 1000:g}",
        "depth": 32 if is_float else form.bit_depth_bits,
        "fps": _without_point(frame_rate) if frame_rate is not None else "",
    }

    def name_with(title: str) -> str:
        name = naming.pattern.format(title=title, **fields)
        if naming.characters == "ascii":
            name = _plain(name)
        if index is None:
            return name
        stem, dot, suffix = name.rpartition(".")
        return f"{stem}_{index}.{suffix}" if dot else f"{name}_{index}"

    title = film_title if naming.characters == "any" else _plain(film_title).strip("._-") or "film"
    return _fitting(name_with, title)


def _without_point(rate: FrameRate) -> str:
    """Return a frame rate as file names say it.

    Examples
    --------
    >>> [_without_point(FrameRate.parse(text)) for text in ("24000/1001", "24", "29.97df", "59.94")]
    ['23976', '24', '2997', '5994']
    """
    digits = 3 if round(rate.fps) == 24 else 2
    return f"{float(rate.fps):.{digits}f}".rstrip("0").replace(".", "")


def _plain(text: str) -> str:
    """Return a text in the characters that studios allow; what has no such form is left out.

    Examples
    --------
    >>> _plain("Müllers Große Fahrt: 第一 (2)")
    'Mullers_Grosse_Fahrt_2'
    """
    bare = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(mark for mark in bare if mark.isascii())
    return re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9._-]+", "_", bare)).strip("_")


def print_file_name(film_title: str, print_name: str, suffix: str = ".wav") -> str:
    """Return the name of a rendered deliverable.

    Examples
    --------
    >>> print_file_name("第三章: Тени", "FULL")
    '第三章_ Тени_FULL.wav'
    """
    return _fitting(lambda title: f"{title}_{safe_name(print_name)}{suffix}", film_title)


def _fitting(name_with: Callable[[str], str], film_title: str) -> str:
    """Return the name with as much of the title as fits."""
    title = safe_name(film_title)
    name = name_with(title)
    while title and (len(name) > _MAX_CHARACTERS or len(name.encode()) > _MAX_BYTES):
        title = title[:-1]
        name = name_with(title.rstrip(" ."))
    return safe_name(name)


def chapter_folder_name(number: int) -> str:
    """Return the name of a chapter's folder in a conformed tree."""
    return f"ch{number:02}"


def same_name(one: str, other: str) -> bool:
    """Tell whether two file names are the same to people, whatever their Unicode form or case of suffix.

    Examples
    --------
    >>> same_name("Mu\u0308ller.WAV", "M\u00fcller.wav")
    True
    """
    first, second = (unicodedata.normalize("NFC", name).rpartition(".") for name in (one, other))
    return first[0] == second[0] and first[2].casefold() == second[2].casefold()
