"""MIX003: a crossfade had no handles, or fewer than it asked for."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Finding, Severity, Where
from stemkit.rules._base import FilmRule, Topic


class DegradedCrossfade(FilmRule):
    """Crossfades are rendered as long as they were asked for."""

    code = "MIX003"
    name = "degraded_crossfade"
    topic = Topic.PRINT
    conditions = ("degraded", "shortened")
    severity = Severity.WARNING

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield the joins that are not what was asked for."""
        rate_hz = film.profile.format.sample_rate_hz
        for join in film.joins:
            if not (join.degraded or join.shortened):
                continue
            made = join.before_samples + join.after_samples
            asked = join.asked_before_samples + join.asked_after_samples
            yield self.finding(
                "degraded" if join.degraded else "shortened",
                Where(chapter=join.after, role=join.role),
                observed=made,
                expected=asked,
                unit="samples",
                params={
                    "after": join.after,
                    "role": join.role.value,
                    "made_s": made / rate_hz,
                    "asked_s": asked / rate_hz,
                },
            )
