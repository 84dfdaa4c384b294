"""STM005: the stems do not make the reference mix: one is late, at another level, or something else is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StreamOf
from stemkit.core.finding import Finding, Severity, Value, Where
from stemkit.core.timebase import Span
from stemkit.meters.reference import ReferenceFit, StemPart
from stemkit.rules._base import ChapterRule, Topic, where_chapter, where_stem
from stemkit.rules._reference_parts import LATE_S, LEVEL_DB, PART_CONDITIONS, common, faults_of

_RESIDUAL_DB = -30.0


class ReferenceMix(ChapterRule):
    """Where a reference mix is given, the stems add up to it."""

    code = "STM005"
    name = "reference_mix"
    topic = Topic.CONTENT
    conditions = ("offset", "mix_level", "residual", "skip_not_compared", *PART_CONDITIONS)
    severity = Severity.WARNING
    fix = "unsafe"
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
        shift = common([part.lag_s for part in fit.parts], LATE_S)
        if shift:
            yield self.finding("offset", where, observed=round(shift, 4), expected=0, unit="s", params={"lag_s": shift})
        gain = common([part.gain_db for part in fit.parts], LEVEL_DB)
        if gain:
            params: dict[str, Value] = {"by_db": abs(gain), "way": "louder" if gain > 0.0 else "quieter"}
            severity, observed = Severity.INFO, round(gain, 1)
            yield self.finding(
                "mix_level", where, severity=severity, observed=observed, expected=0, unit="dB", params=params
            )
        for part in fit.parts:
            yield from self._part(part, shift, gain, chapter)
        if fit.residual_db > _RESIDUAL_DB and not any(part.drift for part in fit.parts):
            yield self._residual(fit, fit.residual_db, where, film.profile.format.sample_rate_hz)

    def _part(self, part: StemPart, shift: float, gain: float, chapter: ChapterFacts) -> Iterator[Finding]:
        for stem in chapter.of_role(part.role)[:1]:
            for fault in faults_of(part, shift, gain):
                if fault.condition == "not_in_it" and part.role in chapter.chapter.intentionally_silent:
                    continue
                yield self.finding(
                    fault.condition,
                    where_stem(stem, chapter),
                    severity=fault.severity,
                    observed=fault.observed,
                    expected=None if fault.observed is None else 0,
                    unit=fault.unit,
                    confidence=fault.confidence,
                    fixes=fault.fixes,
                    params={"role": part.role.value, **fault.params},
                )

    def _residual(self, fit: ReferenceFit, residual_db: float, where: Where, rate_hz: int) -> Finding:
        start = round((fit.worst_s or 0.0) * rate_hz)
        return self.finding(
            "residual",
            replace(where, span_in_file=Span(start, start + rate_hz)) if fit.worst_s is not None else where,
            severity=Severity.ERROR,
            observed=round(residual_db, 1),
            expected=_RESIDUAL_DB,
            unit="dB",
            confidence=0.95,
            params={"residual_db": residual_db, "worst_s": fit.worst_s, "worst_db": fit.worst_db},
        )
