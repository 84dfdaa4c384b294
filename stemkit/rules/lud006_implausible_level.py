"""LUD006: a stem is far louder or quieter than one of its role plausibly is."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import ChapterFacts, FilmFacts, Need, StemFacts, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.core.profile_figures import PlausibleLevel
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import StemRule, Topic, where_stem

_SURE_LU = 10.0


class ImplausibleLevel(StemRule):
    """The level of a stem is one that its role may have; where not, somebody is asked, and nothing is changed."""

    code = "LUD006"
    name = "implausible_level"
    topic = Topic.LEVEL
    severity = Severity.WARNING
    conditions = ("far_too_loud", "far_too_quiet")
    needs = (Need(StreamOf.STEM, Loudness),)
    wants = (Need(StreamOf.CONFORMED, Loudness),)

    def check(self, stem: StemFacts, chapter: ChapterFacts, film: FilmFacts) -> Iterator[Finding]:
        """Yield levels that look like a wrong gain; silence is for STM003, and may be meant."""
        role = stem.stem.role
        plausible = next((one for one in film.profile.plausible if one.role is role), None)
        loudness = stem.conformed.get(Loudness) or stem.measured.get(Loudness)
        assert loudness is not None
        level = loudness.programme_lufs
        if plausible is None or level is None or role in chapter.chapter.intentionally_silent:
            return
        over, under = level - plausible.loudest_lufs, plausible.quietest_lufs - level
        by_lu = max(over, under)
        if by_lu > 0.0:
            yield self._ask(stem, chapter, plausible, level, by_lu)

    def _ask(
        self, stem: StemFacts, chapter: ChapterFacts, plausible: PlausibleLevel, level: float, by_lu: float
    ) -> Finding:
        is_loud = level > plausible.loudest_lufs
        return self.finding(
            "far_too_loud" if is_loud else "far_too_quiet",
            where_stem(stem, chapter),
            severity=plausible.severity,
            observed=round(level, 2),
            expected=plausible.loudest_lufs if is_loud else plausible.quietest_lufs,
            unit="LUFS",
            confidence=0.6 if by_lu < _SURE_LU else 0.9,
            params={"role": plausible.role.value, "by_lu": round(by_lu, 2), "grade": plausible.grade},
        )
