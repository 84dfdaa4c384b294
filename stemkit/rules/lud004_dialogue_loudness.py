"""LUD004: the mix, while somebody speaks, is off the profile's target."""

from __future__ import annotations

from collections.abc import Iterator

from stemkit.core.facts import FilmFacts, Need, StreamOf
from stemkit.core.finding import Finding, Severity
from stemkit.meters.dialogue import GATE, Dialogue
from stemkit.rules._base import FilmRule, Sound, Topic, sounds_of
from stemkit.rules._loudness import Verdict, verdicts_of


class DialogueLoudness(FilmRule):
    """The loudness of the mix while the voice stem speaks is within the profile's tolerance."""

    code = "LUD004"
    name = "dialogue_loudness"
    topic = Topic.LEVEL
    severity = Severity.WARNING
    conditions = ("too_loud", "too_quiet", "unflagged", "both_missed", "skip_undefined")
    wants = (Need(StreamOf.PRINT, Dialogue),)

    def check(self, film: FilmFacts) -> Iterator[Finding]:
        """Yield what is too loud or too quiet, by the rule that applies to its share of speech."""
        for sound in sounds_of(film):
            for verdict in verdicts_of(sound, film):
                if verdict.rule.quantity == "dialogue":
                    yield from self._tell(sound, verdict)

    def _tell(self, sound: Sound, verdict: Verdict) -> Iterator[Finding]:
        rule, dialogue, also = verdict.rule, sound.measured.get(Dialogue), verdict.missed
        if verdict.value is None or dialogue is None:
            reason = verdict.reason or "it is undefined"
            yield self.skip("skip_undefined", sound.where, {"what": sound.label, "reason": reason})
            return
        word = "both_missed" if also else "too_quiet" if verdict.over_lu < 0 else "too_loud"
        yield self.finding(
            word if verdict.is_flagged else "unflagged",
            sound.where,
            severity=verdict.severity,
            observed=round(verdict.value, 2),
            expected=rule.target_lufs,
            unit="LUFS",
            params={
                "what": sound.label,
                "by_lu": abs(verdict.over_lu),
                "below_lu": rule.below_lu,
                "above_lu": rule.above_lu or 0.0,
                "speech_percent": round(100.0 * dialogue.speech_share, 1),
                "gate": GATE,
                "gating": rule.gating,
                "programme_lufs": round(also[1], 2) if also else None,
                "programme_target_lufs": also[0].target_lufs if also else None,
                "grade": rule.grade,
            },
        )
