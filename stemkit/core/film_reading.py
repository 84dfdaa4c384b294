"""Reading a film file without stopping at its first mistake."""

from __future__ import annotations

import copy
import os
from fractions import Fraction
from pathlib import Path, PureWindowsPath
from typing import Any

from pydantic import ValidationError

from stemkit.core.as_written import place_of, problems_of
from stemkit.core.errors import Problem
from stemkit.core.film_document import REQUIRED, FilmDocument
from stemkit.core.timebase import FrameRate
from stemkit.core.toml_source import Location, TomlSource, dotted

# Where the frame rate itself is wrong, times are still read, by the most patient of rates.
_LENIENT_RATE = FrameRate(Fraction(60))
_HOURS = 24
_ADVICE = {
    "frame_rate": 'write the picture\'s rate, such as frame_rate = "24"',
    "number": "give every chapter its number in the film",
    "reason": "say why the rule does not apply here; nobody will remember",
    "film": 'a film file begins with [film] and frame_rate = "24"',
    "chapter": "add one [[chapter]] table for each chapter, or let 'stemkit init' write the file",
}


class Reading:
    """One pass over a film file: its document, and the problems found so far.

    Parameters
    ----------
    source
        The parsed file.

    Attributes
    ----------
    document
        What could be understood; wrong values are absent from it.
    problems
        What could not.
    stated_rate
        The film's frame rate, `None` where the file states none that exists.
    """

    def __init__(self, source: TomlSource) -> None:
        self.source = source
        self.base = source.path.parent.resolve()
        self.problems: list[Problem] = []
        self.document = self._document()
        self._require_keys()
        self.stated_rate = self._frame_rate()

    @property
    def rate(self) -> FrameRate:
        """The rate by which times are read."""
        return self.stated_rate or _LENIENT_RATE

    def complain(self, code: str, location: Location, message: str, hint: str = "") -> None:
        """Record a problem at a key of the file."""
        line = self.source.line_of(location)
        self.problems.append(Problem(code, message, hint, str(self.source.path), line, dotted(location)))

    def frames(self, value: str | int | None, location: Location) -> int | None:
        """Return a time in frames, `None` where there is none or (with a problem) where it is none."""
        if value is None:
            return None
        try:
            frames = self.rate.parse_duration(str(value))
        except (ValueError, OverflowError) as error:
            self.complain("wrong_time", location, f"{dotted(location)}: {error}")
            return None
        if frames > _HOURS * 3600 * self.rate.nominal:
            self.complain("wrong_time", location, f"{dotted(location)} is longer than a day: {value}")
            return None
        return frames

    def timecode(self, text: str | None, location: Location) -> int | None:
        """Return the frame count of a timecode, `None` as for times."""
        if text is None:
            return None
        try:
            return self.rate.parse_timecode(text)
        except ValueError as error:
            self.complain("wrong_time", location, f"{dotted(location)}: {error}")
            return None

    def path(self, text: str, location: Location) -> Path | None:
        """Return the absolute form of a path, `None` (and a problem) where it leaves the film's folder."""
        if not text.strip() or "\0" in text:
            self.complain("wrong_path", location, f"{dotted(location)} is no path", "write a path in the film's folder")
            return None
        path = self.base / _native(self.base, text)
        is_elsewhere = PureWindowsPath(text).drive and not os.path.lexists(path)
        if is_elsewhere or not path.resolve().is_relative_to(self.base):
            hint = f"put it into {self.base.name or self.base}, beside the film file, and write the path from there"
            message = f"{dotted(location)} leads out of the film's folder: {text!r}"
            self.complain("path_outside", location, message, hint)
            return None
        return path

    def _document(self) -> FilmDocument:
        data: dict[str, Any] = copy.deepcopy(self.source.data)
        for _ in range(10):
            try:
                return FilmDocument.model_validate(data)
            except ValidationError as error:
                said = tuple(problem.key or "" for problem in self.problems)
                for problem in problems_of(error, FilmDocument, self.source):
                    # What became empty because its only content was wrong is no mistake of its own.
                    if not any(key.startswith(problem.key or "") for key in said):
                        self.problems.append(problem)
                places = [place_of(item["loc"]) for item in error.errors(include_url=False)]
                # Backwards, so that taking out one item of a list leaves the places of the others as they are.
                for place in sorted(set(places), key=_backwards, reverse=True):
                    _take_out(data, place)
        return FilmDocument()

    def _require_keys(self) -> None:
        parts: list[tuple[Location, Any]] = [((), self.document), (("film",), self.document.film)]
        for key in ("chapter", "boundary", "waiver"):
            parts += [((key, at), part) for at, part in enumerate(getattr(self.document, key) or ())]
        for location, part in parts:
            for key in REQUIRED[type(part).__name__] if part is not None else ():
                place = (*location, key)
                if not self.source.holds(place):
                    self.complain("missing_key", place, f"{dotted(place)} is missing", _ADVICE.get(key, "add it"))

    def _frame_rate(self) -> FrameRate | None:
        text = self.document.film.frame_rate if self.document.film else None
        if text is None:
            return None
        try:
            return FrameRate.parse(text)
        except ValueError as error:
            self.complain("wrong_value", ("film", "frame_rate"), f"film.frame_rate: {error}")
            return None


def _native(base: Path, text: str) -> str:
    """Return a path that may have been written on Windows in the form of this system."""
    if "\\" not in text or os.path.lexists(base / text):
        return text
    return text.replace("\\", "/")


def _backwards(location: Location) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in location]


def _take_out(data: Any, location: Location) -> None:
    """Remove a value that is wrong; a table in a list becomes empty, so that the others keep their places."""
    for part in location[:-1]:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return
    last = location[-1] if location else None
    if isinstance(data, dict):
        data.pop(last, None)
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        if len(location) == 2:
            data[last] = {}
        else:
            del data[last]
