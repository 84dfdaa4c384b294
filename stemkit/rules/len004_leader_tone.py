"""LEN004: pops, tones and leaders in a stem are not as the profile asks: left in, missing, or in the wrong place."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity, Where
from stemkit.core.profile_figures import HeadTailRule
from stemkit.meters.opening_words import OpeningWords
from stemkit.meters.tones import Tone, Tones
from stemkit.rules._base import StemRule, Topic, fit_of, where_span, where_stem
from stemkit.rules._slates import spoken_slate

_POP_FROM_PICTURE_S = 2.0
_TOLERANCE_S = 0.042  # a frame: a pop's place is known to some milliseconds


class LeaderTone(StemRule):
    """Chapters hold film sound only, unless the profile wants a pop or a leader: pops and tones belong to leaders."""

    code = "LEN004"
    name = "leader_tone"
    topic = Topic.LENGTH
    conditions = ("pop", "line_up", "no_pop", "misplaced_pop", "no_leader", "skip_no_picture")
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, Tones),)
    wants = (Need(StreamOf.STEM, OpeningWords),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield leader tones near the ends of a stem, unless the profile wants them, and wanted ones that are missing.

        What a profile forbids in prints is forbidden in what prints are made of; what it wants of prints it does not
        want of stems.
        """
        measured = stem.measured.get(Tones)
        assert measured is not None
        rules = [
            one for one in film.profile.head_tail if one.of == "print" or one.holds_for("stem", role=stem.stem.role)
        ]
        wants_pop = next((one for one in rules if one.of == "stem" and one.two_pop == "required"), None)
        wants_leader = next((one for one in rules if one.of == "stem" and one.leader == "required"), None)
        for tone in measured.tones:
            if not (tone.at_head and wants_leader is not None) and not (tone.is_pop and wants_pop is not None):
                yield self._left_in(tone, stem, chapter, rules)
        has_leader = any(tone.at_head for tone in measured.tones) or spoken_slate(stem, chapter, film) is not None
        if wants_leader is not None and not has_leader:
            where = where_stem(stem, chapter)
            yield self.finding("no_leader", where, severity=wants_leader.severity, confidence=0.6)
        if wants_pop is not None:
            pops = [tone for tone in measured.tones if tone.is_pop and tone.at_head]
            yield from self._judge_pop(pops, wants_pop, stem, chapter, film)

    def _left_in(self, tone: Tone, stem: StemFacts, chapter: ChapterFacts, rules: list[HeadTailRule]) -> Finding:
        end = "beginning" if tone.at_head else "end"
        forbids = [one for one in rules if (one.two_pop if tone.is_pop else one.leader) == "forbidden"]
        return self.finding(
            "pop" if tone.is_pop else "line_up",
            _where(tone, stem, chapter),
            severity=min((one.severity for one in forbids), key=list(Severity).index, default=None),
            observed=round(tone.level_dbfs, 1),
            unit="dBFS",
            confidence=0.9 if tone.is_pop else 0.95,
            params={"at_s": tone.start_s, "length_s": tone.end_s - tone.start_s, "end": end},
        )

    def _judge_pop(
        self, pops: list[Tone], rule: HeadTailRule, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts
    ) -> Iterator[Finding]:
        fit, rate, where = fit_of(stem, chapter, film), film.film.frame_rate, where_stem(stem, chapter)
        if not pops:
            yield self.finding("no_pop", where, severity=rule.severity, confidence=0.9)
        elif fit is None or rate is None:
            yield self.skip("skip_no_picture", where)
        else:
            due_s = float(fit.handles.head_frames / rate.fps) - _POP_FROM_PICTURE_S
            nearest = min(pops, key=lambda pop: abs(pop.start_s - due_s))
            if abs(nearest.start_s - due_s) > _TOLERANCE_S:
                place = _where(nearest, stem, chapter)
                params = {"at_s": nearest.start_s, "due_s": due_s, "by_s": abs(nearest.start_s - due_s)}
                yield self.finding("misplaced_pop", place, severity=rule.severity, confidence=0.9, params=params)


def _where(tone: Tone, stem: StemFacts, chapter: ChapterFacts) -> Where:
    assert stem.media is not None
    rate, length = stem.media.sample_rate_hz, stem.media.length_samples
    start, end = (min(round(at * rate), length) for at in (tone.start_s, tone.end_s))
    return where_span(stem, chapter, start, end)
