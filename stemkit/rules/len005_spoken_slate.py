"""LEN005: somebody speaks before the picture begins, where the profile forbids leaders and slates."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity
from stemkit.meters.opening_words import OpeningWords
from stemkit.rules._base import StemRule, Topic, where_span, where_stem
from stemkit.rules._slates import picture_start_s, spoken_slate


class SpokenSlate(StemRule):
    """Where the profile forbids leaders, nobody speaks in the head of a voice stem and then waits for the picture."""

    code = "LEN005"
    name = "spoken_slate"
    topic = Topic.LENGTH
    conditions = ("possible_slate", "skip_no_picture")
    severity = Severity.WARNING
    needs = (Need(StreamOf.STEM, OpeningWords),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield speech that is over before the picture begins; what is forbidden in prints is in what makes them."""
        forbids = [
            rule
            for rule in film.profile.head_tail
            if rule.leader == "forbidden" and (rule.of == "print" or rule.holds_for("stem", role=stem.stem.role))
        ]
        if not forbids or stem.stem.role is not Role.VO or stem.media is None:
            return
        picture_s = picture_start_s(stem, chapter, film)
        slate = spoken_slate(stem, chapter, film)
        if picture_s is None:
            yield self.skip("skip_no_picture", where_stem(stem, chapter))
        elif slate is not None:
            start, end = (round(at * stem.media.sample_rate_hz) for at in slate)
            yield self.finding(
                "possible_slate",
                where_span(stem, chapter, start, end),
                severity=min((rule.severity for rule in forbids), key=list(Severity).index),
                observed=round(slate[1] - slate[0], 2),
                unit="s",
                confidence=0.5,
                params={"at_s": slate[0], "picture_s": picture_s, "profile": film.profile.name},
            )
