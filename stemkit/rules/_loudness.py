"""The ordered loudness rules of a profile, as one decision for each sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stemkit.core.facts import FilmFacts
from stemkit.core.finding import Severity
from stemkit.core.loudness_order import ceilings, deciding, is_within
from stemkit.core.profile_figures import LoudnessRule
from stemkit.meters.dialogue import Dialogue
from stemkit.meters.loudness import Loudness
from stemkit.rules._base import Sound
from stemkit.rules._limits import limits_for

NO_DIALOGUE = "the dialogue was not measured"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule makes of a sound.

    Parameters
    ----------
    over_lu
        By how much the sound is above the target (negative: below).
    is_flagged
        False where the tolerance is missed and the document's own quality control would not say so.
    is_near
        The rule's own wider band is kept.
    missed
        A second rule that would have done, and was missed too, with its value.
    reason
        Why nothing could be judged.
    """

    rule: LoudnessRule
    value: float | None = None
    over_lu: float = 0.0
    is_flagged: bool = True
    is_near: bool = False
    missed: tuple[LoudnessRule, float] | None = None
    reason: str | None = None

    @property
    def severity(self) -> Severity:
        """As the profile says."""
        return (self.rule.flag_severity if self.is_near else None) or self.rule.severity


def verdicts_of(sound: Sound, film: FilmFacts) -> Iterator[Verdict]:
    """Yield what the profile's loudness rules have to say against a sound; nothing if it is as it should be."""
    rules = tuple(limits_for(sound, film.profile.loudness))
    if rules and sound.reason is not None:
        yield Verdict(rules[0], reason=sound.reason)
        return
    share, why = _speech_share(sound)
    for rule in ceilings(rules, share):
        yield from _judge(sound, (rule,), rules)
    group = deciding(rules, share)
    if group and group[0].applies_when is not None and share is None:
        yield Verdict(group[0], reason=why)
    elif group:
        yield from _judge(sound, group, rules)


def _speech_share(sound: Sound) -> tuple[float | None, str]:
    dialogue = sound.measured.get(Dialogue)
    return (None, NO_DIALOGUE) if dialogue is None else (100.0 * dialogue.speech_share, "")


def _judge(sound: Sound, group: tuple[LoudnessRule, ...], rules: tuple[LoudnessRule, ...]) -> Iterator[Verdict]:
    missed: list[tuple[LoudnessRule, float, float]] = []
    unknown: list[Verdict] = []
    for rule in group:
        value, reason = value_of(sound, rule)
        if value is None:
            unknown.append(Verdict(rule, reason=reason))
            continue
        if is_within(value, rule):
            return
        missed.append((rule, value, round(round(value, 2) - rule.target_lufs, 2)))
    # What was not measured might have been met; what is undefined, such as the dialogue of a film without, is not.
    unmeasured = [verdict for verdict in unknown if verdict.reason == NO_DIALOGUE]
    if unmeasured or not missed:
        yield (unmeasured or unknown)[0]
        return
    (rule, value, over), *others = missed
    also = (others[0][0], others[0][1]) if others else None
    is_near = _keeps_flag_band(sound, rule)
    is_flagged = not is_near and not (_has_flag_band(rule) and any(_keeps_flag_band(sound, test) for test in rules))
    yield Verdict(rule, value, over, is_flagged, is_near, also)


def _has_flag_band(rule: LoudnessRule) -> bool:
    return rule.flag_above_lu is not None or rule.flag_below_lu is not None


def _keeps_flag_band(sound: Sound, test: LoudnessRule) -> bool:
    """Tell whether one of the tests of quality control is met; it flags a sound that fails them all."""
    value, _ = value_of(sound, test)
    if value is None or not _has_flag_band(test):
        return False
    return is_within(value, test, flag_band=True)


def value_of(sound: Sound, rule: LoudnessRule) -> tuple[float | None, str]:
    """Return the loudness that a rule is about, or why it is undefined."""
    if rule.quantity == "programme":
        loudness = sound.measured.get(Loudness)
        if loudness is None:
            return None, ""
        return loudness.programme_lufs, loudness.undefined.get("programme_lufs") or "it is undefined"
    dialogue = sound.measured.get(Dialogue)
    if dialogue is None:
        return None, NO_DIALOGUE
    name = "dialogue_lufs" if rule.gating == "none" else "dialogue_gated_lufs"
    value = dialogue.dialogue_lufs if rule.gating == "none" else dialogue.dialogue_gated_lufs
    return value, dialogue.undefined.get(name) or "it is undefined"
