"""Findings as a list for people reads them: what is alike is told once, with everything that it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePath
from typing import Any

from stemkit.report.speech import Speech
from stemkit.report.words import clock_exact, shown

_MOST_ALIKE = 3
_ROLES = ("VO", "SFX", "MUSIC")
Findings = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Told:
    """One or more findings that are told in one sentence.

    Parameters
    ----------
    places
        Files with the time in them, and timecodes in the film.
    more
        How many others of its kind are not told.
    """

    first: Mapping[str, Any]
    message: str
    advice: str
    roles: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    more: int = 0

    @property
    def is_note(self) -> bool:
        """Whether it needs nobody."""
        return bool(self.first["severity"] == "info")


def is_open(finding: Mapping[str, Any]) -> bool:
    """Tell whether a finding is to be told: looked at, neither waived nor repaired."""
    return finding["outcome"] != "skip" and not finding["waived"] and not finding.get("repaired")


def tell(findings: Findings, say: Speech) -> list[Told]:
    """Return findings of one chapter in their order; the same sentence about several stems is one."""
    told: list[Told] = []
    for _, alike in groupby(findings, key=lambda one: (one["code"], one["condition"], one["severity"])):
        rows: dict[tuple[str, str, float], Told] = {}
        for finding in alike:
            message, advice = say.told(finding)
            key = (message, advice, finding["confidence"])
            row = rows.setdefault(key, Told(finding, shown(message), shown(advice)))
            if finding["role"] and finding["role"] not in row.roles:
                row.roles.append(finding["role"])
            row.places += [place for place in _places(finding, message, say) if place not in row.places]
        told += _in_short(list(rows.values()))
    return told


def _in_short(rows: list[Told]) -> list[Told]:
    """Return the first few of many rows of a kind, of notes one with the roles of all; the last counts the rest."""
    if rows[0].is_note:
        roles = {role for row in rows for role in row.roles}
        rows[0].roles = [role for role in _ROLES if role in roles]
    most = 1 if rows[0].is_note else _MOST_ALIKE
    if len(rows) <= most + (not rows[0].is_note):
        return rows
    rows[most - 1].more = len(rows) - most
    return rows[:most]


def _places(finding: Mapping[str, Any], message: str, say: Speech) -> Iterator[str]:
    name = shown(PurePath(finding["name"]).name) if finding["name"] else ""
    if name and finding["start_s"] is not None:
        clock = clock_exact(finding["start_s"])
        # a rule may have told the time already
        yield name if clock in message else say("place_in_file", file=name, time=clock)
    elif name and name not in message:
        yield name
    if finding["start_tc"] is not None:
        yield say("place_in_film", timecode=finding["start_tc"])


def numbers(values: Sequence[int]) -> str:
    """Return chapter numbers in short.

    Examples
    --------
    >>> numbers([1, 2, 3, 5, 8, 9])
    '1–3, 5, 8, 9'
    """
    runs: list[list[int]] = []
    for value in sorted(set(values)):
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
