"""Files by the places where they were delivered: what was taken out of an archive or a video lies in a cache."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from stemkit.core.names import display_name

T = TypeVar("T")


def as_given(data: T, given: Mapping[Path, Path]) -> T:
    """Return JSON data in which every path of a file that was taken out of another one is where it was delivered.

    Parameters
    ----------
    given
        `stemkit.core.facts.FilmFacts.given`.
    """
    told = {str(path): str(place) for path, place in given.items()}
    told |= {display_name(path): display_name(place) for path, place in given.items()}
    found: T = _told(data, told) if told else data
    return found


def _told(data: Any, told: Mapping[str, str]) -> Any:
    if isinstance(data, str):
        return told.get(data, data)
    if isinstance(data, Mapping):
        return {key: _told(value, told) for key, value in data.items()}
    return [_told(value, told) for value in data] if isinstance(data, list | tuple) else data
