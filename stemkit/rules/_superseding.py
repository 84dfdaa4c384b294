"""One advice at a time: what a finding makes needless or would contradict is left out.

Which rule outdoes which is said by the rules themselves (`Rule.supersedes`); here it is only carried out. A finding
that was waived or that matters less than the other supersedes nothing, so no error can hide behind a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stemkit.core.finding import Finding, Outcome, Severity, Where
from stemkit.rules._base import Rule, Supersedes

_ORDER = tuple(Severity)
_NEAR_SAMPLES = 4_800


@dataclass(frozen=True, slots=True)
class Settled:
    """Findings that are told, and findings that others supersede."""

    told: tuple[Finding, ...]
    superseded: tuple[Finding, ...]


def settle(findings: Sequence[Finding], rules: Iterable[Rule]) -> Settled:
    """Return the findings without those that others supersede."""
    said = {rule.code: rule.supersedes for rule in rules if rule.supersedes}
    by_chapter: dict[int | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.code in said and finding.outcome is Outcome.FAIL and finding.waived_by is None:
            by_chapter[finding.where.chapter].append(finding)
    told: list[Finding] = []
    superseded: list[Finding] = []
    for finding in findings:
        rivals = by_chapter[finding.where.chapter] if finding.outcome is Outcome.FAIL else []
        is_superseded = any(_outdoes(rival, row, finding) for rival in rivals for row in said[rival.code])
        (superseded if is_superseded else told).append(finding)
    return Settled(tuple(told), tuple(superseded))


def _outdoes(rival: Finding, row: Supersedes, finding: Finding) -> bool:
    if row.by and rival.condition not in row.by:
        return False
    if not {finding.code, f"{finding.code}.{finding.condition}"} & set(row.codes):
        return False
    if _ORDER.index(rival.severity) > _ORDER.index(finding.severity):
        return False
    return _is_same_subject(rival.where, finding.where) and not (
        row.nearby and not _is_near(rival.where, finding.where)
    )


def _is_same_subject(one: Where, other: Where) -> bool:
    """Tell whether two places are one stem, one print, or a chapter and something in it."""
    if (one.chapter, one.print) != (other.chapter, other.print):
        return False
    if one.path is not None and other.path is not None:
        return one.path == other.path
    return one.role is None or other.role is None or one.role is other.role


def _is_near(one: Where, other: Where) -> bool:
    first, second = one.span_in_file, other.span_in_file
    if first is None or second is None:
        return False
    return first.start - _NEAR_SAMPLES <= second.start and second.end <= first.end + _NEAR_SAMPLES
