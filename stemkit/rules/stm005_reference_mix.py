"""STM005: the stems do not make the reference mix: one is late, at another level, or something else is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.core.timebase import Span
from stemkit.meters.reference import ReferenceFit, StemPart
from stemkit.rules._base import ChapterRule, Topic, where_chapter, where_stem

_LATE_S = 0.001
_LEVEL_DB = 0.5
_RESIDUAL_DB = -30.0


class ReferenceMix(ChapterRule):
    """Where a reference mix is given, the stems add up to it."""

    code = "STM005"
    name = "reference_mix"
    topic = Topic.CONTENT
    conditions = ("offset", "lag", "level", "residual", "not_in_it", "skip_not_compared")
    severity = Severity.WARNING
    wants = (Need(StreamOf.ROLES, ReferenceFit),)

    def check(self, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield stems that are in the mix at another time or level, and what the stems do not explain."""
        fit = chapter.together.get(ReferenceFit)
        if fit is None:
            return
        where = replace(where_chapter(chapter), path=chapter.chapter.reference_mix)
        if fit.reason is not None or fit.residual_db is None:
            yield self.skip("skip_not_compared", where, {"reason": fit.reason or "there is nothing to compare"})
            return
        lags = [part.lag_s for part in fit.parts if part.lag_s is not None]
        shift = median(lags) if len(lags) > 1 else 0.0
        if abs(shift) > _LATE_S:
            yield self.finding("offset", where, observed=round(shift, 4), expected=0, unit="s", params={"lag_s": shift})
        for part in fit.parts:
            yield from self._part(part, shift if abs(shift) > _LATE_S else 0.0, chapter)
        if fit.residual_db > _RESIDUAL_DB:
            start = round((fit.worst_s or 0.0) * film.profile.format.sample_rate_hz)
            worst = replace(where, span_in_file=Span(start, start + film.profile.format.sample_rate_hz))
            params = {"residual_db": fit.residual_db, "worst_s": fit.worst_s, "worst_db": fit.worst_db}
            yield self.finding(
                "residual",
                worst if fit.worst_s is not None else where,
                severity=Severity.ERROR,
                observed=round(fit.residual_db, 1),
                expected=_RESIDUAL_DB,
                unit="dB",
                confidence=0.95,
                params=params,
            )

    def _part(self, part: StemPart, shift: float, chapter: ChapterFacts) -> Iterator[Finding]:
        for stem in chapter.of_role(part.role)[:1]:
            where, params = where_stem(stem, chapter), {"role": part.role.value}
            if part.gain_db is None or part.lag_s is None:
                if part.role not in chapter.chapter.intentionally_silent:
                    yield self.finding("not_in_it", where, confidence=0.8, params=params)
                continue
            lag = part.lag_s - shift
            if abs(lag) > _LATE_S:
                yield self.finding(
                    "lag",
                    where,
                    severity=Severity.ERROR,
                    observed=round(lag, 4),
                    expected=0,
                    unit="s",
                    confidence=0.95,
                    params={**params, "lag_s": lag, "way": "early" if lag > 0.0 else "late"},
                )
            if abs(part.gain_db) > _LEVEL_DB:
                way = "quieter" if part.gain_db > 0.0 else "louder"
                yield self.finding(
                    "level",
                    where,
                    observed=round(-part.gain_db, 1),
                    expected=0,
                    unit="dB",
                    confidence=0.9,
                    params={**params, "by_db": abs(part.gain_db), "way": way},
                )
