"""LUD001: the programme loudness is off the profile's target."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts, Need, StreamOf
from stemkit.core.finding import Finding, Where
from stemkit.core.profile import LoudnessRule, Profile
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import FilmRule, Sound, Topic, sounds_of


class ProgrammeLoudness(FilmRule):
    """The loudness of stems, chapters and prints is within the profile's tolerance of its target."""

    code = "LUD001"
    name = "programme_loudness"
    topic = Topic.LEVEL
    conditions = (
        "too_loud",
        "too_quiet",
        "print_too_loud",
        "print_too_quiet",
        "skip_no_rule",
        "skip_undefined",
        "skip_no_sum",
    )
    wants = tuple(Need(of, Loudness) for of in (StreamOf.STEM, StreamOf.CHAPTER_SUM, StreamOf.PRINT))

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is too loud or too quiet; where the profile states no target, skip once."""
        if not film.profile.loudness:
            yield self.skip("skip_no_rule", Where(), {"profile": film.profile.name})
        for sound in sounds_of(film):
            rule = _rule_for(sound, film.profile)
            if rule is not None and sound.reason is not None:
                yield self.skip("skip_no_sum", sound.where, {"reason": sound.reason})
            elif rule is not None:
                yield from self._judge(rule, sound)

    def _judge(self, rule: LoudnessRule, sound: Sound) -> Iterator[Finding]:
        loudness = sound.measured.get(Loudness)
        if loudness is None:
            return
        if loudness.programme_lufs is None:
            reason = loudness.undefined.get("programme_lufs") or "it is undefined"
            yield self.skip("skip_undefined", sound.where, {"what": sound.label, "reason": reason})
            return
        over = round(round(loudness.programme_lufs, 2) - rule.target_lufs, 2)
        is_too_quiet = not rule.ceiling_only and rule.below_lu is not None and over < -rule.below_lu
        if over <= (rule.above_lu or 0.0) and not is_too_quiet:
            return
        yield self.finding(
            ("print_" if sound.of == "print" else "") + ("too_quiet" if is_too_quiet else "too_loud"),
            sound.where,
            severity=rule.severity,
            observed=round(loudness.programme_lufs, 2),
            expected=rule.target_lufs,
            unit="LUFS",
            params={"what": sound.label, "by_lu": abs(over), "below_lu": rule.below_lu, "above_lu": rule.above_lu},
        )


def _rule_for(sound: Sound, profile: Profile) -> LoudnessRule | None:
    rules = (rule for rule in profile.loudness if rule.of == sound.of)
    return next((rule for rule in rules if sound.of != "print" or sound.where.print in rule.prints), None)
