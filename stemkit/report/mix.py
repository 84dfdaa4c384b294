"""A mix for the terminal: what was printed, how loud, whether it is proven, and what is not as asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stemkit.report.words import clock, first_to_last, number, plural, shown, typeset


def mix_as_text(data: Mapping[str, Any], report: Mapping[str, Any] | None, *, is_unchanged: bool) -> str:
    """Return the result of ``mix`` as lines for people.

    Parameters
    ----------
    data
        Its JSON object.
    report
        The report; `None` for a mix that was refused.
    is_unchanged
        Nothing was rendered: an earlier run had made exactly this.
    """
    if report is None and not data["refused"] and data.get("balance"):
        return "\n".join(_balance(data["balance"]))
    lines = refused_as_text(data) if report is None else _printed(data, report, is_unchanged)
    return "\n".join(lines)


def refused_as_text(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what keeps a mix from being rendered, and what to do."""
    yield "REFUSED  nothing was rendered: these stems are missing or cannot be used"
    for each in data["refused"]:
        yield f"  chapter {each['chapter']}  {each['role'] or '?'}  {each['code']}: {typeset(each['reason'])}"
        if each["advice"]:
            yield f"      -> {typeset(each['advice'])}"
    if not data["refused"]:
        yield "  there is no stem at all"
    yield "Mend them, or render with silence in their places: --missing silence"
    yield "'stemkit report FILM' writes all that was found as a page, '--letters DIR' a message to each creator"


def _printed(data: Mapping[str, Any], report: Mapping[str, Any], is_unchanged: bool) -> Iterator[str]:
    seconds = data["length_samples"] / data["sample_rate_hz"]
    state = "is already as it should be; nothing was rendered" if is_unchanged else "printed"
    yield f"{shown(report['film']['title'])}, {clock(seconds)}: {state}"
    yield from _rendering(None if is_unchanged else data.get("rendering"))
    yield from conformed_as_text(data.get("conformed"))
    yield ""
    names = {each["name"]: _files(each) for each in data["prints"]}
    width = max(map(len, names.values()), default=0)
    for each in data["prints"]:
        measured = each["measured"]
        levels = f"{number(measured['programme_loudness_lufs'])} LUFS  {number(measured['true_peak_dbtp'], 2)} dBTP"
        yield f"  {names[each['name']]:<{width}}  {levels}"
    yield ""
    if data.get("balance"):
        yield from _balance(data["balance"])
    yield from _level(data["level"], data.get("limiter"))
    yield from _duck(data.get("duck"), data.get("me"))
    yield from null_as_text(data["null_test"])
    for reel in data["reels"]:
        exact = "exact" if reel["null_test"]["exact"] else "NOT exact"
        yield f"  reel {reel['reel']}: chapters {first_to_last(reel['chapters'])}, null {exact}"
    yield from _joins(data["boundaries"])
    if data.get("joins"):
        yield f"  to listen to: {plural(len(data['joins']), 'file')} of the cuts in {shown(data['out'])}/joins"
    if data.get("picture"):
        made = data["picture"]
        yield f"  under its picture: {shown(made['path'])} (video untouched, {made['frames']} frames)"
    if others := data.get("left_over"):
        named = ", ".join(map(shown, others[:3])) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
        yield f"  no part of this mix, left by an earlier one: {named}"
    for each in data["missing"]:
        yield f"  silence stands for {each['role'] or '?'} of chapter {each['chapter']}: {typeset(each['reason'])}"
    yield from _findings(report)
    yield ""
    verdict = "READY" if report["verdict"] == "ready" else "NOT READY  errors are left: 'stemkit check' lists them"
    yield f"{verdict}  report: {shown(data['out'])}/{data['report']['html']}"


_FILM_WIDE = {
    "version": "the version of stemkit",
    "form": "the form of the prints",
    "prints": "the list of prints",
    "gain_db": "the gain of the film",
    "ceiling_dbtp": "the ceiling of the limiter",
}


def _rendering(rendering: Mapping[str, Any] | None) -> Iterator[str]:
    """Say what was rendered again, where the folder held an earlier mix."""
    if rendering is None:
        return
    if rendering["changed"]:
        yield f"  all of it rendered anew: {', '.join(_FILM_WIDE[each] for each in rendering['changed'])} changed"
    elif rendering["rendered"] < rendering["stretches"]:
        yield f"  {rendering['rendered']} of {rendering['stretches']} stretches rendered anew, the others kept"


