"""How a mix does its work: on how many threads, told to whom, and stopped at once when it ends early."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from stemkit.core.parallel import all_of
from stemkit.core.progress import Event, Progress

T = TypeVar("T")
R = TypeVar("R")


class Counter:
    """Adds up the samples of a task for the progress display; several threads may tell it."""

    def __init__(self, progress: Progress, task: str, total: int) -> None:
        self._progress, self._task, self._total, self._done = progress, task, max(1, total), 0
        self._guard = threading.Lock()
        self._stopped = threading.Event()

    def __call__(self, samples: int) -> None:
        """Say that so many samples more are done; ends the caller's thread once the run is over."""
        if self._stopped.is_set():
            raise InterruptedError("the run was ended")
        with self._guard:
            self._done += samples
            self._progress(Event(self._task, min(self._done, self._total), self._total))

    def stop(self) -> None:
        """End the threads that are still counting."""
        self._stopped.set()


@dataclass(frozen=True, slots=True)
class Pace:
    """Threads and progress; what is made is the same whatever they are."""

    jobs: int
    progress: Progress

    def counter(self, task: str, total: int) -> Counter:
        """Return what a task tells its samples to."""
        return Counter(self.progress, task, total)

    def each(self, items: Sequence[T], do: Callable[[T], R], counter: Counter) -> list[R]:
        """Do something with every item, several at once; results in order. What fails stops the others."""
        return all_of(do, items, self.jobs, counter.stop)
