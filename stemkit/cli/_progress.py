"""Progress on request as JSON lines, for programs that watch a long run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from stemkit.cli._console import ProgressDisplay, note
from stemkit.core.progress import Event, Progress, listeners

_EVERY_S = 0.2


@contextmanager
def shown_progress(progress_as: str, *, quiet: bool) -> Iterator[Progress]:
    """Show progress as ``text``, as ``json`` (asked for by name, so ``quiet`` does not end it), or not at all."""
    if progress_as == "json":
        lines = _Lines()
        listeners.append(lines)
        try:
            yield lines
        finally:
            listeners.remove(lines)
    else:
        with ProgressDisplay(shown=not quiet and progress_as == "text") as progress:
            yield progress


class _Lines:
    """Prints events as lines of JSON, some in a second, and the last one of every task."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._said_at = 0.0

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        is_new = event.task not in self._started
        started = self._started.setdefault(event.task, now)
        if not is_new and event.done < event.total and now - self._said_at < _EVERY_S:
            return
        self._said_at = now
        share = event.done / event.total if event.total else 1.0
        eta_s = round((now - started) * (1.0 - share) / share, 1) if share > 0.0 else None
        line = {"event": "progress", "task": event.task, "done": event.done, "total": event.total}
        note(json.dumps({**line, "item": event.item, "eta_s": eta_s}))