def conformed_as_text(conformed: Mapping[str, Any] | None) -> Iterator[str]:
    """Say how many stems were conformed, where any had to be."""
    if conformed is None or not conformed["made"]:
        return
    made, needed = conformed["made"], conformed["needed"]
    if made == needed:
        yield f"  {plural(made, 'stem')} conformed on the way"
    else:
        yield f"  {made} of {needed} stems conformed on the way; nothing was read of the others that need it"


def _files(row: Mapping[str, Any]) -> str:
    """Return the file of a print, or the first of several and how many there are."""
    more = len(row.get("files") or ()) - 1
    return shown(row["path"]) + (f" and {plural(more, 'other')}" if more > 0 else "")


def _balance(balance: Mapping[str, Any]) -> Iterator[str]:
    most, film = number(balance["max_trim_db"]), number(balance["film_lufs"])
    yield f"balance: {balance['mode']}, at most {most} dB; film {film} LUFS"
    yield "  chapter   before    after     trim"
    for each in balance["chapters"]:
        before, after = number(each["before_lufs"]), number(each["after_lufs"])
        trim = number(each["trim_db"], sign=True)
        yield f"  {each['chapter']:>7} {before:>8} {after:>8} {trim:>8}  {shown(each['reason'] or '')}".rstrip()
    for step in balance["steps"]:
        if step["before_lu"] is not None:
            before, after = number(step["before_lu"], sign=True), number(step["after_lu"], sign=True)
            yield f"  step after chapter {step['after']}: {before} LU, then {after} LU"


def _level(level: Mapping[str, Any], limiter: Mapping[str, Any] | None) -> Iterator[str]:
    gain = f"{number(level['applied_gain_db'], sign=True)} dB"
    if limiter is not None and limiter["seconds"]:
        deepest, seconds = number(limiter["deepest_db"]), number(limiter["seconds"])
        yield f"  level: one gain of {gain}; the linked limiter works for {seconds} s, {deepest} dB at the deepest"
    elif level["limited_by"] is not None:
        wanted = f"{number(level['wanted_gain_db'], sign=True)} dB"
        yield f"  level: {gain} instead of {wanted}; {level['limiting_print']} would pass its limit"
    else:
        yield f"  level: one gain of {gain} on everything"


def _duck(duck: Mapping[str, Any] | None, me: Mapping[str, Any] | None) -> Iterator[str]:
    if duck is not None:
        depth, seconds = number(duck["depth_db"]), number(duck["seconds"])
        times = plural(duck["count"], "time")
        yield f"  ducking: music and effects {depth} dB under the voice, {times}, {seconds} s in all"
    if me is not None:
        peak = f"{number(me['true_peak_dbtp'], 2)} dBTP"
        yield f"  {me['print']} is as before ducking and limiter, and is not claimed to add up; its true peak is {peak}"
        if me["proposed_gain_db"] is not None:
            gain, limit = f"{me['proposed_gain_db']:.1f}", number(me["limit_dbtp"], 2)  # to be typed: a plain minus
            yield f"      -> --me-gain {gain}, or me_gain_db = {gain} in [mix], brings it under {limit} dBTP"


def null_as_text(null: Mapping[str, Any]) -> Iterator[str]:
    """Yield whether the stems are the mix."""
    if null["exact"]:
        sums = ", ".join(f"{' + '.join(each['of'])} = {each['sum']}" for each in null["sums"] if each["exact"])
        yield f"  null: exact over {null['samples']} samples in the files ({sums})"
    else:
        yield f"  null: NOT exact, residual {null['max_residual_lsb']} LSB"


def _joins(boundaries: list[Mapping[str, Any]]) -> Iterator[str]:
    faded = [each for each in boundaries if each["before_samples"] + each["after_samples"]]
    degraded = [each for each in faded if each["degraded"]]
    yield f"  joins: {plural(len(boundaries) - len(faded), 'straight cut')}, {plural(len(faded), 'crossfade')}" + (
        f", of which {len(degraded)} without handles (10 ms out and in)" if degraded else ""
    )


def _findings(report: Mapping[str, Any]) -> Iterator[str]:
    for finding in report["findings"]:
        if finding["stage"] == "print" and finding["outcome"] != "skip" and finding["code"] != "MIX003":
            yield f"  {finding['severity']} {finding['code']}: {typeset(finding['message'])}"
