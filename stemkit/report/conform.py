"""What conforming planned or did, as rows and lines for people; made of the JSON object alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stemkit.report.steps import step_words
from stemkit.report.words import media_format


def conform_text(
    data: Mapping[str, Any], table: Callable[[list[list[str]]], str], *, plan_only: bool, has_written: bool
) -> str:
    """Return a ``conform`` object for people: the plan stem by stem, or what was done, and what is left last."""
    lines = plan_lines(data) if plan_only else [table(conform_rows(data))]
    lines += ["", *([] if plan_only else [*conform_notes(data), *open_lines(data)])]
    lines.append(conform_verdict(data, has_written=has_written))
    if data["not_listened"]:
        where = _counted(data["not_listened"])
        lines.append(f"Nobody has listened to {where} yet: dropouts, clicks, hum or bleed there would not be told.")
        lines.append("'stemkit check', --plan and --listen do; what they find is told by every later run.")
    failed = [item for item in data["items"] if item["status"] == "failed"]
    if failed and not plan_only:
        lines += [
            "",
            "failed:",
            *(f"  chapter {item['chapter']} {item['role'] or '-'}: {item['name']}" for item in failed),
        ]
    return "\n".join(lines)


def conform_rows(data: Mapping[str, Any]) -> list[list[str]]:
    """Return the table of a ``conform`` object: head, then one row for every item."""
    rows = [["ch", "role", "status", "source", "steps"]]
    return rows + [_row(item) for item in data["items"]]


def conform_notes(data: Mapping[str, Any]) -> list[str]:
    """Return what a person must know or do, item by item; errors that are still there are told by themselves."""
    told = {(found["chapter"], found["role"], found["code"]) for found in data["open"]}
    return [
        f"chapter {item['chapter']} {item['role'] or 'no role'} {item['status']}: {item['reason']}"
        for item in data["items"]
        if item["reason"] is not None and item["status"] != "unchanged"
        if (item["chapter"], item["role"], item["reason"].partition(":")[0]) not in told
    ]


def open_lines(data: Mapping[str, Any]) -> list[str]:
    """Return the errors that are still there after a run, and who must act."""
    lines = []
    for found in data["open"]:
        # What a tool could repair waits for a yes, was not chosen, or failed.
        must = f"{found['creator'] or 'the creator'} must act" if found["fix"] is None else "not repaired"
        lines.append(f"{_place(found)}: {must}: {_told(found)}")
    return lines


def _place(found: Mapping[str, Any]) -> str:
    where = "the film" if found["chapter"] is None else f"chapter {found['chapter']}"
    return f"{where} {found['role']}" if found["role"] else where


def plan_lines(data: Mapping[str, Any]) -> list[str]:
    """Return the plan for people: what is done to each stem and why, what waits, who must act, what is right."""
    lines: list[str] = []
    right = [item for item in data["items"] if item["status"] == "unchanged" and not _for_people(item)]
    for item in data["items"]:
        if item not in right:
            lines += _plan_of(item)
    for found in (found for found in data["open"] if found["path"] is None):
        who = found["creator"] or "the creator"
        lines += ["", _place(found), f"  {who} must act: {_told(found)}"]
    if right:
        names = ", ".join(f"{item['chapter']} {item['role'] or '-'}" for item in right)
        lines += ["", f"right as delivered ({len(right)}): {names}"]
    return lines[1:] if lines else ["nothing to do: there are no stems"]


def _plan_of(item: Mapping[str, Any]) -> list[str]:
    because = item["because"]
    messages = {found["code"]: found["message"] for found in item["findings"]}
    media = media_format(item["before"]["media"]) if item["before"] else ""
    lines = ["", f"chapter {item['chapter']} {item['role'] or 'no role'}: {item['name']}  {media}".rstrip()]
    is_planned = item["status"] in ("planned", "written")
    if is_planned:
        for at, step in enumerate(item["steps"], 1):
            codes = [code for code in because.get(step["kind"], ()) if code in messages]
            # What is nobody's wish follows from what was done before: a sound that was computed is stored anew.
            follows = at > 1 and not because.get(step["kind"])
            lines.append(f"  {at}. {_shown(step)}{', which follows' if follows else ''}")
            lines += [f"       {code}: {messages.pop(code)}" for code in codes]
            if step["kind"] == "run_inserts":
                lines.append("       the film file asks for it")
        if item["output"]:
            lines.append(f"  -> {', '.join(item['files']) or item['output']}")
    for step in item["waiting"]:
        lines.append(f"  waits{'' if step['safe'] else ' for --unsafe-fixes'}: {_shown(step)}")
        lines += [f"       {code}: {messages[code]}" for code in because.get(step["kind"], ()) if code in messages]
    lines += _left(item, is_planned)
    return lines


def _shown(step: Mapping[str, Any]) -> str:
    return step_words(step) + ("" if step["safe"] else " (unsafe)")


def _left(item: Mapping[str, Any], is_planned: bool) -> list[str]:
    """Return what no tool can repair, and who must act."""
    waiting = {code for step in item["waiting"] for code in item["because"].get(step["kind"], ())}
    known = _for_people(item)
    who = item["creator"] or "the creator"
    lines = [f"  {who} must act: {_told(found)}" for found in known]
    if not is_planned and item["reason"] and not known and not waiting:
        lines.append(f"  {item['status']}: {item['reason']}")
    return lines


def _for_people(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the errors of a stem that no tool can repair."""
    return [found for found in item["findings"] if found["severity"] == "error" and found["fix"] is None]


def _counted(numbers: Sequence[int]) -> str:
    """Return chapters in words.

    Examples
    --------
    >>> _counted([3]), _counted([1, 2, 3, 7])
    ('chapter 3', 'chapters 1-3, 7')
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    told = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
    return f"chapter{'s' if len(numbers) > 1 else ''} {told}"


def _told(found: Mapping[str, Any]) -> str:
    return f"{found['code']}: {found['message']} {found['advice']}"


def conform_verdict(data: Mapping[str, Any], *, has_written: bool) -> str:
    """Return the last line: how many files became what, and where they are."""
    count = Counter(item["status"] for item in data["items"])
    words = ", ".join(f"{count[word]} {word}" for word in _STATUSES if count[word])
    waiting = sum(bool(item["waiting"]) for item in data["items"])
    more = f" {waiting} would take more with --unsafe-fixes." if waiting else ""
    if count["planned"]:
        return f"Plan: {words}. Nothing was written.{more}"
    if not has_written:
        return f"Nothing to do: {words or 'there are no stems'}. Nothing was written.{more}"
    return f"Conformed into {data['out']}: {words}. Receipts are beside the files and in {data['out']}/receipts.{more}"


_STATUSES = ("written", "planned", "unchanged", "skipped", "failed")


def _row(item: Mapping[str, Any]) -> list[str]:
    steps = _steps(item["steps"])
    return [str(item["chapter"]), item["role"] or "-", item["status"], item["name"], steps]


def _steps(steps: Sequence[Mapping[str, Any]]) -> str:
    words = [step_words(step) + ("" if step["safe"] else " (unsafe)") for step in steps]
    return ", ".join(words) or "-"
