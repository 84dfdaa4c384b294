"""How gathering is done: by how many at once, seen by whom, remembered where."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from stemkit.core.block import Stream
from stemkit.core.facts import Measured, Need, StreamOf
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import MediaInfo
from stemkit.core.profile import Profile
from stemkit.core.progress import Event, Progress
from stemkit.dsp.streams import tap
from stemkit.meters._ledger import Ledger
from stemkit.meters._listening import listening_modules
from stemkit.meters._meter import read
from stemkit.meters.integrity import Integrity
from stemkit.meters.scan import Scanner, scan_file
from stemkit.meters.summary import Summary, summarise
from stemkit.store.facts import FactStore

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Task:
    """Progress of one piece of work, told from any thread."""

    name: str
    total: int
    progress: Progress
    done: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def advance(self, amount: int, item: str = "") -> None:
        """Say that some of the work is done."""
        with self._guard:
            self.done = min(self.total, self.done + amount)
            self.progress(Event(self.name, self.done, self.total, item))


class StoppedError(Exception):
    """Work was given up, because it was interrupted or failed elsewhere."""


@dataclass(slots=True)
class Work:
    """What all steps of gathering share.

    Parameters
    ----------
    needs
        What is to be measured; nothing else is.
    store
        Where ledgers are kept between runs; `None` keeps nothing.
    versions
        Versions of the meters: facts of other versions are not believed.
    """

    needs: frozenset[Need]
    jobs: int
    progress: Progress
    store: FactStore | None
    versions: Mapping[str, int]
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        told = self.progress

        def tell(event: Event) -> None:
            self._go_on()
            told(event)

        self.progress = tell

    def _go_on(self) -> None:
        """End the thread that asks, where the run is over: a long scan keeps nobody waiting."""
        if self._stop.is_set():
            raise StoppedError

    def each(self, items: Sequence[T], do: Callable[[T], R]) -> list[R]:
        """Do something with every item, several at once; results come in the order of the items."""
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = [pool.submit(do, item) for item in items]
            try:
                return [future.result() for future in futures]
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def scan(self, media: MediaInfo, task: Task, threads: int) -> Ledger:
        """Return the ledger of a file, measured only if it has changed since the last time.

        Raises
        ------
        MediaError
            If the file cannot be read to its end.
        """
        layout = media.layout.name if media.layout else ""
        if self.store and (kept := self.store.get(media.path, layout, self.versions)) is not None:
            task.advance(media.length_samples, media.path.name)
            return kept
        ledger = scan_file(
            media,
            layout=media.layout,
            on_samples=lambda samples: task.advance(samples, media.path.name),
            threads=threads,
        )
        if self.store:
            self.store.put(media.path, layout, self.versions, ledger)
        return ledger

    def derive(self, what: str, profile: Profile, stream: Callable[[], Stream], task: Task) -> Ledger:
        """Return the ledger of a sound made from files, kept under ``what`` it is made of.

        Parameters
        ----------
        what
            Digests, steps and places of all that the sound is made from.
        stream
            Makes the sound, at the profile's rate and layout.
        """
        form, layout = profile.format, LAYOUTS[profile.format.layout]
        what = f"{form.sample_rate_hz} {form.layout} {what}"
        key = hashlib.sha256(what.encode()).hexdigest()
        if self.store and (kept := self.store.get_facts(key, "", self.versions)) is not None:
            return kept
        scanner = Scanner(form.sample_rate_hz, layout.count, layout)
        for block in tap(stream(), scanner):
            self._go_on()
            task.advance(len(block))
        ledger = scanner.result()
        if self.store:
            self.store.put_facts(key, "", self.versions, ledger)
        return ledger

    def measured(self, ledger: Ledger, of: StreamOf) -> Measured:
        """Return the readings that are needed of a kind of sound, and the numbers that stand beside it."""
        kinds = {need.what for need in self.needs if need.of is of and need.what not in listening_modules()}
        if of is StreamOf.STEM:
            kinds.add(Integrity)
        return Measured({**{kind: read(ledger, kind) for kind in kinds}, Summary: summarise(ledger)})
