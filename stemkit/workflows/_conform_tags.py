"""What a conformed stem is in its film, as its metadata says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stemkit.audio.other_chunks import other_chunks
from stemkit.audio.tags import Marker, SoundTags
from stemkit.core.facts import ChapterFacts, FilmFacts, StemFacts
from stemkit.core.naming import MCA_NAMES
from stemkit.core.profile import Profile
from stemkit.plan.conform import ConformItem
from stemkit.render.conform import shape_after
from stemkit.rules._base import fit_of


def tags_of(item: ConformItem, facts: FilmFacts) -> SoundTags:
    """Return the tags of an item: place in the film and markers only where film file and length tell them."""
    film = facts.film
    chapter, stem = _found(item, facts)
    name = MCA_NAMES[item.role] if item.role else ""
    title = chapter.chapter.title
    scene = f"{item.chapter}{f' {title}' if title and film.manifest else ''}"
    description = f"{film.title}, chapter {scene}: {name}"
    start: int | None = None
    markers: tuple[Marker, ...] = ()
    fit, frames = fit_of(stem, chapter, facts), film.start_frame_of(item.chapter)
    if film.frame_rate is not None and fit is not None and item.media is not None:
        rate_hz = shape_after(item.media, item.steps).sample_rate_hz
        head = film.frame_rate.samples_at(fit.handles.head_frames, rate_hz)
        length = film.frame_rate.samples_at(chapter.chapter.length_frames or 0, rate_hz)
        markers = (Marker(head, "picture start"), Marker(head + length, "picture end"))
        if frames is not None:
            first = film.frame_rate.samples_at(film.start_frame + frames, rate_hz) - head
            start = first if first >= 0 else None
    originator = chapter.chapter.creator if film.manifest else ""
    return SoundTags(film.title, scene, name, description, originator, start, film.frame_rate, markers)


def chapters_with_own_clock(items: Iterable[ConformItem], facts: FilmFacts) -> frozenset[int]:
    """Return the chapters in which a stem that stays as it is states another start than its place in the film."""
    kept = [item for item in items if item.output is not None and item.role is not None and not item.changes_file]
    return frozenset(item.chapter for item in kept if _states_another_start(item, facts))


def _states_another_start(item: ConformItem, facts: FilmFacts) -> bool:
    bext = item.media.bext if item.media is not None else None
    if item.media is None or bext is None or not bext.time_reference_samples:
        return False
    start = tags_of(item, facts).start_samples
    return start is not None and abs(bext.time_reference_samples - start) > item.media.sample_rate_hz // 1000


def metadata_of(item: ConformItem, tags: SoundTags, profile: Profile) -> dict[str, Any]:
    """Return as JSON data what a conformed file says of itself, and what of other programs was in its source."""
    chunks = other_chunks(item.media) if item.media is not None else ()
    names = [chunk.name.decode("ascii", "replace").strip() for chunk in chunks]
    private = [f"{name}: {what}" for name, chunk in zip(names, chunks, strict=True) for what in chunk.private]
    return {
        "project": tags.project,
        "scene": tags.scene,
        "name": tags.name,
        "originator": tags.originator,
        "start_samples": tags.start_samples,
        "frame_rate": str(tags.frame_rate) if tags.frame_rate else None,
        "markers": [[marker.at_samples, marker.label] for marker in tags.markers],
        "foreign_chunks": profile.format.foreign_chunks,
        "of_other_programs": names,
        "private": private,
    }


def _found(item: ConformItem, facts: FilmFacts) -> tuple[ChapterFacts, StemFacts]:
    return next(
        (chapter, stem)
        for chapter in facts.chapters
        for stem in chapter.stems
        if (chapter.chapter.number, stem.stem.role, stem.stem.path) == (item.chapter, item.role, item.source)
    )
