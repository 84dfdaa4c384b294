"""Names of files that stemkit writes: a profile's pattern for stems, the film's title for prints."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from stemkit.core.film import Role
from stemkit.core.names import safe_name
from stemkit.core.profile import Profile

_MAX_CHARACTERS = 120
_MAX_BYTES = 200  # most file systems take 255; a number or a temporary suffix may follow


def stem_file_name(profile: Profile, film_title: str, number: int, role: Role, index: int | None = None) -> str:
    """Return the name that a profile asks for.

    Parameters
    ----------
    profile
        Its ``naming.pattern`` and the rate and depth of its ``format`` are used.
    film_title
        As declared; made safe for file systems, and shortened where the name would be too long.
    number
        The chapter's number.
    role
        The stem's role.
    index
        Counts the stems of one role from 1 where there are several, else `None`.

    Examples
    --------
    >>> from stemkit.core.profile import load_profile
    >>> stem_file_name(load_profile("crowd-film"), "One/Two", 7, Role.VO)
    'One_Two_ch07_VO.wav'
    """

    def name_with(title: str) -> str:
        name = profile.naming.pattern.format(
            title=title,
            number=number,
            role=role.value,
            rate=profile.format.sample_rate_hz,
            depth=profile.format.bit_depth_bits,
        )
        if index is None:
            return name
        stem, dot, suffix = name.rpartition(".")
        return f"{stem}_{index}.{suffix}" if dot else f"{name}_{index}"

    return _fitting(name_with, film_title)


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
