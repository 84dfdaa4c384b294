"""MIX003: a crossfade had no handles, or fewer than it asked for, or words stood where it was to be."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Finding, Severity, Where
from stemkit.core.mix_facts import JoinFacts
from stemkit.core.timebase import Span
from stemkit.rules._base import FilmRule, Topic


class DegradedCrossfade(FilmRule):
    """Crossfades are rendered as long as they were asked for."""

    code = "MIX003"
    name = "degraded_crossfade"
    topic = Topic.PRINT
    conditions = ("degraded", "shortened", "voice_moved", "voice_shortened")
    severity = Severity.WARNING

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield the joins that are not what was asked for."""
        rate_hz = film.profile.format.sample_rate_hz
        for join in film.joins:
            if join.voice is not None:
                yield self._of_voice(join, rate_hz)
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

    def _of_voice(self, join: JoinFacts, rate_hz: int) -> Finding:
        voice = join.voice
        sides = [side for side in (voice.fade_out, voice.fade_in) if side is not None] if voice else []
        asked = join.asked_before_samples + join.asked_after_samples
        return self.finding(
            "voice_moved" if voice and voice.how == "moved" else "voice_shortened",
            Where(chapter=join.after, role=join.role),
            severity=Severity.INFO,
            observed=min(side.length for side in sides),
            expected=asked,
            unit="samples",
            params={
                "after": join.after,
                "role": join.role.value,
                "made_s": min(side.length for side in sides) / rate_hz,
                "asked_s": asked / rate_hz,
                "by_s": max(_distance(side, join) for side in sides) / rate_hz,
            },
        )


def _distance(side: Span, join: JoinFacts) -> int:
    """Return by how much the middle of a fade is off that of the one that was asked for."""
    middle = join.at_samples + (join.asked_after_samples - join.asked_before_samples) / 2.0
    return round(abs((side.start + side.end) / 2.0 - middle))
