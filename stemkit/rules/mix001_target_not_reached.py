"""MIX001: the film could not be brought to its level by one constant gain."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Finding, Severity, Where
from stemkit.core.positions import timecode_of
from stemkit.core.timebase import Span
from stemkit.rules._base import FilmRule, Topic


class TargetNotReached(FilmRule):
    """One constant gain brings the film to its target; where a peak forbids it, this says which."""

    code = "MIX001"
    name = "target_not_reached"
    topic = Topic.PRINT
    conditions = ("true_peak", "full_scale", "no_level")
    severity = Severity.WARNING

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield wanted and allowed gain, and where the peak is that decides."""
        level = film.level
        if level is None or level.target_lufs is None:
            return
        if level.wanted_gain_db is None:
            params = {"reason": level.reason}
            yield self.finding("no_level", Where(), expected=level.target_lufs, unit="LUFS", params=params)
            return
        if level.limited_by is None or level.reachable_lufs is None:
            return
        at, rate_hz = level.peak_at_samples, film.profile.format.sample_rate_hz
        frame_rate, limiter = film.film.frame_rate, level.limiter
        frame = frame_rate.frame_at(at, rate_hz) if frame_rate and at is not None else None
        yield self.finding(
            level.limited_by,
            Where(print=level.limiting_print, span_in_file=None if at is None else Span(at, at + 1)),
            severity=level.missed or self.severity,
            observed=round(level.reachable_lufs, 2),
            expected=level.target_lufs,
            unit="LUFS",
            params={
                "wanted_gain_db": level.wanted_gain_db,
                "allowed_gain_db": level.allowed_gain_db,
                "applied_gain_db": level.applied_gain_db,
                "limiter_db": limiter.deepest_db if limiter else level.wanted_gain_db - level.applied_gain_db,
                "limiter_s": limiter.seconds if limiter else None,
                "shortfall_lu": level.target_lufs - level.reachable_lufs,
                "print": level.limiting_print,
                "limit_dbtp": level.limit_dbtp,
                "peak_at": timecode_of(film.film, frame),
                "peak_at_s": None if at is None else at / rate_hz,
            },
        )
