"""LEN002: the sound beyond the picture that was asked for, or that a crossfade needs, is not there."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.film import Crossfade, Film, Handles, Role
from stemkit.core.finding import Finding, Severity
from stemkit.core.lengths import LengthKind
from stemkit.rules._base import StemRule, Topic, fit_of, where_stem


class ShortHandles(StemRule):
    """Stems hold the handles that were asked for, and enough for the crossfades at their cuts."""

    code = "LEN002"
    name = "handles"
    topic = Topic.LENGTH
    conditions = ("missing", "short_for_crossfade", "skip_no_picture")
    severity = Severity.WARNING

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield handles that are missing, or else shorter than the crossfade at a cut needs."""
        where, fit = where_stem(stem, chapter), fit_of(stem, chapter, film)
        if fit is None:
            yield self.skip("skip_no_picture", where)
            return
        if not fit.is_right:
            return
        asked = chapter.chapter.handles
        head, tail = _needed_half_frames(film.film, chapter.chapter.number, stem.stem.role)
        needs = {"head_needed_frames": head / 2, "tail_needed_frames": tail / 2}
        held = {"head_frames": fit.handles.head_frames, "tail_frames": fit.handles.tail_frames}
        asked_for = {"head_asked_frames": asked.head_frames, "tail_asked_frames": asked.tail_frames}
        params = {**held, **needs, **asked_for}
        if fit.kind is LengthKind.PICTURE_ONLY and asked != Handles():
            severity = Severity.ERROR if film.profile.handles.required else Severity.WARNING
            expected = asked.head_frames + asked.tail_frames
            yield self.finding(
                "missing", where, severity=severity, observed=0, expected=expected, unit="frames", params=params
            )
        elif 2 * fit.handles.head_frames < head or 2 * fit.handles.tail_frames < tail:
            yield self.finding(
                "short_for_crossfade",
                where,
                observed=min(fit.handles.head_frames - head / 2, fit.handles.tail_frames - tail / 2),
                expected=0,
                unit="frames",
                params=params,
            )


def _needed_half_frames(film: Film, number: int, role: Role) -> tuple[int, int]:
    """Return how far beyond the picture the crossfades at a chapter's two cuts reach, in half frames."""
    numbers = [chapter.number for chapter in film.chapters]
    index, straight = numbers.index(number), Crossfade()
    entering = film.crossfade_after(numbers[index - 1], role) if index > 0 else straight
    leaving = film.crossfade_after(number, role) if index + 1 < len(numbers) else straight
    return entering.before_half_frames, leaving.after_half_frames
