"""One callback of events: workflows call it, the command line draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """How far a piece of long work is.

    Parameters
    ----------
    task
        What is being done, a stable phrase such as ``"measuring stems"``.
    done, total
        Work units finished and expected; their unit is the task's own (samples or files).
    item
        What is being worked on now, for people, or an empty string.
    """

    task: str
    done: int
    total: int
    item: str = ""


Progress = Callable[[Event], None]

listeners: list[Progress] = []
"""Who hears of work that no workflow begins, such as compiling."""


def tell_listeners(event: Event) -> None:
    """Tell everybody who listens now."""
    for listener in tuple(listeners):
        listener(event)


def silent(event: Event) -> None:
    """Show nothing."""
