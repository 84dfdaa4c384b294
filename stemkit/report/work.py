"""What was done to the sound, in words: gain, balance, ducking, limiter, and every file that was conformed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import DASH, clock_exact, kilohertz, number, short_path, shown, thousands

_STEP_WORDS: dict[str, Callable[[Mapping[str, Any], Speech], str]] = {
    "retag": lambda step, say: say("step_retag", rate=kilohertz(step["sample_rate_hz"])),
    "remap_channels": lambda step, say: say("step_remap_channels", layout=step["layout"]),
    "resample": lambda step, say: say("step_resample", rate=kilohertz(step["sample_rate_hz"])),
    "fit_length": lambda step, say: say("step_fit_length", samples=thousands(step["length_samples"])),
    "apply_gain": lambda step, say: say("step_apply_gain", gain=number(step["gain_db"], 2, sign=True)),
    "requantise": lambda step, say: say("step_requantise", depth=_depth(step["subtype"], say)),
    "rewrap": lambda step, say: say("step_rewrap", container=step["container"]),
    "rename": lambda step, say: say("step_rename_to", name=step["name"]) if step.get("name") else say("step_rename"),
}


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One file that was touched: what became of it."""

    chapter: str
    role: str
    source: str
    steps: str
    result: str
    is_failed: bool


@dataclass(frozen=True, slots=True)
class TrimRow:
    """One chapter of the balance plan."""

    chapter: int
    before: str
    after: str
    trim: str
    why: str


def _depth(subtype: str, say: Speech) -> str:
    return say(f"depth_{subtype}") if say.has(f"depth_{subtype}") else str(subtype)


def level_sentences(report: Report, say: Speech) -> Iterator[str]:
    """Yield how the film's level was reached."""
    level = report["level"]
    if not level:
        return
    applied, target = number(level["applied_gain_db"], sign=True), level["target_lufs"]
    towards = say("towards_none") if target is None else say("towards_target", target=number(target))
    sentence = say("level_gain", gain=applied, towards=towards)
    yield sentence if report.get("limiter") else f"{sentence} {say('level_linear')}"
    if level["limited_by"]:
        known = say.has(f"limit_{level['limited_by']}")
        limit = say(f"limit_{level['limited_by']}") if known else shown(level["limited_by"])
        words = {"wanted": number(level["wanted_gain_db"], sign=True), "reachable": number(level["reachable_lufs"])}
        print_name = shown(level.get("limiting_print") or say("a_print"))
        yield say("level_limited", limit=limit, print=print_name, gain=applied, **words)


def work_sentences(report: Report, say: Speech) -> Iterator[str]:
    """Yield what balance, ducking and limiter did, or that they were off."""
    balance, duck, limiter = (report.get(key) for key in ("balance", "duck", "limiter"))
    if balance and balance.get("mode") not in (None, "none"):
        yield say("balance_on", mode=shown(balance["mode"]), most=number(balance.get("max_trim_db")))
    else:
        yield say("balance_off")
    depth = (duck or {}).get("depth_db") or 0.0
    yield say("duck_on", depth=number(abs(depth))) if depth else say("duck_off")
    if limiter and limiter.get("seconds") is not None:
        at = limiter.get("deepest_at_s")
        words = {"seconds": number(limiter["seconds"]), "deepest": number(limiter.get("deepest_db"))}
        yield say("limiter_on", at=DASH if at is None else clock_exact(at), **words)
    else:
        yield say("limiter_off")


def trim_rows(report: Report) -> Iterator[TrimRow]:
    """Yield the balance plan, chapter by chapter."""
    for one in (report.get("balance") or {}).get("chapters", ()):
        levels = (number(one.get(key)) for key in ("before_lufs", "after_lufs"))
        before, after = levels
        trim = number(one.get("trim_db"), sign=True)
        yield TrimRow(one["chapter"], before, after, trim, shown(one.get("reason") or ""))


def build_work(item: Mapping[str, Any], report: Report, say: Speech) -> WorkRow:
    """Return what was done to a file."""
    # a copy that was made for this run only has no name to tell
    told = [step for step in item["steps"] if item["output"] or step["kind"] != "rename"]
    steps = ", ".join(step_words(step, say) for step in told)
    return WorkRow(
        chapter=str(item["chapter"]),
        role=say.role(item["role"]),
        source=short_path(item["source"], report),
        steps=shown(steps or DASH),
        result=shown(item["output"] or item["reason"] or ""),
        is_failed=item["status"] == "failed",
    )


def step_words(step: Mapping[str, Any], say: Speech) -> str:
    """Return a conform step in words; a kind that this version does not know shows its name."""
    words = _STEP_WORDS.get(step["kind"])
    return words(step, say) if words else str(step["kind"])
