"""Which of a profile's loudness rules holds for a sound.

Rules with a ceiling always hold. Of the others the first that applies decides, with those that follow
it and say that they are alternatives: meeting one of them will do.
"""

from __future__ import annotations

from collections.abc import Sequence

from stemkit.core.profile_figures import LoudnessRule

Rules = tuple[LoudnessRule, ...]


def applies(rule: LoudnessRule, speech_percent: float | None) -> bool:
    """Tell whether a rule holds at a share of speech; `None` where that is not known."""
    return rule.applies_when is None or (speech_percent is not None and rule.applies_when.holds_at(speech_percent))


def ceilings(rules: Sequence[LoudnessRule], speech_percent: float | None) -> Rules:
    """Return the rules that only say how loud a sound may be at most."""
    return tuple(rule for rule in rules if rule.ceiling_only and applies(rule, speech_percent))


def deciding(rules: Sequence[LoudnessRule], speech_percent: float | None) -> Rules:
    """Return the rule that decides and its alternatives, nothing where none applies.

    A rule that asks for a share of speech that is not known is returned alone: it cannot be judged.
    """
    targets = [rule for rule in rules if not rule.ceiling_only]
    for index, rule in enumerate(targets):
        if rule.applies_when is not None and speech_percent is None:
            return (rule,)
        if applies(rule, speech_percent):
            return (rule, *(o for o in targets[index + 1 :] if o.alternative and applies(o, speech_percent)))
    return ()


def is_within(value_lufs: float, rule: LoudnessRule, *, flag_band: bool = False) -> bool:
    """Tell whether a loudness, rounded to 0.01, is inside the tolerance of a rule, or inside its wider band."""
    below, above = (rule.flag_below_lu, rule.flag_above_lu) if flag_band else (rule.below_lu, rule.above_lu)
    over = round(round(value_lufs, 2) - rule.target_lufs, 2)
    is_too_quiet = not rule.ceiling_only and below is not None and over < -below
    return over <= (above or 0.0) and not is_too_quiet
