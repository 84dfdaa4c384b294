"""Whether a folder holds just what a run would make: then nothing is rendered again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from stemkit import __version__
from stemkit.core.errors import UsageError
from stemkit.core.film import Film
from stemkit.core.profile import Profile
from stemkit.meters._meter import meter_versions
from stemkit.report.model import REPORT_NAME, SCHEMA, open_report
from stemkit.store.facts import FactStore
from stemkit.workflows._mix_parts import parts_in
from stemkit.workflows._mix_reuse import STRETCHES

HTML_NAME = "report.html"
BOUNDARY = ("after", "role", "before_samples", "after_samples", "law", "degraded", "correlation", "voice")
"""What ``mix`` says of a join; its report says more."""
SIGNATURE = "signature"
"""Key of the report under which it is said what the prints were made from."""


@dataclass(frozen=True, slots=True)
class EarlierMix:
    """A finished mix, as its report tells it."""

    report: Mapping[str, Any]

    def as_mix(self) -> dict[str, Any]:
        """Return what the JSON object of ``mix`` says about the prints."""
        report = self.report
        return {
            "length_samples": report["film"]["length_samples"],
            "sample_rate_hz": report["film"]["sample_rate_hz"],
            "prints": report["prints"],
            "null_test": report["null_test"],
            "rendering": {"stretches": len(report[STRETCHES]["recipes"]), "rendered": 0, "changed": []},
            "reels": report.get("reels") or [],
            "level": report["level"],
            "limiter": report.get("limiter"),
            "duck": report.get("duck"),
            "me": report.get("me"),
            "balance": report.get("balance"),
            "boundaries": [{key: each.get(key) for key in BOUNDARY} for each in report["boundaries"]],
        }


def signature_of(film: Film, profiles: Sequence[Profile], inputs: Iterable[Sequence[object]]) -> str:
    """Return a digest of all that decides what the prints are.

    Parameters
    ----------
    inputs
        For each stem its place, what identifies its sound, and its steps.
    """
    made_of = {
        "version": __version__,
        "meters": meter_versions(),
        "film": _plain(film),
        "profiles": [profile.model_dump(mode="json") for profile in profiles],
        "inputs": _plain(list(inputs)),
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def look_for(out: Path, signature: str, store: FactStore) -> EarlierMix | None:
    """Return the mix in a folder if it was made from the same things and its files are unchanged."""
    try:
        report = open_report(out / REPORT_NAME)
    except UsageError:
        return None
    if report["schema"] != SCHEMA or report.get(SIGNATURE) != signature or not report.get("prints"):
        return None
    try:
        parts = [part for each in report["prints"] for part in parts_in(each)]
        unchanged = all(store.sha256_of(out / part["path"]) == part["sha256"] for part in parts)
        unchanged = unchanged and (out / HTML_NAME).is_file()
    except OSError:
        return None
    return EarlierMix(report) if unchanged else None


def _plain(value: object) -> Any:
    """Return a value as JSON data in an order that does not depend on hashes."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(str(_plain(each)) for each in value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
