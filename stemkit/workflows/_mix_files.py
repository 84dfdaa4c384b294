"""What the files of the prints are called, what stands in their headers, and what in their leaders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stemkit import __version__
from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.tags import Marker, SoundTags, ixml_chunk, marker_chunks
from stemkit.audio.writer import container_of, needed_bytes
from stemkit.core.block import Block
from stemkit.core.errors import Problem, RenderError
from stemkit.core.film import Film
from stemkit.core.media import Bext
from stemkit.core.profile import Profile
from stemkit.core.timebase import Span
from stemkit.plan.deliverables import Form, Leader, PrintFile, plan_form, print_stem, start_samples
from stemkit.plan.routing import PrintRow
from stemkit.plan.storage import BITS
from stemkit.plan.timeline import Timeline
from stemkit.render.print_files import PrintTarget, Target
from stemkit.signals.leader import leader_sound

_MOST_OF_HEADER = 1 << 16


def space_needed(film: Film, timeline: Timeline, profile: Profile) -> int:
    """Return the size that all prints together have at most."""
    form = plan_form(film, timeline, profile)
    files = [file for spec in profile.prints for file in form.files(print_stem(film, spec.name))]
    return sum(needed_bytes(form.format_of(file), Bext()) + _MOST_OF_HEADER for file in files)


def targets_for(
    film: Film,
    timeline: Timeline,
    rows: Sequence[PrintRow],
    profile: Profile,
    form: Form,
    path_of: Callable[[str], Path],
) -> dict[str, PrintTarget]:
    """Return for each print the files to write.

    Parameters
    ----------
    path_of
        Gives the temporary path of a file.
    """
    head, tail = _leader_sounds(film, form)
    silent = {spec.name for spec in profile.prints if not spec.leader_tone}
    targets = {}
    for row in rows:
        mute = row.name in silent
        files = tuple(
            _target(film, timeline, row, form, file, path_of(file.name), _muted(head, mute), _muted(tail, mute))
            for file in form.files(print_stem(film, row.name))
        )
        targets[row.name] = PrintTarget(files, form.layout.count, form.bits)
    return targets


def _target(
    film: Film,
    timeline: Timeline,
    row: PrintRow,
    form: Form,
    file: PrintFile,
    path: Path,
    head: Block | None,
    tail: Block | None,
) -> Target:
    fmt, leader = form.format_of(file), form.leader
    bext = _bext(film, row, form, file)
    markers = _markers(film, timeline, file.film, leader)
    name = f"{row.name}.{file.label}" if file.label else row.name
    scene = f"reel {file.reel}" if file.reel else ""
    start = bext.time_reference_samples
    tags = SoundTags(film.title, scene, name, bext.description, bext.originator, start, film.frame_rate, markers)
    chunks = (
        ixml_chunk(tags, fmt.sample_rate_hz, BITS.get(fmt.subtype, 32), fmt.layout, start),
        *marker_chunks(markers),
    )
    return Target(path, fmt, file.film, file.channels, bext, chunks, markers, form.container, head, tail)


def _bext(film: Film, row: PrintRow, form: Form, file: PrintFile) -> Bext:
    roles = " + ".join(role.value for role in row.roles)
    what = [f"{film.title}: {row.name} ({roles})"]
    what += [f"reel {file.reel}"] if file.reel else []
    what += [f"channel {file.label}"] if file.label else []
    fmt = form.format_of(file)
    width = BITS.get(fmt.subtype, 32)
    history = f"A=PCM,F={fmt.sample_rate_hz},W={width},M={fmt.layout.name},T=stemkit {__version__}; mix\r\n"
    return Bext(
        description=", ".join(what),
        originator="stemkit",
        time_reference_samples=start_samples(film, form.sample_rate_hz) + file.film.start - form.leader.head_samples,
        coding_history=history,
    )


def _markers(film: Film, timeline: Timeline, reel: Span, leader: Leader) -> tuple[Marker, ...]:
    """Return where the chapters begin that begin in a reel."""
    return tuple(
        Marker(leader.head_samples + at - reel.start, f"{chapter.number} {chapter.title}".strip())
        for chapter in film.chapters
        if chapter.number in timeline.chapters
        and reel.start <= (at := timeline.chapters[chapter.number].start) < reel.end
    )


def _muted(sound: Block | None, mute: bool) -> Block | None:
    return np.zeros_like(sound) if sound is not None and mute else sound


def _leader_sounds(film: Film, form: Form) -> tuple[Block | None, Block | None]:
    leader = form.leader

    def sound(length: int, tones: Sequence[Span]) -> Block | None:
        rate_hz, level, frequency = form.sample_rate_hz, leader.level_dbfs, leader.frequency_hz
        return leader_sound(length, tones, rate_hz, frequency, level, form.bits) if length else None

    head, tail = sound(leader.head_samples, leader.tones_before), sound(leader.tail_samples, leader.tones_after)
    if film.mix.slate is not None:
        head = _with_slate(film.mix.slate, head, form)
    return head, tail


def _with_slate(path: Path, head: Block | None, form: Form) -> Block:
    """Lay the slate into the head, between line-up tone and pop."""
    media = probe(path)
    room = _room_for_slate(form.leader)
    if not media.is_usable or (media.sample_rate_hz, media.channels) != (form.sample_rate_hz, 1):
        hint = f"export it as a mono WAV of {form.sample_rate_hz} Hz"
        message = f"the slate is {media.channels} channels of {media.sample_rate_hz} Hz"
        raise RenderError(Problem("bad_slate", message, hint, str(path), key="mix.slate"))
    if head is None or media.length_samples > room.length:
        there = room.length / form.sample_rate_hz
        message = f"the slate is {media.duration_s:.1f} s long, the leader has {there:.1f} s for it"
        hint = "choose a profile with a longer [delivery.leader] head, or a shorter slate"
        raise RenderError(Problem("no_room_for_slate", message, hint, str(path), key="mix.slate"))
    sound = np.concatenate([*read_blocks(media), np.zeros((0, 1))])
    steps = 2.0 ** (form.bits - 1)
    laid = head.copy()
    laid[room.start : room.start + len(sound)] = np.clip(np.rint(sound * steps), -steps, steps - 1.0) / steps
    return laid


def _room_for_slate(leader: Leader) -> Span:
    """Return what is silent after the line-up tone and before the pop."""
    start = next((tone.end for tone in leader.tones_before if tone.start == 0), 0)
    end = next((tone.start for tone in leader.tones_before if tone.start > 0), leader.head_samples)
    return Span(start, max(start, end))


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a print as it was written and proven."""

    file: PrintFile
    sha256: str
    form: Form

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        fmt, leader, file = self.form.format_of(self.file), self.form.leader, self.file
        return {
            "path": file.name,
            "sha256": self.sha256,
            "reel": file.reel,
            "channels": list(fmt.layout.labels) if file.label is None else [file.label],
            "channel_indices": list(file.channels),
            "container": "FLAC" if self.form.container == "flac" else container_of(fmt, Bext()),
            "subtype": fmt.subtype,
            "start_samples": file.film.start,
            "length_samples": fmt.length_samples,
            "programme_samples": file.film.length,
            "head_samples": leader.head_samples,
            "tail_samples": leader.tail_samples,
        }


def parts_of(film: Film, form: Form, hashes: Mapping[str, Sequence[str]]) -> dict[str, tuple[Part, ...]]:
    """Return the files of each print under their final names."""
    return {
        name: tuple(
            Part(file, sha256, form) for file, sha256 in zip(form.files(print_stem(film, name)), found, strict=True)
        )
        for name, found in hashes.items()
    }
