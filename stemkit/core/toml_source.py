"""TOML files that people write: their data, and the line on which every key stands.

The standard library's parser keeps no positions, so a small scan of the same text finds them. It runs
after the parser has accepted the text, and may therefore take its form for granted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemkit.core.errors import Problem, StemkitError

Location = tuple[str | int, ...]
LARGEST_BYTES = 2_000_000

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'"
    r"|\#[^\n]*|\n|[\[\]{},=.]"
    r"|[^\s\[\]{},=.\"'#]+",
    re.DOTALL,
)
_DEEPEST = 30
_LONG_KEY = re.compile(r"(?:[\w\"'-]{1,80}+[ \t]*\.[ \t]*){60}")
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


@dataclass(frozen=True, slots=True)
class TomlSource:
    """A parsed TOML file.

    Parameters
    ----------
    path
        The file.
    data
        Its content.
    lines
        Line (from 1) of each table and key, under its location such as ``("chapter", 0, "title")``.
    """

    path: Path
    data: dict[str, Any]
    lines: Mapping[Location, int]

    def line_of(self, location: Location) -> int | None:
        """Return the line of a key, or of the nearest table around it that has one."""
        for end in range(len(location), 0, -1):
            if location[:end] in self.lines:
                return self.lines[location[:end]]
        return None

    def holds(self, location: Location) -> bool:
        """Tell whether the file itself has something at a location."""
        value: Any = self.data
        for part in location:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return False
        return True


def dotted(location: Location) -> str:
    """Return a location as people write it.

    Examples
    --------
    >>> dotted(("chapter", 0, "stems", "VO"))
    'chapter[1].stems.VO'
    """
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def read_toml(path: Path, failure: type[StemkitError]) -> TomlSource:
    """Read a TOML file.

    Parameters
    ----------
    path
        The file; UTF-8, with or without a byte order mark.
    failure
        Which error is raised if the file cannot be read or is no TOML.
    """
    text = _read_text(path, failure)
    too_deep = Problem("syntax", "lists, tables or keys are nested too deeply", path=str(path))
    try:
        # The parser takes time with the square of a key's length, so such keys never reach it.
        data = tomllib.loads(text) if not _LONG_KEY.search(text) else None
        if data is None or _depth(data) > _DEEPEST:
            raise failure(too_deep)
        lines = scan_lines(text)
    except tomllib.TOMLDecodeError as error:
        raise failure(_syntax_problem(path, text, str(error))) from None
    except ValueError:
        problem = Problem("syntax", "a number in the file has too many digits", path=str(path))
        raise failure(problem) from None
    except RecursionError:
        raise failure(too_deep) from None
    return TomlSource(path, data, lines)


def _depth(data: dict[str, Any]) -> int:
    """Return how deeply a document is nested, without recursion."""
    depth = 0
    level: list[Any] = [data]
    while level:
        depth += 1
        inner = (value.values() if isinstance(value, dict) else value for value in level)
        level = [part for parts in inner for part in parts if isinstance(part, (dict, list))]
    return depth


def _read_text(path: Path, failure: type[StemkitError]) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        hint = "check the path and your rights"
        raise failure(Problem("unreadable", f"cannot be read: {error.strerror or error}", hint, str(path))) from None
    if len(raw) > LARGEST_BYTES:
        raise failure(Problem("too_large", "is too large for a file that a person wrote", path=str(path)))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        hint = "save the file as UTF-8 in your editor"
        raise failure(Problem("encoding", "the text is not UTF-8", hint, str(path), line)) from None
    # A lone carriage return is no line end in TOML, but editors on old systems write it.
    return text.replace("\r\n", "\n")


def _syntax_problem(path: Path, text: str, message: str) -> Problem:
    match = _AT_LINE.search(message)
    line = int(match.group(1)) if match and match.group(1) else len(text.splitlines()) or 1
    what = _AT_LINE.sub("", message).strip()
    return Problem(
        "syntax",
        f"not TOML: {what[:1].lower()}{what[1:]}",
        'text values need quotes, such as title = "My film"',
        str(path),
        line,
    )


def scan_lines(text: str) -> dict[Location, int]:
    """Return the line of every table and key of a valid TOML text."""
    return _Scan(text).run()


class _Scan:
    """A walk over the tokens of a valid TOML text."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._word, self._line = next(self._tokens)
        self._lines: dict[Location, int] = {}
        self._arrays: dict[Location, int] = {}

    def run(self) -> dict[Location, int]:
        table: Location = ()
        while self._word:
            if self._word == "\n":
                self._advance()
            elif self._word == "[":
                table = self._header()
            else:
                self._statement(table)
        return self._lines

    def _advance(self) -> None:
        self._word, self._line = next(self._tokens, ("", self._line))

    def _header(self) -> Location:
        line = self._line
        self._advance()
        is_array = self._word == "["
        if is_array:
            self._advance()
        parts = self._key("]")
        self._advance()
        if is_array:
            self._advance()
        place: Location = ()
        for part in parts[:-1]:
            place = self._inside((*place, part))
            self._lines.setdefault(place, line)
        place = (*place, parts[-1])
        if is_array:
            self._lines.setdefault(place, line)
            self._arrays[place] = self._arrays.get(place, -1) + 1
        place = self._inside(place)
        self._lines[place] = line
        return place

    def _inside(self, place: Location) -> Location:
        return (*place, self._arrays[place]) if place in self._arrays else place

    def _key(self, end: str) -> list[str]:
        parts = []
        while self._word and self._word != end:
            if self._word != ".":
                parts.append(_unquote(self._word))
            self._advance()
        return parts

    def _statement(self, table: Location) -> None:
        line = self._line
        place = table
        for part in self._key("="):
            place = (*place, part)
            self._lines.setdefault(place, line)
        self._advance()
        self._value(place)

    def _value(self, place: Location) -> None:
        if self._word == "{":
            self._inline_table(place)
        elif self._word == "[":
            self._array(place)
        else:
            while self._word and self._word not in ",]}\n":
                self._advance()

    def _inline_table(self, place: Location) -> None:
        self._advance()
        while self._word and self._word != "}":
            if self._word in ",\n":
                self._advance()
            else:
                self._statement(place)
        self._advance()

    def _array(self, place: Location) -> None:
        self._advance()
        index = 0
        while self._word and self._word != "]":
            if self._word in ",\n":
                self._advance()
                continue
            self._lines.setdefault((*place, index), self._line)
            self._value((*place, index))
            index += 1
        self._advance()


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token[0] != "#":
            yield token, line
        line += token.count("\n")
    yield "", line


def _unquote(token: str) -> str:
    if token[0] in "\"'":
        return next(iter(tomllib.loads(f"{token} = 0")))
    return token
