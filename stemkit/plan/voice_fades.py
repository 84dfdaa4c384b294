"""Fades of voices that leave words whole: they move into the nearest pause inside the handle, or shorten.

The two sides of a join move on their own, and nothing but their fades moves: sync stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from stemkit.core.film import FadeLaw, Role
from stemkit.core.mix_facts import JoinFacts, VoiceFades
from stemkit.core.timebase import Span
from stemkit.plan.timeline import DEGRADED_FADE_MS, Fade, Line, Placement, Timeline

Words = Mapping[Path, Sequence[Span]]
Side = tuple[Span, bool] | None
_FAR = 1 << 62


def with_whole_words(timeline: Timeline, words: Words) -> Timeline:
    """Return a timeline in which no fade of a voice crosses a word.

    Parameters
    ----------
    words
        Of each voice stem, by the path of its file, in samples of that file.
    """
    lines, joins = timeline.lines.get(Role.VO, ()), list(timeline.joins)
    following = dict(pairwise(timeline.chapters))
    for at, join in enumerate(joins):
        if join.role is Role.VO and not join.degraded and join.before_samples + join.after_samples:
            entering = following[join.after]
            out, into = _out(timeline, lines, join, words, entering), _into(timeline, lines, join, words, entering)
            joins[at] = _told(join, out, into)
            if joins[at] is not join:
                law = joins[at].law
                lines = tuple(_moved(line, join.after, entering, out, into, law) for line in lines)
    return replace(timeline, lines={**timeline.lines, Role.VO: lines}, joins=tuple(joins))


def whole_words(fade: Span, cut: int, words: Sequence[Span], last: int, shortest: int) -> tuple[Span, bool]:
    """Return where a fade out may be, and whether it is as long as it was asked for.

    Parameters
    ----------
    fade
        As asked for.
    words
        In order; those that begin before the cut belong to the picture and are heard to their end, those after it
        are not wanted.
    last
        Where the handle ends.
    shortest
        Length of a fade that only keeps a cut from clicking.
    """
    spoken = max((word.end for word in words if word.start < cut), default=-_FAR)
    earliest = max(fade.start, spoken)
    limit = min(last, min((word.start for word in words if word.start >= max(cut, spoken)), default=_FAR))
    if earliest == fade.start and limit >= fade.end:
        return fade, True
    if limit - spoken < shortest:
        # The word goes on beyond the handle: it ends with the picture, as it was cut.
        end = min(last, cut + shortest)
        return Span(end - shortest, end), fade.length <= shortest
    if spoken > fade.start:
        return Span(spoken, min(spoken + fade.length, limit)), spoken + fade.length <= limit
    start = max(spoken, limit - fade.length)
    return Span(start, limit), limit - start == fade.length


def _out(timeline: Timeline, lines: Sequence[Line], join: JoinFacts, words: Words, entering: int) -> Side:
    """Return where the chapter before the cut fades; `None` where it has no voice."""
    placements = [each for line in lines for each in line if each.chapter == join.after and each.fade_out is not None]
    if not placements or placements[0].fade_out is None:
        return None
    # At most half of the next chapter: it has a cut of its own.
    last = join.at_samples + timeline.chapters[entering].length // 2
    held = min(each.source.length_samples + _shift(each) for each in placements)
    heard = _in_film(placements, words)
    return whole_words(placements[0].fade_out.span, join.at_samples, heard, min(last, held), _shortest(timeline))


def _into(timeline: Timeline, lines: Sequence[Line], join: JoinFacts, words: Words, entering: int) -> Side:
    """Return where the chapter after the cut fades in: a fade out, seen backwards."""
    placements = [each for line in lines for each in line if each.chapter == entering and each.fade_in is not None]
    if not placements or placements[0].fade_in is None:
        return None
    first = join.at_samples - timeline.chapters[join.after].length // 2
    held = max(_shift(each) for each in placements)
    heard = [_mirrored(word) for word in reversed(_in_film(placements, words))]
    asked = _mirrored(placements[0].fade_in.span)
    span, is_whole = whole_words(asked, -join.at_samples, heard, -max(first, held), _shortest(timeline))
    return _mirrored(span), is_whole


def _shortest(timeline: Timeline) -> int:
    return timeline.sample_rate_hz * DEGRADED_FADE_MS // 1000


def _shift(placement: Placement) -> int:
    return placement.start_in_film - placement.span_in_file.start


def _in_film(placements: Sequence[Placement], words: Words) -> list[Span]:
    found = sorted(word.shift(_shift(each)) for each in placements for word in words.get(each.source.path, ()))
    merged: list[Span] = []
    for word in found:
        if merged and word.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, word.end))
        else:
            merged.append(word)
    return merged


def _mirrored(span: Span) -> Span:
    return Span(-span.end, -span.start)


def _told(join: JoinFacts, out: Side, into: Side) -> JoinFacts:
    asked = Span(join.at_samples - join.before_samples, join.at_samples + join.after_samples)
    sides = [side for side in (out, into) if side is not None]
    if all(span == asked for span, _ in sides):
        return join
    is_whole = all(whole for _, whole in sides)
    return replace(
        join,
        before_samples=max(0, join.at_samples - min(span.start for span, _ in sides)),
        after_samples=max(0, max(span.end for span, _ in sides) - join.at_samples),
        law="equal-power" if join.law == "auto" else join.law,
        voice=VoiceFades("moved" if is_whole else "shortened", out and out[0], into and into[0]),
    )


def _moved(line: Line, after: int, entering: int, out: Side, into: Side, law: FadeLaw) -> Line:
    def moved(each: Placement) -> Placement:
        if each.chapter == after and out is not None and each.fade_out is not None:
            return _cut(replace(each, fade_out=Fade(out[0], law)), each.start_in_film, out[0].end)
        if each.chapter == entering and into is not None and each.fade_in is not None:
            return _cut(replace(each, fade_in=Fade(into[0], law)), into[0].start, each.span_in_film.end)
        return each

    return tuple(moved(each) for each in line)


def _cut(placement: Placement, start: int, end: int) -> Placement:
    """Return a placement that sounds from one place of the film to another, as far as its file holds that."""
    shift = _shift(placement)
    first, last = max(0, start - shift), min(placement.source.length_samples, end - shift)
    return replace(placement, span_in_file=Span(first, max(first, last)), start_in_film=first + shift)
