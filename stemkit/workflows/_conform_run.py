"""Carrying a conform plan out: what is not there yet is written as one set, several files at once."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from stemkit import __version__
from stemkit.audio.other_chunks import other_chunks
from stemkit.audio.tags import SoundTags
from stemkit.core.errors import MediaError, Problem, RenderError
from stemkit.core.facts import FilmFacts
from stemkit.core.files import OutputSet, require_space, sha256_of, tidy
from stemkit.core.film import Film
from stemkit.core.profile import Profile
from stemkit.core.progress import Event, Progress
from stemkit.core.system import identity_of
from stemkit.meters.summary import summarise
from stemkit.plan.conform import ConformItem, ConformPlan, ItemStatus
from stemkit.render.stem_file import bytes_needed, conform_stem
from stemkit.report.check import media_as_dict
from stemkit.store.facts import FactStore
from stemkit.workflows._conform_tags import tags_of
from stemkit.workflows._conformed_tree import (
    FILM_FILE,
    Earlier,
    Receipt,
    as_bytes,
    film_file_of,
    look_at,
    profiles_of,
    receipt_name,
    receipt_of,
)

A = TypeVar("A")
R = TypeVar("R")
Described = Mapping[str, Any]

MADE_BY = f"stemkit {__version__}"
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
    """

    film: Film
    profile: Profile
    store: FactStore
    jobs: int
    progress: Progress
    before: Mapping[tuple[int, Path], Described] = field(default_factory=dict)
    facts: FilmFacts | None = None
    is_part: bool = False
    others: Mapping[int, Mapping[str, list[str]]] = field(default_factory=dict)

    def as_it_is(self, item: ConformItem) -> Done:
        """Return an item of which nothing new is made."""
        before = self.before.get((item.chapter, item.source))
        return Done(item, before, None if item.status is ItemStatus.PLANNED else before)

    def tags(self, item: ConformItem) -> SoundTags | None:
        """Return what an item is in its film."""
        return tags_of(item, self.facts) if self.facts is not None else None

    def kept_chunks(self, item: ConformItem) -> tuple[tuple[bytes, bytes], ...]:
        """Return the chunks of other programs that go into the conformed file."""
        if item.media is None or self.profile.format.foreign_chunks != "keep":
            return ()
        return tuple((chunk.name, chunk.body) for chunk in other_chunks(item.media) if chunk.is_whole)

    def each(self, items: Sequence[A], do: Callable[[A], R], stop: threading.Event) -> list[R]:
        """Do something with every item, several at once; results in order."""
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = [pool.submit(do, item) for item in items]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [future.result() for future in futures]


@dataclass(frozen=True, slots=True)
class _Written:
    """A file that lies under its temporary name."""

    sha256: str
    after: Described | None


