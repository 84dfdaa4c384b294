"""What changed between two reports of one film: findings gone and new, numbers moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stemkit.report.listing import Item, build_item
from stemkit.report.model import Report
from stemkit.report.page import verdict_words
from stemkit.report.speech import Speech
from stemkit.report.words import number

_QUANTITIES = ("programme_loudness_lufs", "loudness_range_lu", "true_peak_dbtp")
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """The comparison as the page shows it."""

    lead: str
    gone: tuple[Item, ...]
    new: tuple[Item, ...]
    moved: tuple[tuple[str, str, str], ...]


def compare(old: Report, new: Report) -> dict[str, Any]:
    """Return what is different in ``new``, as JSON data for its key ``compared``.

    A finding is the same if rule, condition, chapter, role and place are; numbers that moved by less
    than 0.05 did not move.
    """
    before, after = (Counter(_key(f) for f in _open(report)) for report in (old, new))
    return {
        "version": old["version"],
        "verdict": old["verdict"],
        "earlier": {key: old[key] for key in ("kind", "profile", "counts", "film")},
        "gone": list(_those(_open(old), before - after)),
        "new": list(_those(_open(new), after - before)),
        "moved": list(_moved(old, new)),
    }


def _open(report: Report) -> list[Mapping[str, Any]]:
    return [f for f in report["findings"] if f["outcome"] != "skip" and not f["waived"] and f["severity"] != "info"]


def _key(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    keys = ("code", "condition", "chapter", "role", "start_tc")
    return (*(finding.get(key) for key in keys), bool(finding.get("repaired")))


def _those(findings: Sequence[Mapping[str, Any]], wanted: Counter[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    left = Counter(wanted)
    for finding in findings:
        if left[_key(finding)] > 0:
            left[_key(finding)] -= 1
            yield {name: value for name, value in finding.items() if name not in ("evidence", "sound")}


def _moved(old: Report, new: Report) -> Iterator[dict[str, Any]]:
    yield from _numbers("film", None, old["film"], new["film"], ("duration_s",))
    levels = [{"gain_db": (report["level"] or {}).get("applied_gain_db")} for report in (old, new)]
    yield from _numbers("film", None, levels[0], levels[1], ("gain_db",))
    prints = [{one["name"]: one["measured"] for one in report["prints"]} for report in (old, new)]
    for name in sorted(prints[0].keys() & prints[1].keys()):
        yield from _numbers("print", name, prints[0][name], prints[1][name], _QUANTITIES)
    chapters = [{one["number"]: one for one in report["chapters"]} for report in (old, new)]
    for key in sorted(chapters[0].keys() & chapters[1].keys()):
        was, now = (each[key] for each in chapters)
        yield from _numbers("chapter", key, was.get("measured") or {}, now.get("measured") or {}, _QUANTITIES)
        if was["verdict"] != now["verdict"]:
            yield {"of": "chapter", "name": key, "quantity": "verdict", "was": was["verdict"], "now": now["verdict"]}


def _numbers(
    of: str, name: object, was: Mapping[str, Any], now: Mapping[str, Any], quantities: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for quantity in quantities:
        one, two = was.get(quantity), now.get(quantity)
        if one == two or (one is not None and two is not None and abs(one - two) < _LEAST):
            continue
        yield {"of": of, "name": name, "quantity": quantity, "was": one, "now": two}


def build_compared(report: Report, say: Speech) -> Compared | None:
    """Return the comparison in words, `None` for a report that was compared with nothing."""
    found = report.get("compared")
    if not found:
        return None
    blank: dict[str, Any] = {key: () for key in ("refused", "missing", "chapters", "findings")}
    earlier = {**blank, **found["earlier"], "verdict": found["verdict"], "prints": ("",)}
    counts = found["earlier"]["counts"]
    words = [say("errors", n=counts["error"]), say("warnings", n=counts["warning"])]
    return Compared(
        lead=say("compared_lead", verdict=verdict_words(earlier, say), counts=", ".join(words)),
        gone=tuple(build_item(one, report, say) for one in found["gone"]),
        new=tuple(build_item(one, report, say) for one in found["new"]),
        moved=tuple(_row(one, say) for one in found["moved"]),
    )


def _row(one: Mapping[str, Any], say: Speech) -> tuple[str, str, str]:
    quantity = say(f"quantity_{one['quantity']}")
    what = {"print": "moved_print", "chapter": "moved_chapter"}.get(one["of"])
    told = say(what, print=one["name"], n=one["name"], quantity=quantity) if what else f"{say('the_film')}, {quantity}"
    if one["quantity"] == "verdict":
        return told, say(f"chapter_{one['was']}"), say(f"chapter_{one['now']}")
    return told, number(one["was"], 2), number(one["now"], 2)
