"""Compiling is said once, whichever command needs it first, in the words of that command's progress."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stemkit.cli._console import ProgressDisplay
from stemkit.cli._progress import shown_progress
from stemkit.core.progress import Event, listeners, tell_listeners


def test_whoever_shows_progress_tells_of_preparing_and_only_meanwhile(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay(shown=True):
        tell_listeners(Event("preparing", 0, 1))
        tell_listeners(Event("preparing", 1, 1))
    tell_listeners(Event("preparing", 0, 1))
    assert capsys.readouterr().err == "preparing ...\n"
    assert listeners == []


def test_nobody_tells_of_preparing_where_progress_is_not_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay(shown=False):
        tell_listeners(Event("preparing", 0, 1))
    assert capsys.readouterr().err == ""


def test_programs_hear_of_preparing_too(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress("json", quiet=False):
        tell_listeners(Event("preparing", 0, 1))
    assert json.loads(capsys.readouterr().err)["task"] == "preparing"
    assert listeners == []


def test_compiling_a_kernel_is_told_and_nobody_else_s_compiling_is() -> None:
    from numba import float64

    from stemkit.kernels._compile import EVERY_TIME, ONCE, inner

    def ours(x: float) -> float:
        return 2.0 * x

    def theirs(x: float) -> float:
        return 3.0 * x

    heard: list[Event] = []
    listeners.append(heard.append)
    try:
        for function, module in ((ours, "stemkit.kernels.example"), (theirs, "elsewhere")):
            function.__module__ = module
            compiled: Any = inner(function)
            compiled.compile((float64,))
    finally:
        listeners.clear()
    assert [event.done for event in heard] == [0, 1]
    assert {event.task for event in heard} <= {ONCE, EVERY_TIME}
