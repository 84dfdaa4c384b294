"""ENG001: a rule failed as a program."""

from __future__ import annotations

from stemkit.rules._base import EngineRule, Topic


class CrashedRule(EngineRule):
    """A rule that crashed could not judge; the others went on."""

    code = "ENG001"
    name = "crashed_rule"
    topic = Topic.ENGINE
    conditions = ("crashed",)
