"""PEK001: the true peak is above the profile's limit."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Finding, Where
from stemkit.core.profile import TruePeakLimit
from stemkit.meters.true_peak import TruePeak
from stemkit.rules._base import FilmRule, Sound, Topic, sounds_of
from stemkit.rules._limits import gap_of, limits_for, needs_on_all


class MaxTruePeak(FilmRule):
    """Stems, chapters and prints keep the profile's largest true peak."""

    code = "PEK001"
    name = "true_peak"
    topic = Topic.LEVEL
    conditions = ("stem", "chapter", "print", "unflagged", "skip_no_limit", "skip_not_published", "skip_no_sum")
    wants = needs_on_all(TruePeak)

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield the peaks above the limit of their kind of sound."""
        if gap := gap_of(film, "true_peak"):
            yield self.skip("skip_not_published", Where(), gap)
        elif not film.profile.true_peak:
            yield self.skip("skip_no_limit", Where(), {"profile": film.profile.name})
        for sound in sounds_of(film):
            limit = next(limits_for(sound, film.profile.true_peak), None)
            if limit is not None and sound.reason is not None:
                yield self.skip("skip_no_sum", sound.where, {"reason": sound.reason})
            elif limit is not None:
                yield from self._judge(limit, sound)

    def _judge(self, limit: TruePeakLimit, sound: Sound) -> Iterator[Finding]:
        peak = sound.measured.get(TruePeak)
        if peak is None or peak.max_dbtp is None:
            return
        observed = round(peak.max_dbtp, 2)
        if observed <= limit.max_dbtp:
            return
        at, flag = peak.at_samples, limit.flag_dbtp
        is_flagged = flag is None or observed > flag
        yield self.finding(
            sound.of if is_flagged else "unflagged",
            sound.at(at),
            severity=limit.severity if is_flagged else limit.flag_severity or limit.severity,
            observed=observed,
            expected=limit.max_dbtp,
            unit="dBTP",
            params={
                "by_db": round(observed - limit.max_dbtp, 2),
                "at_s": None if at is None else at / sound.sample_rate_hz,
                "channel": peak.channel,
                "what": sound.label,
                "flag_dbtp": flag,
                "grade": limit.grade,
            },
        )
