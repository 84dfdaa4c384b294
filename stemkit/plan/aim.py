"""What the one gain of the film aims at: the loudness rule of the profile that holds for this film.

The rules are taken in the profile's order, as they will be when the prints are judged: the dialogue decides where
the profile says so and enough is spoken, programme loudness elsewhere; a ceiling beside it is never passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stemkit.core.finding import Severity
from stemkit.core.loudness_order import Rules, ceilings, deciding, is_within
from stemkit.core.profile import Profile
from stemkit.core.profile_figures import LoudnessRule
from stemkit.meters import loudness
from stemkit.meters._ledger import Ledger
from stemkit.meters.dialogue import Dialogue, read_dialogue

NO_RULE = "the profile states no loudness for the prints that applies to this film, so the film keeps its level"
NO_PRINT = "the print that the loudness rule is about is not made"


@dataclass(frozen=True, slots=True)
class PrintLoudness:
    """How loud one print is before any gain; ``undefined`` says why there is no programme loudness."""

    name: str
    programme_lufs: float | None
    dialogue: Dialogue | None = None
    undefined: str | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """The rule that decides, and what its loudness is before any gain.

    Parameters
    ----------
    rule, print
        `None` where no rule applies.
    others
        Rules of which one will do where this one is missed, with their loudness.
    room_db
        The largest gain that the profile's loudness ceilings leave; `None` where there is none.
    reason
        Why nothing could be aimed at.
    """

    rule: LoudnessRule | None = None
    print: str | None = None
    measured_lufs: float | None = None
    speech_share: float | None = None
    others: tuple[tuple[LoudnessRule, float], ...] = ()
    room_db: float | None = None
    reason: str | None = None

    def missed_at(self, gain_db: float) -> Severity | None:
        """Return how much it matters what is missed with a gain, `None` where the film is as it should be."""
        if self.rule is None or self.measured_lufs is None:
            return None
        reached = self.measured_lufs + gain_db
        if is_within(reached, self.rule) or any(is_within(value + gain_db, rule) for rule, value in self.others):
            return None
        has_band = self.rule.flag_above_lu is not None or self.rule.flag_below_lu is not None
        is_near = has_band and is_within(reached, self.rule, flag_band=True)
        return (self.rule.flag_severity if is_near else None) or self.rule.severity


def choose_aim(prints: Sequence[PrintLoudness], profile: Profile) -> Aim:
    """Choose what the gain of the film aims at.

    Parameters
    ----------
    prints
        Those that were measured.
    """
    names = {each.name: each for each in prints}
    named = next((rule.prints for rule in profile.loudness if rule.of == "print"), ())
    judged = next((names[name] for name in named if name in names), None)
    if not named and prints:
        judged = prints[0]
    if judged is None:
        return Aim(reason=NO_PRINT if named else NO_RULE)
    return _aim_of(judged, profile.loudness_rules("print", judged.name))


def _aim_of(judged: PrintLoudness, rules: Rules) -> Aim:
    share = None if judged.dialogue is None else judged.dialogue.speech_share
    percent = None if share is None else 100.0 * share
    caps = ceilings(rules, percent)
    rooms = [rule.target_lufs - value for rule in caps if (value := value_of(judged, rule)) is not None]
    room = min(rooms, default=None)
    group = deciding(rules, percent)
    known = [(rule, value) for rule in group if (value := value_of(judged, rule)) is not None]
    if known:
        (rule, measured), *others = known
        return Aim(rule, judged.name, measured, share, tuple(others), room)
    if not group and not caps:
        return Aim(speech_share=share, reason=NO_RULE)
    rule = (*group, *caps)[0]
    value = value_of(judged, rule)
    return Aim(rule, judged.name, value, share, (), room, _why(judged, rule) if value is None else None)


def value_of(judged: PrintLoudness, rule: LoudnessRule) -> float | None:
    """Return the loudness that a rule is about, `None` where it is undefined."""
    if rule.quantity == "programme":
        return judged.programme_lufs
    dialogue = judged.dialogue
    if dialogue is None:
        return None
    return dialogue.dialogue_lufs if rule.gating == "none" else dialogue.dialogue_gated_lufs


def _why(judged: PrintLoudness, rule: LoudnessRule) -> str | None:
    if rule.quantity == "programme":
        return judged.undefined
    if judged.dialogue is None:
        return "the dialogue was not measured"
    return next(iter(judged.dialogue.undefined.values()), None)


def loudness_of(name: str, mix: Ledger, voice: Ledger | None) -> PrintLoudness:
    """Return how loud a print is; with the ledger of the voice alone also while that speaks."""
    heard = loudness.read(mix)
    dialogue = None if voice is None else read_dialogue(mix, voice)
    return PrintLoudness(name, heard.programme_lufs, dialogue, heard.undefined.get("programme_lufs"))