class _Told:
    """Counts the samples of all threads, and ends their work when the run is over."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.stop = threading.Event()
        self._progress, self._total, self._done = progress, total, 0
        self._lock = threading.Lock()

    def __call__(self, samples: int) -> None:
        if self.stop.is_set():
            raise InterruptedError("the run was ended")
        with self._lock:
            self._done += samples
            self._progress(Event(_TASK, min(self._done, self._total), self._total))


def carry_out(plan: ConformPlan, out: Path, job: Job) -> tuple[tuple[Done, ...], bool]:
    """Make the conformed tree complete; tell whether anything had to be written.

    Raises
    ------
    UsageError
        If a source, or a file of somebody else, is in the way.
    OutputError
        If the system refuses to write; nothing is left then.
    """
    kept = [item for item in plan.items if item.output is not None]
    digests = job.each([item.source for item in kept], job.store.sha256_of, threading.Event())
    sources = dict(zip((item.source for item in kept), digests, strict=True))
    earlier = look_at(out)
    receipts = {item.output: earlier.done(item, sources[item.source], job.store) for item in kept}
    todo = [item for item in kept if receipts[item.output] is None]
    job.others = earlier.others(plan.items) if job.is_part else {}
    if not todo and not _texts(plan.items, out, job):
        tidy(out)
        return tuple(_again(item, receipts.get(item.output), job) for item in plan.items), False
    _make_sure(todo, out, earlier, job)
    with OutputSet(out) as output:
        results = _write_all(todo, output, job)
        files = dict(zip((item.output for item in todo), results, strict=True))
        done = tuple(_finished(item, files.get(item.output), receipts.get(item.output), job) for item in plan.items)
        _commit(done, files, sources, output, job)
    for name, file in files.items():
        if isinstance(file, _Written):
            job.store.remember_sha256(out / str(name), file.sha256)
    return done, True


def _make_sure(todo: Sequence[ConformItem], out: Path, earlier: Earlier, job: Job) -> None:
    """See before the first byte that nothing is in the way and that the disk is large enough."""
    manifest = [job.film.manifest] if job.film.manifest else []
    names = [str(item.output) for item in todo] + [FILM_FILE for _ in manifest]
    earlier.refuse_strangers(names, [*(item.source for item in todo), *manifest])
    require_space(out, sum(_size(item, job) for item in todo))


def _size(item: ConformItem, job: Job) -> int:
    assert item.media is not None
    if not item.changes_file:
        return item.media.size_bytes
    return bytes_needed(item.media, item.steps, MADE_BY, job.tags(item), job.kept_chunks(item))


def _texts(items: Sequence[ConformItem], out: Path, job: Job) -> dict[str, bytes]:
    """Return the small files of the tree that are not there as they should be; the film file comes last."""
    wanted = profiles_of(job.film)
    if (film_file := film_file_of(job.film, items, job.others)) is not None:
        wanted[FILM_FILE] = film_file
    return {name: data for name, data in wanted.items() if not _holds(out / name, data)}


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _again(item: ConformItem, receipt: Receipt | None, job: Job) -> Done:
    """Return an item of which an earlier run has left what is to be."""
    if item.status is not ItemStatus.PLANNED or receipt is None:
        return job.as_it_is(item)
    reason = "; ".join(filter(None, ("conformed by an earlier run, unchanged since", item.reason)))
    was = job.as_it_is(item)
    return Done(replace(item, status=ItemStatus.UNCHANGED, reason=reason), was.before, receipt.get("after"))


def _write_all(items: Sequence[ConformItem], output: OutputSet, job: Job) -> list[_Written | RenderError | MediaError]:
    told = _Told(job.progress, sum(2 * item.media.length_samples for item in items if item.media))
    return job.each(items, lambda item: _write(item, output, job, told), told.stop)


def _write(item: ConformItem, output: OutputSet, job: Job, told: _Told) -> _Written | RenderError | MediaError:
    """Write one file; what fails fails alone."""
    name = str(item.output)
    path = output.temporary(name)
    try:
        before = identity_of(item.source)
        written = _conformed(item, path, job, told) if item.changes_file else _copied(item, path, told)
        if identity_of(item.source) != before:
            hint = "run again once nobody writes to it any more"
            raise RenderError(Problem("changed_meanwhile", "the source changed while it was read", hint))
    except (MediaError, RenderError) as error:
        output.discard(name)
        return error
    return written


def _conformed(item: ConformItem, path: Path, job: Job, told: _Told) -> _Written:
    assert item.media is not None
    role = item.role.value if item.role else ""
    tags, others = job.tags(item), job.kept_chunks(item)
    file = conform_stem(item.media, item.steps, role, path, made_by=MADE_BY, on_samples=told, tags=tags, others=others)
    media = replace(file.media, path=Path(str(item.output)))
    return _Written(file.sha256, {"media": media_as_dict(media), "measured": summarise(file.ledger).as_dict()})


def _copied(item: ConformItem, path: Path, told: _Told) -> _Written:
    """Copy a file byte for byte; its readings are those of the source."""
    assert item.media is not None
    shutil.copyfile(item.source, path)
    told(item.media.length_samples)
    sha256 = sha256_of(path)
    if sha256 != sha256_of(item.source):
        raise RenderError(Problem("copy_differs", "the copy is not the source", "run again", str(item.source)))
    told(item.media.length_samples)
    return _Written(sha256, None)


def _finished(
    item: ConformItem, file: _Written | RenderError | MediaError | None, receipt: Receipt | None, job: Job
) -> Done:
    was = job.as_it_is(item)
    if isinstance(file, RenderError | MediaError):
        reason = file.problems[0].message
        return Done(replace(item, status=ItemStatus.FAILED, output=None, reason=reason), was.before)
    if file is None:
        return _again(item, receipt, job)
    if item.status is ItemStatus.PLANNED:
        return Done(replace(item, status=ItemStatus.WRITTEN), was.before, file.after or was.before)
    return was


def _commit(
    done: Sequence[Done],
    files: Mapping[str | None, _Written | RenderError | MediaError],
    sources: Mapping[Path, str],
    output: OutputSet,
    job: Job,
) -> None:
    """Write receipts and film file, then rename everything as one set."""
    written = {name: file for name, file in files.items() if isinstance(file, _Written)}
    receipts = []
    for each in done:
        item, file = each.item, written.get(each.item.output)
        if item.output is None or file is None:
            continue
        receipts.append(receipt_name(item.output))
        receipt = receipt_of(
            item,
            job.profile,
            source_sha256=sources[item.source],
            sha256=file.sha256,
            before=each.before,
            after=each.after,
        )
        output.write(receipts[-1], as_bytes(receipt))
    texts = _texts([each.item for each in done], output.folder, job)
    for name, data in texts.items():
        output.write(name, data)
    # A receipt whose file is missing shows an unfinished run; a file without a receipt would be a stranger's.
    output.commit([*receipts, *(str(name) for name in written), *texts])
