"""What was done to the sound, in words: gain, balance, ducking, limiter, and every file that was conformed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stemkit.report.joins import timecode_in
from stemkit.report.model import Report
from stemkit.report.speech import Speech
from stemkit.report.words import DASH, kilohertz, number, short_path, shown, thousands

_STEP_WORDS: dict[str, Callable[[Mapping[str, Any], Speech], str]] = {
    "retag": lambda step, say: say("step_retag", rate=kilohertz(step["sample_rate_hz"])),
    "pick_channels": lambda step, say: say(
        f"step_pick_channels_{step['others']}", channels=_counted(step["channels"]), layout=step["layout"]
    ),
    "fold_down": lambda step, say: say("step_fold_down", layout=step["layout"], rows=_rows(step["matrix"])),
    "copy_channel": lambda step, say: say("step_copy_channel", source=step["source"] + 1, target=step["target"] + 1),
    "flip_polarity": lambda step, say: say("step_flip_polarity", channels=_counted(step["channels"])),
    "remove_offset": lambda step, say: say(
        "step_remove_offset", offsets=", ".join(number(each, 5, sign=True) for each in step["offsets"])
    ),
    "remap_channels": lambda step, say: say("step_remap_channels", layout=step["layout"]),
    "resample": lambda step, say: say("step_resample", rate=kilohertz(step["sample_rate_hz"])),
    "shift_sound": lambda step, say: say(
        "step_shift_later" if step["by_samples"] > 0 else "step_shift_earlier",
        samples=thousands(abs(step["by_samples"])),
    ),
    "fit_length": lambda step, say: say("step_fit_length", samples=thousands(step["length_samples"])),
    "trim_tail": lambda step, say: say("step_trim_tail", samples=thousands(step["length_samples"])),
    "run_inserts": lambda step, say: say("step_run_inserts", effects=_effects(step["effects"])),
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
    """One chapter of the balance plan, and the step of level at the cut after it."""

    chapter: int
    before: str
    after: str
    trim: str
    step_before: str
    step_after: str
    why: str


def _counted(channels: Sequence[int]) -> str:
    return ", ".join(str(channel + 1) for channel in channels)


def _rows(matrix: Sequence[Sequence[float]]) -> str:
    return " ".join("(" + " ".join(f"{factor:.4g}" for factor in row) + ")" for row in matrix)


def _effects(effects: Sequence[Mapping[str, Any]]) -> str:
    told = []
    for one in effects:
        values = ", ".join(f"{name}={value}" for name, value in one["parameters"])
        told.append(f"{one['effect'] or one['plugin']}({values})")
    return ", ".join(told)


def _depth(subtype: str, say: Speech) -> str:
    return say(f"depth_{subtype}") if say.has(f"depth_{subtype}") else str(subtype)


def level_sentences(report: Report, say: Speech) -> Iterator[str]:
    """Yield how the film's level was reached."""
    level = report["level"]
    if not level:
        return
    applied, target = number(level["applied_gain_db"], sign=True), level["target_lufs"]
    aim = "towards_dialogue" if level.get("quantity") == "dialogue" else "towards_target"
    towards = say("towards_none") if target is None else say(aim, target=number(target))
    sentence = say("level_gain", gain=applied, towards=towards)
    yield sentence if _has_limited(report) else f"{sentence} {say('level_linear')}"
    if level["limited_by"]:
        known = say.has(f"limit_{level['limited_by']}")
        limit = say(f"limit_{level['limited_by']}") if known else shown(level["limited_by"])
        words = {"wanted": number(level["wanted_gain_db"], sign=True), "reachable": number(level["reachable_lufs"])}
        print_name = shown(level.get("limiting_print") or say("a_print"))
        yield say("level_limited", limit=limit, print=print_name, gain=applied, **words)
    if needed := level.get("limiter_needed"):
        words = {"seconds": number(needed["seconds"]), "deepest": number(needed["deepest_db"])}
        yield say("limiter_needed", at=_place(needed["deepest_at_s"], report), **words)


def _has_limited(report: Report) -> bool:
    return bool((report.get("limiter") or {}).get("seconds"))


def _place(seconds: float | None, report: Report) -> str:
    return DASH if seconds is None else timecode_in(report, seconds)


def work_sentences(report: Report, say: Speech) -> Iterator[str]:
    """Yield what balance, ducking and limiter did, or that they were off."""
    balance, duck, limiter = (report.get(key) for key in ("balance", "duck", "limiter"))
    if balance and balance.get("mode") not in (None, "none"):
        mode = f"balance_{balance['mode']}"
        by = say(mode) if say.has(mode) else shown(balance["mode"])
        yield say("balance_on", mode=by, most=number(balance.get("max_trim_db")))
    else:
        yield say("balance_off")
    yield from _ducking(duck or {}, say)
    if limiter and _has_limited(report):
        words = {"seconds": number(limiter["seconds"]), "deepest": number(limiter.get("deepest_db"))}
        yield say("limiter_on", at=_place(limiter.get("deepest_at_s"), report), **words)
    else:
        yield say("limiter_idle" if limiter else "limiter_off")
    yield from _apart(report.get("me") or {}, say)


def _ducking(duck: Mapping[str, Any], say: Speech) -> Iterator[str]:
    depth = number(abs(duck.get("depth_db") or 0.0))
    if not duck.get("depth_db"):
        yield say("duck_off")
    elif duck.get("count") is None:
        yield say("duck_on", depth=depth)
    else:
        yield say("duck_counted", depth=depth, n=duck["count"], seconds=number(duck["seconds"]))


def _apart(me: Mapping[str, Any], say: Speech) -> Iterator[str]:
    """Yield what is said of a print that stands apart from the mix."""
    if not me:
        return
    words = {"print": shown(me["print"]), "peak": number(me["true_peak_dbtp"], 2)}
    gain = number(me["gain_db"], sign=True)
    yield say("me_apart", **words) if not me["gain_db"] else say("me_apart_gain", gain=gain, **words)
    if me["proposed_gain_db"] is not None:
        limit = number(me["limit_dbtp"], 1)
        yield say("me_proposed", gain=f"{me['proposed_gain_db']:.1f}", limit=limit)


def trim_rows(report: Report) -> Iterator[TrimRow]:
    """Yield the balance plan, chapter by chapter."""
    balance = report.get("balance") or {}
    steps = {one["after"]: (one["before_lu"], one["after_lu"]) for one in balance.get("steps", ())}
    for one in balance.get("chapters", ()):
        levels = (number(one.get(key)) for key in ("before_lufs", "after_lufs"))
        before, after = levels
        trim = number(one.get("trim_db"), sign=True)
        was, now = (number(step, sign=True) for step in steps.get(one["chapter"], (None, None)))
        reason = shown(one.get("reason") or "")
        yield TrimRow(one["chapter"], before, after, trim, was, now, reason)


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
