"""Stems after their steps: what they hold is known from when they were first made; made are those that are read.

A mix over an earlier one reads few of its stems. What the report says of the others, and where their words are, is
kept in the store, under the digest of their source and their steps.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stemkit.core.errors import Problem, RenderError, StemkitError
from stemkit.core.media import MediaInfo
from stemkit.core.system import identity_of
from stemkit.meters._ledger import Ledger
from stemkit.meters._meter import meter_versions
from stemkit.render.stem_file import conform_stem, planned_media
from stemkit.store.facts import FactStore
from stemkit.workflows._conform_run import MADE_BY
from stemkit.workflows._mix_pace import Pace
from stemkit.workflows._mix_stems import TakenStem
from stemkit.workflows._mix_told import Seen

CONFORMED = "conformed"
"""Key of the JSON object of a mix under which it is said how many stems were conformed."""
_KEPT = f"conformed by {MADE_BY}"


class ConformedStems:
    """The stems that a mix takes, as they are read: in place, or in a folder of the run.

    Parameters
    ----------
    folder
        Where those are written that cannot be read in place.
    store
        Where earlier runs kept what they measured; stems that are not known there are made at once.
    """

    def __init__(self, seen: Seen, folder: Path, pace: Pace, store: FactStore) -> None:
        self._seen, self._pace, self._store = seen, pace, store
        self._todo = {
            stem: planned_media(stem.media, stem.item.steps, folder / f"{number:04d}.wav", MADE_BY)
            for number, stem in enumerate(stem for stem in seen.taken if not stem.is_in_place)
        }
        self._by_path = {media.path: stem for stem, media in self._todo.items()}
        self._ledgers = {stem: known for stem in self._todo if (known := self._known(stem)) is not None}
        self._made: set[TakenStem] = set()
        self._guard = threading.Lock()
        self._make([stem for stem in self._todo if stem not in self._ledgers])

    @property
    def needed(self) -> int:
        """How many stems cannot be read in place."""
        return len(self._todo)

    @property
    def made(self) -> int:
        """How many of them this run has made."""
        return len(self._made)

    def media(self, stem: TakenStem) -> MediaInfo:
        """Return the file that is read for a stem, there or not yet."""
        return self._todo.get(stem, stem.media)

    def ledger(self, stem: TakenStem) -> Ledger:
        """Return what was measured of that file."""
        return self._ledgers[stem] if stem in self._todo else self._seen.gathered.ledgers[stem.media.path]

    def sounds(self) -> dict[Path, str]:
        """Return what identifies the sound of each file that is read."""
        return {self.media(stem).path: self._seen.identity(stem) for stem in self._seen.taken}

    def ready(self, paths: Iterable[Path]) -> None:
        """Make those of some files that are not there yet."""
        wanted = [self._by_path[path] for path in dict.fromkeys(paths) if path in self._by_path]
        with self._guard:
            self._make([stem for stem in wanted if stem not in self._made])

    def described(self) -> dict[TakenStem, tuple[MediaInfo, Ledger]]:
        """Return form and measurements of all stems that cannot be read in place."""
        return {stem: (media, self._ledgers[stem]) for stem, media in self._todo.items()}

    def as_dict(self) -> dict[str, int]:
        """Return how many had to be made, as JSON data."""
        return {"needed": self.needed, "made": self.made}

    def _known(self, stem: TakenStem) -> Ledger | None:
        return self._store.get_facts(self._seen.identity(stem), _KEPT, meter_versions())

    def _make(self, stems: Sequence[TakenStem]) -> None:
        if not stems:
            return
        told = self._pace.counter("conforming", sum(2 * stem.media.length_samples for stem in stems))

        def make(stem: TakenStem) -> Ledger:
            planned = self._todo[stem]
            made = conform_stem(
                stem.media, stem.item.steps, stem.role.value, planned.path, made_by=MADE_BY, on_samples=told
            )
            require_unchanged(self._seen, [stem])
            known = self._ledgers.get(stem, made.ledger)
            written = replace(made.media, bext=None, chunks=())
            if written != planned or known.digest != made.ledger.digest:
                message = "a conformed stem is not what it was to be"
                raise RenderError(
                    Problem("not_as_planned", message, "run again; if it stays, report it", str(stem.media.path))
                )
            if known is made.ledger:
                self._store.put_facts(self._seen.identity(stem), _KEPT, meter_versions(), known)
            return known

        self._ledgers |= dict(zip(stems, self._pace.each(stems, make, told), strict=True))
        self._made |= set(stems)


def require_unchanged(seen: Seen, stems: Iterable[TakenStem] | None = None) -> None:
    """See that sources are still the files that were measured; all of them, if none is named.

    A file that was written to and put back as it was has been read in between, for all that is known.

    Raises
    ------
    RenderError
        With every source that is not.
    """
    changed = {
        stem.media.path: stem
        for stem in (seen.taken if stems is None else stems)
        if not _is_the_same(stem.media.path, seen)
    }
    if changed:
        hint = "nothing was written; run again once nobody writes to it any more"
        raise RenderError(
            *(
                Problem(
                    "changed_meanwhile",
                    f"chapter {stem.chapter} {stem.role.value} changed while it was mixed",
                    hint,
                    str(path),
                )
                for path, stem in changed.items()
            )
        )


def _is_the_same(path: Path, seen: Seen) -> bool:
    try:
        return identity_of(path) == seen.gathered.identities[path]
    except (OSError, KeyError):
        return False


@contextmanager
def blaming_sources(seen: Seen) -> Iterator[None]:
    """Where a run fails because a source changed, say that instead of what it led to."""
    try:
        yield
    except StemkitError:
        require_unchanged(seen)
        raise
