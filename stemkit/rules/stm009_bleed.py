"""STM009: one role's sound is in another role's stem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.film import Role
from stemkit.core.finding import Finding, Severity, Where
from stemkit.core.timebase import Span
from stemkit.meters.relations import Leak, Relations
from stemkit.rules._base import ChapterRule, Topic, fit_of, where_stem

_FULL_MIX_DB = -6.0
_LOUD_DB = -32.0
_CERTAIN_PEAK, _CERTAIN_WORTH = 15.0, 1.5


class Bleed(ChapterRule):
    """No role is heard in another role's stem."""

    code = "STM009"
    name = "bleed"
    topic = Topic.CONTENT
    conditions = ("bleed",)
    wants = (Need(StreamOf.ROLES, Relations),)

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield which role is in which, how loud, and where; an error where it is loud and beyond doubt."""
        relations = chapter.together.get(Relations)
        leaks = [leak for leak in relations.leaks if not leak.is_same] if relations else []
        for leak in leaks:
            loud = [one for one in leaks if one.target is leak.target and one.gain_db > _FULL_MIX_DB]
            if len(loud) >= len(Role) - 1 and leak in loud:
                continue
            is_certain = leak.peak >= _CERTAIN_PEAK and leak.explained >= _CERTAIN_WORTH and leak.gain_db >= _LOUD_DB
            for stem in chapter.of_role(leak.target):
                yield self.finding(
                    "bleed",
                    _where(leak, stem, chapter, film),
                    severity=Severity.ERROR if is_certain else Severity.WARNING,
                    observed=round(leak.gain_db, 1),
                    unit="dB",
                    confidence=0.99 if is_certain else 0.85,
                    params={
                        "source": leak.source.value,
                        "target": leak.target.value,
                        "below_db": -leak.gain_db,
                        "lag_s": leak.lag_samples / 12e3,
                        "is_inverted": leak.is_inverted,
                        "from_s": leak.start_s,
                        "to_s": leak.end_s,
                        "share_percent": round(100 * leak.share),
                    },
                )


def _where(leak: Leak, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Where:
    """Return the place in the file: the leak's times count from the picture's start."""
    place, media, rate = where_stem(stem, chapter), stem.media, film.film.frame_rate
    if media is None:
        return place
    fit = fit_of(stem, chapter, film)
    head = rate.samples_at(fit.handles.head_frames, media.sample_rate_hz) if fit and rate else 0
    start, end = (
        min(head + round(at * media.sample_rate_hz), media.length_samples) for at in (leak.start_s, leak.end_s)
    )
    return replace(place, span_in_file=Span(start, end))
