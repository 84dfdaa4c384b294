"""Roles out of file names, by words that are kept as data (``role_words.toml``).

A name is cut into words at everything that is no letter, between letters and digits, and where capitals
show a seam. Whole words come first; only where a name holds none, a long word is also found at the start or
end of a compound ("Filmmusik"). Scripts without spaces are searched from left to right, longest word first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stemkit.core.film import Role
from stemkit.core.role_words import Meaning, Vocabulary, vocabulary
from stemkit.core.words import Piece, normalised, pieces, without_suffix, without_title

_LOWER, _UPPER = "a-zß-öø-ÿа-яё", "A-ZÀ-ÖØ-ÞА-ЯЁ"
_SEAMS = (
    re.compile(rf"(?<=[{_LOWER}])(?=[{_UPPER}])|(?<=[{_UPPER}])(?=[{_UPPER}][{_LOWER}])"),
    re.compile(rf"(?<=[{_LOWER}])(?=[{_UPPER}])|(?<=[{_UPPER}]{{2}})(?=[{_LOWER}])"),
)
_LONG = 5  # letters of a word that may be part of a compound
_SURE_PARTS = ("sfx", "bgm")  # short, but part of no other word
_LONGEST_PHRASE = 5


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a file name says about its content.

    Parameters
    ----------
    roles
        All roles that the name mentions; only a name with exactly one is clear.
    is_mix
        Whether the name speaks of a sum of roles, or of a reference.
    """

    roles: frozenset[Role] = frozenset()
    is_mix: bool = False

    @property
    def role(self) -> Role | None:
        """The role, `None` where the name is not clear."""
        return next(iter(self.roles)) if len(self.roles) == 1 and not self.is_mix else None


def recognise(name: str, passing_over: Iterable[str] = ()) -> Recognition:
    """Find the roles that a file or folder name mentions.

    Parameters
    ----------
    name
        The name, without folders; the suffix of a sound file is passed over.
    passing_over
        Titles that may stand in the name and say nothing about the role, such as the film's.

    Examples
    --------
    >>> recognise("ch07_VO_v2.wav").role
    <Role.VO: 'VO'>
    >>> recognise("第三章-音乐.flac").role
    <Role.MUSIC: 'MUSIC'>
    >>> recognise("music and effects.wav").role is None
    True
    """
    written = without_suffix(normalised(name))
    for title in passing_over:
        rest = without_title(written, title)
        if rest != written and _judge(rest).roles:
            written = rest
    return _judge(written)


def _judge(written: str) -> Recognition:
    words = vocabulary()
    found: list[Meaning] = []
    negated = False
    for meaning, is_without in _meanings(_split_at_seams(list(pieces(written)), words), words):
        negated |= is_without and isinstance(meaning, Role)
        if not is_without:
            found.append(meaning)
    roles = frozenset(meaning for meaning in found if isinstance(meaning, Role))
    # "without voice" alone names what is left: a sum of the other roles.
    return Recognition(roles, "MIX" in found or (negated and not roles))


def _split_at_seams(whole: Sequence[Piece], words: Vocabulary) -> list[Piece]:
    """Cut words at their capitals, unless they are known whole."""
    parts: list[Piece] = []
    for piece in whole:
        if piece.is_plain and (piece.text,) not in words.phrases:
            options = [[Piece(part) for part in seam.split(piece.written)] for seam in _SEAMS]
            parts += max(options, key=lambda option: sum(len(p.text) for p in option if (p.text,) in words.phrases))
        else:
            parts.append(piece)
    return parts


def _meanings(parts: Sequence[Piece], words: Vocabulary) -> Iterator[tuple[Meaning, bool]]:
    """Yield what the words mean, and whether a word before or after takes it away; compounds only if all fails."""
    found: list[tuple[Meaning, bool]] = []
    at = 0
    while at < len(parts):
        length, meanings = _at(parts, at, words)
        for meaning, is_without in meanings:
            without = is_without or _is_denied(parts, at, at + length, words)
            found.append((meaning, without))
        at += length
    if not found:
        found = [(meaning, False) for piece in parts if piece.is_plain for meaning in _inside(piece.text, words)]
    yield from found


def _at(parts: Sequence[Piece], at: int, words: Vocabulary) -> tuple[int, list[tuple[Meaning, bool]]]:
    """Return how many words the longest known phrase at a place has, and what it means."""
    piece = parts[at]
    if piece.is_dense:
        return 1, list(_dense(piece.text, words))
    if not piece.is_plain:
        return 1, []
    if piece.written in words.upper and at in (0, len(parts) - 1):
        return 1, [(words.upper[piece.written], False)]
    for length in range(_LONGEST_PHRASE, 0, -1):
        run = parts[at : at + length]
        phrase = tuple(part.text for part in run)
        if len(run) == length and phrase in words.phrases:
            return length, [(words.phrases[phrase], False)]
    return 1, []


def _is_denied(parts: Sequence[Piece], start: int, end: int, words: Vocabulary) -> bool:
    before = parts[start - 1].text if start > 0 else ""
    two_before = f"{parts[start - 2].text} {before}" if start > 1 else ""
    after = parts[end].text if end < len(parts) else ""
    return before in words.before or two_before in words.before or after in words.after


def _dense(text: str, words: Vocabulary) -> Iterator[tuple[Meaning, bool]]:
    """Yield the words in a run of a script without spaces, and whether each is taken away."""
    if text in words.alone:
        yield words.alone[text], False
    at = 0
    while at < len(text):
        word = next(
            (text[at : at + n] for n in range(words.longest_dense, 0, -1) if text[at : at + n] in words.dense), ""
        )
        if word:
            end = at + len(word)
            is_without = text[:at].endswith(words.joined_before) or text[end:].startswith(words.joined_after)
            yield words.dense[word], is_without
        at += len(word) or 1


def _inside(text: str, words: Vocabulary) -> set[Meaning]:
    """Return what the long words at the start and the end of a compound mean."""
    found: set[Meaning] = set()
    for parts, meaning in words.phrases.items():
        word = parts[0]
        is_telling = len(parts) == 1 and (len(word) >= _LONG or word in _SURE_PARTS) and word != text
        if is_telling and (text.startswith(word) or text.endswith(word)):
            found.add(meaning)
    return found
