"""The report: one JSON-able mapping that every other form is made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stemkit.core.errors import Problem, UsageError
from stemkit.core.film import Film
from stemkit.core.profile import Profile

if TYPE_CHECKING:
    from stemkit.meters._ledger import Ledger

SCHEMA = "stemkit/report/1"
CHECK_SCHEMA = "stemkit/check/1"
REPORT_NAME = "report.json"

Report = Mapping[str, Any]
"""A report of schema `SCHEMA`: JSON-able, undefined numbers are `None`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRun:
    """Everything a finished (or refused) mix knows, to be turned into its report.

    Parameters
    ----------
    film
        The film as declared.
    profile
        What the prints are judged by.
    check
        The JSON object of ``check`` on the deliveries.
    mix
        The JSON object of ``mix``: prints, null test, level, boundaries, refused, missing.
    print_findings
        What the rules found in the prints, in the form of the findings of ``check``.
    conform_items
        The items of ``conform``: what was repaired on the way, file by file.
    inputs
        One ``{"path", "digest"}`` for every file that was read.
    ledgers
        Measurements of the prints as written, under the prints' names.
    meters
        Version of each meter.
    conformance
        What the self-test came to on this machine: ``{"readings", "missed"}``, `None` where it was not run.
    """

    film: Film
    profile: Profile
    check: Mapping[str, Any]
    mix: Mapping[str, Any]
    print_findings: Sequence[Mapping[str, Any]] = ()
    conform_items: Sequence[Mapping[str, Any]] = ()
    inputs: Sequence[Mapping[str, Any]] = ()
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    meters: Mapping[str, int] = field(default_factory=dict)
    conformance: Mapping[str, Any] | None = None


def open_report(path: Path) -> Report:
    """Read a report from a file, or from the folder of a mix.

    Raises
    ------
    UsageError
        If there is none, or it is not one that this version knows.
    """
    file = path / REPORT_NAME if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = "run 'stemkit mix' first, or name the folder that it wrote"
        raise UsageError(Problem("no_report", "there is no mix report here", hint, str(file))) from None
    except (ValueError, OSError) as error:
        hint = "run 'stemkit mix' again to write it anew"
        raise UsageError(Problem("bad_report", f"this report cannot be read: {error}", hint, str(file))) from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema not in (SCHEMA, CHECK_SCHEMA):
        what = f"this is no report that stemkit knows (schema {schema!r})"
        raise UsageError(Problem("unknown_schema", what, f"expected {SCHEMA} or {CHECK_SCHEMA}", str(file)))
    report: Report = data
    return report


# What later versions of the schema's first edition added; a report without it is of an earlier one.
_LISTS = ("prints", "reels", "boundaries", "refused", "missing", "conform", "inputs", "overs", "waivers")
_NOTHING = ("null_test", "level", "balance", "duck", "me", "limiter", "dialogue", "conformance")


def with_defaults(report: Report) -> Report:
    """Return a report in which everything is there that today's readers look for."""
    blank: dict[str, Any] = {key: [] for key in _LISTS} | dict.fromkeys(_NOTHING) | {"curves": {}, "meters": {}}
    return {**blank, **report}
