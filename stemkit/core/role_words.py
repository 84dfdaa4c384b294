"""The words by which roles are recognised, ready to be looked up."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from stemkit.core.film import Role
from stemkit.core.words import caseless, folded, is_dense

Meaning = Role | Literal["MIX", "NEITHER"]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every spelling of every word, and what it means.

    Parameters
    ----------
    phrases
        Words and phrases of scripts with spaces, as tuples of words in lower case.
    dense
        Words of scripts without spaces.
    alone, upper
        Words that must stand alone, or in capitals.
    before, after, joined_before, joined_after
        Words that take away what follows or precedes them.
    """

    phrases: dict[tuple[str, ...], Meaning] = field(default_factory=dict)
    dense: dict[str, Meaning] = field(default_factory=dict)
    alone: dict[str, Meaning] = field(default_factory=dict)
    upper: dict[str, Meaning] = field(default_factory=dict)
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    joined_before: tuple[str, ...] = ()
    joined_after: tuple[str, ...] = ()

    @property
    def longest_dense(self) -> int:
        """Length of the longest word of a script without spaces."""
        return max(map(len, self.dense))

    def learn(self, line: str, word: str, meaning: Meaning) -> None:
        """Take in a word of a line of the data."""
        if line == "alone":
            self.alone[word] = meaning
        elif line == "upper":
            self.upper[word] = meaning
        elif is_dense(word):
            self.dense[word] = meaning
        else:
            for spelling in (caseless(word), folded(word)):
                parts = tuple(spelling.split())
                self.phrases[parts] = meaning
                if len("".join(parts)) > 3:  # "v o" must not make a word of "vo" in any other line
                    self.phrases.setdefault(("".join(parts),), meaning)


def _meaning(section: str) -> Meaning:
    match section:
        case "MIX":
            return "MIX"
        case "NEITHER":
            return "NEITHER"
    return Role(section)


@cache
def vocabulary() -> Vocabulary:
    """Return the words of the data file; read once."""
    text = files("stemkit.core").joinpath("role_words.toml").read_text("utf-8")
    data = tomllib.loads(unicodedata.normalize("NFKC", text))
    without = data.pop("WITHOUT")
    words = Vocabulary(
        before=frozenset(without["before"]),
        after=frozenset(without["after"]),
        joined_before=tuple(without["joined_before"]),
        joined_after=tuple(without["joined_after"]),
    )
    for section, lines in data.items():
        meaning = _meaning(section)
        for line, entries in lines.items():
            for word in entries:
                words.learn(line, word, meaning)
    return words
