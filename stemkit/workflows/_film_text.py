"""The text of a new film file, with every doubt as a comment where it belongs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stemkit.core.facts import Delivery
from stemkit.core.film import Film
from stemkit.core.names import display_name
from stemkit.intake.chapter_list import ChapterList, ListedChapter

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_RATE_REASONS = {
    "option": "as asked for",
    "column": "as the chapter list says",
    "chain": "at this rate the list's start timecodes and lengths chain exactly",
    "default": "DOUBT: nothing says the frame rate; check it against the picture",
}
_HEAD = """\
# The film, as 'stemkit init' found it. Lines with DOUBT want a look; then run 'stemkit check'.
# 'stemkit init --schema' prints a schema with which an editor completes and checks this file.
"""
_FADES = """\
# How long each role crosses a cut, half before and half after it; without these, cuts are straight.
# crossfade.VO = "0s"
# crossfade.SFX = "0.5s"
# crossfade.MUSIC = "1s"
"""
Handles = tuple[str, str]


def toml_string(text: str) -> str:
    r"""Return a text as a TOML string.

    Examples
    --------
    >>> toml_string('a "b"\n')
    '"a \\"b\\"\\n"'
    """
    return '"' + "".join(_ESCAPES.get(mark) or _printable(mark) for mark in text) + '"'


def _printable(mark: str) -> str:
    return mark if ord(mark) >= 0x20 and ord(mark) != 0x7F else f"\\u{ord(mark):04x}"


def film_text(
    film: Film, listed: ChapterList, deliveries: Sequence[Delivery], doubts: Iterable[tuple[int | None, str]]
) -> str:
    """Return the text of a film file.

    Parameters
    ----------
    film
        Title, folder and profile.
    listed
        Chapters, rate and times as written in the list.
    deliveries
        Where each chapter's sound was found, in the order of the list.
    doubts
        Sentences by chapter number, `None` for the film.
    """
    said: dict[int | None, list[str]] = {}
    for number, sentence in doubts:
        said.setdefault(number, []).append(sentence)
    handles = _common_handles(listed.chapters)
    lines = [_HEAD, "[film]", f"title = {toml_string(film.title)}", f"profile = {toml_string(film.profile)}"]
    lines.append(f'frame_rate = "{listed.rate}"  # {_RATE_REASONS[listed.rate_reason]}')
    if listed.start is not None:
        lines.append(f"start_timecode = {toml_string(listed.start.text)}")
    lines += [_comment(sentence) for sentence in said.get(None, ())]
    lines += ["", "[defaults]"]
    lines.append(_handles_line(handles) if handles else "# handles = { head = ..., tail = ... }: as the profile says")
    lines.append(_FADES)
    for chapter, delivery in zip(listed.chapters, deliveries, strict=True):
        lines += _chapter_lines(film, chapter, delivery, handles)
        lines += [_comment(sentence) for sentence in said.get(chapter.number, ())]
        lines.append("")
    return "\n".join(lines)


def chapter_text(film: Film, chapter: ListedChapter, delivery: Delivery, doubts: Iterable[str]) -> str:
    """Return the text of one chapter, for a film file that is there already."""
    return "\n".join([*_chapter_lines(film, chapter, delivery, None), *map(_comment, doubts), ""])


def _comment(sentence: str) -> str:
    return f"# DOUBT: {display_name(sentence)}"


def _chapter_lines(film: Film, chapter: ListedChapter, delivery: Delivery, common: Handles | None) -> Iterator[str]:
    yield "[[chapter]]"
    yield f"number = {chapter.number}"
    if chapter.title:
        yield f"title = {toml_string(chapter.title)}"
    if chapter.creator:
        yield f"creator = {toml_string(chapter.creator)}"
    if chapter.length is not None:
        yield f"length = {toml_string(chapter.length.text)}"
    handles = _handles_of(chapter)
    if handles is not None and handles != common:
        yield _handles_line(handles)
    if delivery.chapter.given:
        yield from _stem_lines(film, delivery)
    elif delivery.chapter.folder is not None:
        yield f"folder = {toml_string(relative(delivery.chapter.folder, film.base))}"


def _stem_lines(film: Film, delivery: Delivery) -> Iterator[str]:
    for stem in delivery.stems:
        names = [toml_string(relative(path, film.base)) for path in stem.parts or (stem.path,)]
        written = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        yield f"stems.{stem.role.value} = {written}"


def relative(path: Path, base: Path) -> str:
    """Return a path as it is written in a film file: from its folder, with slashes."""
    return path.relative_to(base).as_posix()


def _handles_of(chapter: ListedChapter) -> Handles | None:
    if chapter.head is None and chapter.tail is None:
        return None
    return (chapter.head.text if chapter.head else "0f", chapter.tail.text if chapter.tail else "0f")


def _common_handles(chapters: Iterable[ListedChapter]) -> Handles | None:
    """Return the handles that most chapters have in the list."""
    counts: Mapping[Handles, int] = Counter(found for chapter in chapters if (found := _handles_of(chapter)))
    best = max(counts, key=lambda handles: counts[handles], default=None)
    return best if best is not None and (counts[best] > 1 or len(counts) == 1) else None


def _handles_line(handles: Handles) -> str:
    return f"handles = {{ head = {toml_string(handles[0])}, tail = {toml_string(handles[1])} }}"
