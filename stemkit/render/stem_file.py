"""One conformed stem as a file: written once, then opened again and measured as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from stemkit.audio.probe import probe
from stemkit.audio.tags import SoundTags, ixml_chunk, marker_chunks
from stemkit.audio.writer import Chunks, PrintWriter, WriteFormat, container_of, needed_bytes, write_levels
from stemkit.audio.written import Put, hash_written
from stemkit.core.block import Stream
from stemkit.core.checksum import Checksum
from stemkit.core.errors import MediaError, OutputError, Problem, RenderError
from stemkit.core.files import sha256_of
from stemkit.core.layout import LAYOUTS, mask_of
from stemkit.core.media import Bext, MediaInfo
from stemkit.core.steps import RemapChannels, Requantise, Resample, ShiftSound, Step, Subtype
from stemkit.core.timebase import resampled_length
from stemkit.dsp.channels import remap
from stemkit.dsp.quantise import DitherKey, is_on_grid, packed_24, quantise
from stemkit.meters._ledger import Ledger
from stemkit.meters._segments import KnownParts
from stemkit.meters.scan import scan_file
from stemkit.meters.summary import summarise
from stemkit.plan.storage import BITS, WRITABLE, changes_values
from stemkit.render.conform import is_plain_copy, process_stream, shape_after

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class StemFile:
    """A conformed stem as it lies on the disk."""

    media: MediaInfo
    ledger: Ledger
    sha256: str


def stem_format(media: MediaInfo, steps: tuple[Step, ...]) -> WriteFormat:
    """Return how a stem will be stored once its steps were taken.

    Raises
    ------
    RenderError
        If the plan does not say how, or the order of the channels is not known.
    """
    shape = shape_after(media, steps)
    named = [step.subtype for step in steps if isinstance(step, Requantise)]
    kept = [subtype for subtype in WRITABLE if subtype == media.subtype]
    if shape.layout is None or not (named or kept):
        message = f"the plan does not say how to store {media.subtype} in {shape.channels} channels"
        raise RenderError(Problem("incomplete_plan", message, "make the plan again", str(media.path)))
    return WriteFormat(shape.sample_rate_hz, (named or kept)[0], shape.layout, shape.length_samples)


def bytes_needed(
    media: MediaInfo, steps: tuple[Step, ...], made_by: str, tags: SoundTags | None = None, others: Chunks = ()
) -> int:
    """Return the size that the conformed file will have."""
    fmt = stem_format(media, steps)
    bext = _bext(media, steps, fmt, made_by, tags)
    return needed_bytes(fmt, bext, _chunks(bext, fmt, tags, others))


def _chunks(bext: Bext, fmt: WriteFormat, tags: SoundTags | None, others: Chunks) -> Chunks:
    if tags is None:
        return tuple(others)
    bits, layout = BITS.get(fmt.subtype, 32), fmt.layout
    ixml = ixml_chunk(tags, fmt.sample_rate_hz, bits, layout, bext.time_reference_samples)
    return (ixml, *marker_chunks(tags.markers), *others)


def planned_media(media: MediaInfo, steps: tuple[Step, ...], path: Path, made_by: str) -> MediaInfo:
    """Return what will be found at a path once `conform_stem` has written there without tags."""
    fmt = stem_format(media, steps)
    bext = _bext(media, steps, fmt, made_by)
    size, bits = needed_bytes(fmt, bext), BITS.get(fmt.subtype, 32)
    mask = mask_of(fmt.layout) if fmt.layout.name not in ("mono", "stereo") else None
    return MediaInfo(
        path=path,
        container=container_of(fmt, bext),
        subtype=fmt.subtype,
        sample_rate_hz=fmt.sample_rate_hz,
        channels=fmt.layout.count,
        length_samples=fmt.length_samples,
        size_bytes=size,
        bit_depth_bits=bits,
        valid_bits=bits,
        is_float=fmt.subtype == "FLOAT",
        channel_mask=mask,
        layout=fmt.layout,
        layout_source="mask" if mask else "assumed",
        declared_bytes=fmt.data_bytes,
        data_offset_bytes=size - fmt.data_bytes - fmt.data_bytes % 2,
    )


def conform_stem(
    media: MediaInfo,
    steps: tuple[Step, ...],
    role: str,
    path: Path,
    *,
    made_by: str,
    on_samples: Told | None = None,
    tags: SoundTags | None = None,
    others: Chunks = (),
    threads: int | None = None,
) -> StemFile:
    """Take a stem's steps, write it, and measure what was written.

    Parameters
    ----------
    media
        The source, as probed; it is only read.
    steps
        From the plan, complete.
    role
        Whose dither it gets.
    path
        Where to write; a temporary name, as a run's files are renamed together.
    made_by
        Name and version of the program, for the coding history.
    on_samples
        Called with how many samples were done, twice the file's length in all: writing and measuring.
    tags
        What the sound is in its film, for the file's metadata; `None` keeps the source's.
    others
        Chunks of the source that are kept.
    threads
        How many measure; as many as there are processors, by default.

    Raises
    ------
    MediaError
        If the source cannot be read to its end.
    RenderError
        If a step cannot be done, or the file is not what it was to be.
    """
    fmt = stem_format(media, steps)
    told = on_samples or (lambda samples: None)
    bext = _bext(media, steps, fmt, made_by, tags)
    put = Put(_chunks(bext, fmt, tags, others), Checksum())
    with PrintWriter(path, fmt, bext=bext, chunks=put.chunks, durable=False, checksum=put.checksum) as writer:
        for length in _stored(writer, media, steps, fmt, role):
            told(length)
    return measured_file(path, fmt, told, bext, put, threads)


def _stored(
    writer: PrintWriter, media: MediaInfo, steps: tuple[Step, ...], fmt: WriteFormat, role: str
) -> Iterator[int]:
    """Write the sound on the grid of its format, block by block; what becomes both sides of stereo is rounded once."""
    copies = [step for step in steps if isinstance(step, RemapChannels) and is_plain_copy(media, steps)]
    stream = process_stream(media, tuple(step for step in steps if step not in copies))
    key, touched = DitherKey(role, "conform"), fmt.subtype != "FLOAT" and _is_touched(media, steps, fmt.subtype)
    if fmt.subtype == "PCM_24" and touched and fmt.layout.count == 2:  # nearly all: dithered and packed at once
        position = 0
        for block in stream:
            writer.push_packed(packed_24(block, key, position, 2 if copies else 1))
            position += len(block)
            yield len(block)
        return
    if fmt.subtype != "FLOAT":
        stream = quantise(stream, BITS[fmt.subtype], key, touched=touched)
    for block in remap(stream, LAYOUTS["mono"], fmt.layout) if copies else stream:
        writer.push(block)
        yield len(block)


def measured_file(
    path: Path,
    fmt: WriteFormat | None = None,
    told: Told | None = None,
    bext: Bext | None = None,
    put: Put | None = None,
    threads: int | None = None,
    known: KnownParts | None = None,
) -> StemFile:
    """Open a file that was just written, measure it, and see that it is what it was to be.

    Parameters
    ----------
    bext
        Its ``bext`` chunk, which gets the levels that were measured.
    put
        What was written; `None` for a file that was copied.
    known
        Parts of it that were measured in the file from which they were copied.

    Raises
    ------
    RenderError
        If it is something else.
    OutputError
        If it cannot be read again: then the disk is at fault, not the source.
    """
    try:
        return _measured_file(path, fmt, told, bext, put, threads, known)
    except (MediaError, OSError) as error:
        reason = error.problems[0].message if isinstance(error, MediaError) else error.strerror or str(error)
        hint = "check the disk and whether something removes files there"
        message = f"what was written cannot be read again: {reason}"
        raise OutputError(Problem("written_and_gone", message, hint, str(path.parent))) from error


def _measured_file(
    path: Path,
    fmt: WriteFormat | None,
    told: Told | None,
    bext: Bext | None,
    put: Put | None,
    threads: int | None,
    known: KnownParts | None,
) -> StemFile:
    media = probe(path)
    if not media.is_usable or (fmt is not None and _described(media) != _wanted(fmt)):
        message = f"the file written is {_described(media)}, not what was planned"
        raise RenderError(Problem("not_as_planned", message, "run again; if it stays, report it", str(path)))
    layout = fmt.layout if fmt is not None else media.layout
    ledger = scan_file(media, layout=layout, on_samples=told, threads=threads, known=known)
    if bext is not None:
        bext = with_levels(bext, ledger)
        write_levels(path, bext)
        media = replace(media, bext=bext)
    sha256 = sha256_of(path) if fmt is None or put is None else hash_written(path, fmt, bext, put)
    return StemFile(replace(media, problem=None), ledger, sha256)


def with_levels(bext: Bext, ledger: Ledger) -> Bext:
    """Return Broadcast Wave fields with the levels that were measured."""
    measured = summarise(ledger)
    return replace(
        bext,
        loudness_lufs=measured.programme_loudness_lufs,
        loudness_range_lu=measured.loudness_range_lu,
        max_true_peak_dbtp=measured.true_peak_dbtp,
        max_momentary_lufs=measured.max_momentary_lufs,
        max_short_term_lufs=measured.max_short_term_lufs,
    )


def _described(media: MediaInfo) -> tuple[int, str, int, int]:
    return (media.sample_rate_hz, media.subtype, media.channels, media.length_samples)


def _wanted(fmt: WriteFormat) -> tuple[int, str, int, int]:
    return (fmt.sample_rate_hz, fmt.subtype, fmt.layout.count, fmt.length_samples)


def _is_touched(media: MediaInfo, steps: tuple[Step, ...], subtype: Subtype) -> bool:
    """Tell whether a stem needs dither: what is on the grid already passes bit for bit."""
    bits = BITS[subtype]
    if changes_values(media, steps):
        return True
    if media.subtype.startswith("PCM_") and (media.bit_depth_bits or 0) in range(1, bits + 1):
        return False
    return not _all_on_grid(process_stream(media, steps), bits)


def _all_on_grid(stream: Stream, bits: int) -> bool:
    return all(is_on_grid(block, bits) for block in stream)


def _bext(
    media: MediaInfo, steps: tuple[Step, ...], fmt: WriteFormat, made_by: str, tags: SoundTags | None = None
) -> Bext:
    """Return the Broadcast Wave fields: the source's where nothing better is known, and what was done (EBU R 98)."""
    source = media.bext or Bext()
    done = " ".join(step.kind for step in steps)
    width = BITS.get(fmt.subtype, 32)
    line = f"A=PCM,F={fmt.sample_rate_hz},W={width},M={fmt.layout.name},T={made_by}; {done}\r\n"
    history = source.coding_history
    history += "" if not history or history.endswith("\n") else "\r\n"
    return Bext(
        description=(tags.description if tags else "") or source.description,
        originator=(tags.originator if tags else "") or source.originator or "stemkit",
        originator_reference=source.originator_reference,
        origination_date=source.origination_date,
        origination_time=source.origination_time,
        time_reference_samples=_reference(source, media, steps, fmt, tags),
        coding_history=history + line,
    )


def _reference(
    source: Bext, media: MediaInfo, steps: tuple[Step, ...], fmt: WriteFormat, tags: SoundTags | None
) -> int:
    """Return the time of the first sample: by the film where the place in it is known, else the source's."""
    if tags is not None and tags.start_samples is not None:
        return tags.start_samples
    reference = source.time_reference_samples
    if any(isinstance(step, Resample) for step in steps):
        reference = resampled_length(reference, media.sample_rate_hz, fmt.sample_rate_hz)
    shifted = sum(step.by_samples for step in steps if isinstance(step, ShiftSound))
    return max(0, reference - shifted) if reference else 0
