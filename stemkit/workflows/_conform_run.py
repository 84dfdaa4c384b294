"""Carrying a conform plan out: what is not there yet is written as one set, several files at once."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from stemkit import __version__
from stemkit.core.errors import MediaError, Problem, RenderError
from stemkit.core.files import OutputSet, require_space, sha256_of, tidy
from stemkit.core.leftovers import leftover_bytes
from stemkit.core.parallel import all_of, in_order
from stemkit.core.system import identity_of
from stemkit.meters.summary import summarise
from stemkit.plan.conform import ConformItem, ConformPlan, ItemStatus
from stemkit.render.stem_file import StemFile, bytes_needed, conform_stem, measured_file
from stemkit.report.check import media_as_dict
from stemkit.workflows._conform_job import Described, Done, Job, Told
from stemkit.workflows._conform_split import split
from stemkit.workflows._conform_verify import (
    REFERENCE,
    Place,
    Written,
    place_of,
    readings,
    repaired_codes,
    still_there,
)
from stemkit.workflows._conformed_tree import (
    FILM_FILE,
    Earlier,
    Receipt,
    as_bytes,
    beside_name,
    film_file_of,
    key_of,
    look_at,
    profiles_of,
    receipt_name,
    receipt_of,
)

__all__ = ["MADE_BY", "Done", "carry_out"]

MADE_BY = f"stemkit {__version__}"


@dataclass(frozen=True, slots=True)
class _Written:
    """What lies under temporary names; its hashes by the names that the files will have."""

    hashes: Mapping[str, str]
    after: Described | None
    seen: Written | None = None


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
    digests = list(in_order(job.store.sha256_of, [item.source for item in kept], job.jobs))
    sources = dict(zip((item.source for item in kept), digests, strict=True))
    earlier = look_at(out)
    receipts = {item.output: earlier.done(item, sources[item.source], job.store, job.metadata(item)) for item in kept}
    todo = [item for item in kept if receipts[item.output] is None]
    job.others = earlier.others(plan.items) if job.is_part else {}
    if not todo and not _texts(plan.items, out, job, ()):
        tidy(out)
        return tuple(_again(item, receipts.get(item.output), job) for item in plan.items), False
    _make_sure(todo, out, earlier, job)
    with OutputSet(out, takes_finished=True) as output:
        results = _write_all(todo, sources, output, job)
        files = dict(zip((item.output for item in todo), results, strict=True))
        defects = _verify(todo, files, output, job)
        for item in todo:
            if item.files:  # its channels are in files of their own
                output.discard(str(item.output))
        done = tuple(_finished(item, files.get(item.output), receipts.get(item.output), job) for item in plan.items)
        done = tuple(replace(one, is_defect=place_of(one.item) in defects) for one in done)
        _commit(done, files, sources, output, job)
    for file in files.values():
        for name, sha256 in file.hashes.items() if isinstance(file, _Written) else ():
            job.store.remember_sha256(out / name, sha256)
    return done, True


def _verify(
    items: Sequence[ConformItem],
    files: dict[str | None, _Written | RenderError | MediaError],
    output: OutputSet,
    job: Job,
) -> frozenset[Place]:
    """Check what was written with the rules that asked for it; what is not cured is no output."""
    if job.facts is None:
        return frozenset()
    left = still_there(items, _seen(items, files, output), job.facts)
    for item in items:
        code = left.get(place_of(item))
        if code is not None:
            for name in item.written_names:
                output.discard(name)
            message = f"{code} is still there after its repair: a defect of stemkit, the file was not kept"
            files[item.output] = RenderError(Problem("not_cured", message, "please report it", str(item.source)))
    return frozenset(left)


def _seen(
    items: Sequence[ConformItem], files: Mapping[str | None, _Written | RenderError | MediaError], output: OutputSet
) -> dict[Place, Written]:
    seen = {}
    for item in items:
        file = files[item.output]
        if isinstance(file, _Written) and file.seen is not None:
            # A finished file waits under another name than the one it was written under.
            now = output.temporary(str(item.output)) if REFERENCE in repaired_codes(item) else file.seen.media.path
            seen[place_of(item)] = replace(file.seen, media=replace(file.seen.media, path=now))
    return seen


def _make_sure(todo: Sequence[ConformItem], out: Path, earlier: Earlier, job: Job) -> None:
    """See before the first byte that nothing is in the way and that the disk is large enough."""
    manifest = [job.film.manifest] if job.film.manifest else []
    names = [name for item in todo for name in (*item.written_names, beside_name(str(item.output)))]
    names += [FILM_FILE for _ in manifest]
    earlier.refuse_strangers(names, [*(item.source for item in todo), *manifest])
    require_space(out, sum(_size(item, job) for item in todo) - leftover_bytes(out))


def _size(item: ConformItem, job: Job) -> int:
    assert item.media is not None
    if not item.changes_file:
        return item.media.size_bytes * (2 if item.files else 1)
    size = bytes_needed(item.media, item.steps, MADE_BY, job.tags(item), job.kept_chunks(item))
    return size * (2 if item.files else 1)


def _texts(items: Sequence[ConformItem], out: Path, job: Job, written: Container[str | None]) -> dict[str, bytes]:
    """Return the small files of the tree that are not there as they should be; the film file comes last."""
    wanted = profiles_of(job.film)
    for output in (item.output for item in items if item.output is not None and item.output not in written):
        with contextlib.suppress(OSError):
            wanted[beside_name(output)] = (out / receipt_name(output)).read_bytes()
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
    same, was = replace(item, status=ItemStatus.UNCHANGED, reason=reason), job.as_it_is(item)
    return Done(same, was.before, receipt.get("after"))


def _write_all(
    items: Sequence[ConformItem], sources: Mapping[Path, str], output: OutputSet, job: Job
) -> list[_Written | RenderError | MediaError]:
    told = Told(job.progress, sum(2 * item.media.length_samples for item in items if item.media))
    job.threads = max(1, job.jobs // max(1, len(items)))
    do = partial(_write, sources=sources, output=output, job=job, told=told)
    return all_of(do, items, job.jobs, told.stop.set, _work_of)


def _work_of(item: ConformItem) -> int:
    return item.media.length_samples * item.media.channels if item.media else 0


def _write(
    item: ConformItem, sources: Mapping[Path, str], output: OutputSet, job: Job, told: Told
) -> _Written | RenderError | MediaError:
    """Write one file; what fails fails alone."""
    name = str(item.output)
    key = key_of(item, sources[item.source], job.metadata(item), job.kept_chunks(item))
    was_finished = item.changes_file and not item.files and output.adopt(name, key) is not None
    path = output.temporary(name)
    try:
        before = identity_of(item.source)
        if was_finished:
            written = _as_written(item, measured_file(path, threads=job.threads))
            told(2 * (item.media.length_samples if item.media else 0), name)
        else:
            written = _conformed(item, path, job, told) if item.changes_file else _copied(item, path, told)
        if item.files:
            written = replace(written, hashes=_split(item, path, output, job))
            if REFERENCE not in repaired_codes(item):  # else it is compared once more, when all are written
                output.discard(name)
        elif item.changes_file and not was_finished:
            output.finished(name, key)
        if identity_of(item.source) != before:
            hint = "run again once nobody writes to it any more"
            raise RenderError(Problem("changed_meanwhile", "the source changed while it was read", hint))
    except (MediaError, RenderError) as error:
        for each in (name, *item.files):
            output.discard(each)
        return error
    return written


def _split(item: ConformItem, path: Path, output: OutputSet, job: Job) -> dict[str, str]:
    tags = job.tags(item) if item.changes_file else None
    return split(path, {name: output.temporary(name) for name in item.files}, tags, job.kept_chunks(item), MADE_BY)


def _conformed(item: ConformItem, path: Path, job: Job, told: Told) -> _Written:
    assert item.media is not None
    role = item.role.value if item.role else ""
    on_samples = partial(told, item=str(item.output))
    file = conform_stem(
        item.media, item.steps, role, path, made_by=MADE_BY, on_samples=on_samples, tags=job.tags(item),
        others=job.kept_chunks(item), threads=job.threads,
    )  # fmt: skip
    return _as_written(item, file)


def _as_written(item: ConformItem, file: StemFile) -> _Written:
    media = replace(file.media, path=Path(str(item.output)))
    after = {"media": media_as_dict(media), "measured": summarise(file.ledger).as_dict()}
    return _Written(
        {str(item.output): file.sha256}, after, Written(file.media, readings(item, file.media, file.ledger))
    )


def _copied(item: ConformItem, path: Path, told: Told) -> _Written:
    """Copy a file byte for byte; its readings are those of the source."""
    assert item.media is not None
    shutil.copyfile(item.source, path)
    told(item.media.length_samples)
    sha256 = sha256_of(path)
    if sha256 != sha256_of(item.source):
        raise RenderError(Problem("copy_differs", "the copy is not the source", "run again", str(item.source)))
    told(item.media.length_samples)
    return _Written({str(item.output): sha256}, None)


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
        receipt = receipt_of(
            item,
            job.profile,
            source_sha256=sources[item.source],
            hashes=file.hashes,
            before=each.before,
            after=each.after,
            metadata=job.metadata(item),
        )
        data = as_bytes(receipt)
        for name in (receipt_name(item.output), beside_name(item.output)):
            output.write(name, data)
            receipts.append(name)
    texts = _texts([each.item for each in done], output.folder, job, written)
    for name, data in texts.items():
        output.write(name, data)
    # A receipt whose file is missing shows an unfinished run; a file without a receipt would be a stranger's.
    output.commit(receipts, [name for file in written.values() for name in file.hashes], list(texts))
