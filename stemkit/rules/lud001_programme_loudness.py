"""LUD001: the programme loudness is off the profile's target."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Finding, Where
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import FilmRule, Sound, Topic, sounds_of
from stemkit.rules._limits import gap_of, needs_on_all
from stemkit.rules._loudness import Verdict, verdicts_of
from stemkit.rules._stem_gain import gain_to


class ProgrammeLoudness(FilmRule):
    """The loudness of stems, chapters and prints is within the profile's tolerance of its target."""

    code = "LUD001"
    name = "programme_loudness"
    topic = Topic.LEVEL
    fix = "unsafe"
    conditions = (
        "too_loud",
        "too_quiet",
        "print_too_loud",
        "print_too_quiet",
        "unflagged",
        "skip_no_rule",
        "skip_not_published",
        "skip_undefined",
        "skip_no_sum",
    )
    wants = needs_on_all(Loudness)

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is too loud or too quiet; where the profile states no target, skip once."""
        if gap := gap_of(film, "loudness"):
            yield self.skip("skip_not_published", Where(), gap)
        elif not film.profile.loudness:
            yield self.skip("skip_no_rule", Where(), {"profile": film.profile.name})
        for sound in sounds_of(film):
            for verdict in verdicts_of(sound, film):
                if verdict.rule.quantity == "programme":
                    yield from self._tell(sound, verdict, film)

    def _tell(self, sound: Sound, verdict: Verdict, film: FilmFacts) -> Iterator[Finding]:
        rule = verdict.rule
        if sound.reason is not None:
            yield self.skip("skip_no_sum", sound.where, {"reason": sound.reason})
        elif verdict.value is not None:
            word = "too_quiet" if verdict.over_lu < 0 else "too_loud"
            prefix = "print_" if sound.of == "print" else ""
            yield self.finding(
                prefix + word if verdict.is_flagged else "unflagged",
                sound.where,
                severity=verdict.severity,
                observed=round(verdict.value, 2),
                expected=rule.target_lufs,
                unit="LUFS",
                fixes=gain_to(sound, verdict.value, rule.target_lufs, film),
                params={
                    "what": sound.label,
                    "by_lu": abs(verdict.over_lu),
                    "below_lu": rule.below_lu,
                    "above_lu": rule.above_lu or 0.0,
                    "grade": rule.grade,
                },
            )
        elif verdict.reason:
            yield self.skip("skip_undefined", sound.where, {"what": sound.label, "reason": verdict.reason})
