"""ENG002: a waiver that matched nothing."""

from __future__ import annotations

from stemkit.core.finding import Severity
from stemkit.rules._base import EngineRule, Topic


class UnusedWaiver(EngineRule):
    """A waiver whose fault is gone should go too, or it may hide the next one."""

    code = "ENG002"
    name = "unused_waiver"
    topic = Topic.ENGINE
    conditions = ("unused", "unknown_rule")
    severity = Severity.WARNING
