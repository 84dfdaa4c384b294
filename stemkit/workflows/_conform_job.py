"""What a run of conforming works on, and how."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from stemkit.audio.other_chunks import other_chunks
from stemkit.audio.tags import SoundTags
from stemkit.core.facts import FilmFacts
from stemkit.core.film import Film
from stemkit.core.profile import Profile
from stemkit.core.progress import Event, Progress
from stemkit.plan.conform import ConformItem, ItemStatus
from stemkit.store.facts import FactStore
from stemkit.workflows._conform_tags import metadata_of, tags_of

A = TypeVar("A")
R = TypeVar("R")
Described = Mapping[str, Any]
_TASK = "conforming"


@dataclass(frozen=True, slots=True)
class Done:
    """An item of the plan and what became of it; ``before`` and ``after`` hold header and readings."""

    item: ConformItem
    before: Described | None = None
    after: Described | None = None
    is_defect: bool = False


@dataclass(slots=True)
class Job:
    """What a run works on, and how.

    Parameters
    ----------
    is_part
        Whether the run is about some of the film's stems; what an earlier run did for others stays in the tree.
    own_clocks
        Chapters with a stem that stays as it is and states a start of another clock than the film's: what is written
        beside it keeps its own too, so that they agree.
    threads
        How many measure one file: there are more of them only where there are fewer files than ``jobs``.
    """

    film: Film
    profile: Profile
    store: FactStore
    jobs: int
    progress: Progress
    before: Mapping[tuple[int, Path], Described] = field(default_factory=dict)
    facts: FilmFacts | None = None
    is_part: bool = False
    own_clocks: frozenset[int] = frozenset()
    others: Mapping[int, Mapping[str, list[str]]] = field(default_factory=dict)
    threads: int = 1

    def as_it_is(self, item: ConformItem) -> Done:
        """Return an item of which nothing new is made."""
        before = self.before.get((item.chapter, item.source))
        return Done(item, before, None if item.status is ItemStatus.PLANNED else before)

    def tags(self, item: ConformItem) -> SoundTags | None:
        """Return what an item is in its film."""
        if self.facts is None:
            return None
        tags = tags_of(item, self.facts)
        return replace(tags, start_samples=None) if item.chapter in self.own_clocks else tags

    def metadata(self, item: ConformItem) -> dict[str, Any] | None:
        """Return what a receipt says about an item's metadata, `None` for a plain copy."""
        tags = self.tags(item) if item.codes and item.steps else None
        return metadata_of(item, tags, self.profile) if tags is not None else None

    def kept_chunks(self, item: ConformItem) -> tuple[tuple[bytes, bytes], ...]:
        """Return the chunks of other programs that go into the conformed file."""
        if item.media is None or self.profile.format.foreign_chunks != "keep":
            return ()
        return tuple((chunk.name, chunk.body) for chunk in other_chunks(item.media) if chunk.is_whole)


class Told:
    """Counts the samples of all threads, and ends their work when the run is over."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.stop = threading.Event()
        self._progress, self._total, self._done = progress, total, 0
        self._lock = threading.Lock()

    def __call__(self, samples: int, item: str = "") -> None:
        """Count some more samples of an item."""
        if self.stop.is_set():
            raise InterruptedError("the run was ended")
        with self._lock:
            self._done += samples
            self._progress(Event(_TASK, min(self._done, self._total), self._total, item))
