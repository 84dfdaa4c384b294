"""The film file: from what a person wrote to a `Film`, with every mistake reported at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stemkit.core.as_written import hint_for
from stemkit.core.errors import ManifestError, ProfileError
from stemkit.core.film import Boundary, Chapter, Crossfade, Ducking, FadeLaw, Film, Handles, MixSettings, Role, Stem
from stemkit.core.film_document import (
    ChapterPart,
    CrossfadePart,
    CrossfadesPart,
    FilmPart,
    HandlesPart,
    MixPart,
    StemsPart,
)
from stemkit.core.film_inserts import read_inserts
from stemkit.core.film_prints import with_prints
from stemkit.core.film_reading import Reading
from stemkit.core.film_waivers import read_waivers
from stemkit.core.names import is_archive
from stemkit.core.profile import DEFAULT_PROFILE, load_profile
from stemkit.core.toml_source import Location, dotted, read_toml

FILM_FILE = "film.toml"
LARGEST_TRIM_DB = 24.0


def load_film(path: Path, *, profile: str | None = None) -> Film:
    """Read a film file.

    Parameters
    ----------
    path
        The file, or the folder in which a ``film.toml`` lies.
    profile
        Name or file of a profile that takes the place of the one the film file names.

    Returns
    -------
    Film
        Chapters in the order of their numbers, paths absolute, times in frames. Sound files that do
        not exist are no errors here: a check says that they are missing.

    Raises
    ------
    ManifestError
        With every mistake that was found, each with its line, key and the nearest known key.
    ProfileError
        If ``profile`` does not exist or has errors.
    """
    path = path / FILM_FILE if path.is_dir() else path
    reading = Reading(read_toml(path, ManifestError))
    film = _film(reading, profile)
    if reading.problems:
        raise ManifestError(*sorted(reading.problems, key=lambda problem: problem.line or 0))
    return film


def _film(reading: Reading, profile: str | None) -> Film:
    document = reading.document
    part = document.film or FilmPart()
    mix = document.mix or MixPart()
    name = profile or part.profile or DEFAULT_PROFILE
    asked = _profile_handles(reading, name, ("film", "profile"), is_given=profile is not None)
    if mix.profile is not None:
        _profile_handles(reading, mix.profile, ("mix", "profile"), is_given=False)
    defaults = document.defaults
    handles = _handles(reading, defaults.handles if defaults else None, ("defaults", "handles"), asked)
    chapters = _chapters(reading, handles)
    film = Film(
        title=part.title or reading.base.name or "film",
        base=reading.base,
        chapters=chapters,
        frame_rate=reading.stated_rate,
        start_frame=reading.timecode(part.start_timecode, ("film", "start_timecode")) or 0,
        profile=name,
        manifest=reading.source.path.absolute(),
        crossfades=_crossfades(reading, defaults.crossfade if defaults else None, ("defaults", "crossfade")),
        boundaries=_boundaries(reading, chapters),
        mix=with_prints(_mix_settings(reading, mix, chapters), reading, mix, chapters),
        inserts=read_inserts(reading),
    )
    return replace(film, waivers=read_waivers(reading, film))


def _profile_handles(reading: Reading, name: str, location: Location, *, is_given: bool) -> Handles:
    """Load a profile for the handles it asks for; its errors belong to the film file that names it."""
    try:
        spec = load_profile(name, beside=reading.base).handles
        return Handles(reading.rate.parse_duration(spec.head), reading.rate.parse_duration(spec.tail))
    except ProfileError as error:
        if is_given:
            raise
        for problem in error.problems:
            if problem.path is None:
                reading.complain(problem.code, location, problem.message, problem.hint)
            else:
                reading.problems.append(problem)
        return Handles()


def _mix_settings(reading: Reading, mix: MixPart, chapters: Sequence[Chapter]) -> MixSettings:
    numbers = {str(chapter.number): chapter.number for chapter in chapters}
    trims = {}
    for key, trim_db in (reading.document.balance or {}).items():
        if key not in numbers:
            message = f"there is no chapter {key}"
            reading.complain("unknown_chapter", ("balance", key), message, hint_for(key, numbers))
        elif abs(trim_db) > LARGEST_TRIM_DB:
            message = f"a trim of {trim_db} dB is more than {LARGEST_TRIM_DB:.0f} dB"
            reading.complain("wrong_value", ("balance", key), message, "ask for the chapter at another level")
        else:
            trims[numbers[key]] = float(trim_db)
    most = 6.0 if mix.max_trim_db is None else mix.max_trim_db
    duck = Ducking(**(mix.duck.model_dump(exclude_none=True) if mix.duck else {}))
    me, me_gain_db = mix.me or "follow", mix.me_gain_db or 0.0
    return MixSettings(mix.profile, mix.limiter or "off", mix.balance or "none", most, trims, duck, me, me_gain_db)


def _handles(reading: Reading, part: HandlesPart | None, location: Location, otherwise: Handles) -> Handles:
    if part is None:
        return otherwise
    head = reading.frames(part.head, (*location, "head"))
    tail = reading.frames(part.tail, (*location, "tail"))
    return Handles(
        head_frames=otherwise.head_frames if head is None else head,
        tail_frames=otherwise.tail_frames if tail is None else tail,
    )


def _chapters(reading: Reading, handles: Handles) -> tuple[Chapter, ...]:
    """Return the chapters in film order: by their numbers, wherever they stand in the file."""
    chapters: dict[int, Chapter] = {}
    first_lines: dict[int, int | None] = {}
    for at, part in enumerate(reading.document.chapter or ()):
        location: Location = ("chapter", at)
        chapter = _chapter(reading, part, location, handles)
        if part.number is None:
            continue
        if part.number in chapters:
            first = first_lines[part.number]
            message = f"chapter {part.number} is there twice, first on line {first}"
            reading.complain("duplicate_chapter", (*location, "number"), message, "give each chapter its own number")
            continue
        chapters[part.number] = chapter
        first_lines[part.number] = reading.source.line_of((*location, "number"))
    if reading.document.chapter == []:
        reading.complain("missing_key", ("chapter",), "the film has no chapters", "add one [[chapter]] table for each")
    return tuple(chapters[number] for number in sorted(chapters))


def _chapter(reading: Reading, part: ChapterPart, location: Location, handles: Handles) -> Chapter:
    length = reading.frames(part.length, (*location, "length"))
    if length == 0:
        reading.complain("wrong_time", (*location, "length"), "a chapter cannot be 0 frames long")
    mix = part.reference_mix
    return Chapter(
        number=part.number or 0,
        title=part.title or "",
        creator=part.creator or "",
        length_frames=length,
        handles=_handles(reading, part.handles, (*location, "handles"), handles),
        folder=_folder(reading, part.folder, (*location, "folder")),
        declared_folder=part.folder or "",
        stems=_stems(reading, part.stems, (*location, "stems")),
        intentionally_silent=frozenset(part.intentionally_silent or ()),
        reference_mix=reading.path(mix, (*location, "reference_mix")) if mix is not None else None,
        language=part.language,
    )


def _folder(reading: Reading, text: str | None, location: Location) -> Path | None:
    path = reading.path(text, location) if text is not None else None
    if path is not None and _is_file(path) and not is_archive(path):
        hint = "name the folder or the zip archive, or declare the file under stems"
        reading.complain("wrong_path", location, f"{dotted(location)} is a file, not a folder: {text!r}", hint)
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _stems(reading: Reading, part: StemsPart | None, location: Location) -> tuple[Stem, ...]:
    stems = []
    for role in Role:
        declared = getattr(part, role.value) if part else None
        parts = declared if isinstance(declared, list) else [declared] if declared is not None else []
        for at, one in enumerate(parts):
            place: Location = (*location, role.value, at) if isinstance(declared, list) else (*location, role.value)
            text, track = (one, None) if isinstance(one, str) else (one.file, one.track)
            path = reading.path(text, place)
            if path is not None and _is_folder(path):
                hint = "name the sound file itself"
                reading.complain("wrong_path", place, f"{dotted(place)} is a folder: {text!r}", hint)
            elif path is not None:
                stems.append(Stem(role, path, text, track))
    return tuple(stems)


def _crossfades(reading: Reading, part: CrossfadesPart | None, location: Location) -> dict[Role, Crossfade]:
    crossfades = {}
    for role in Role:
        value = getattr(part, role.value) if part else None
        if value is not None:
            crossfades[role] = _crossfade(reading, value, (*location, role.value))
    return crossfades


def _crossfade(reading: Reading, value: str | int | CrossfadePart, location: Location) -> Crossfade:
    """Return a crossfade; a whole one is halved about the cut, which may fall on half frames."""
    if not isinstance(value, CrossfadePart):
        whole_frames = reading.frames(value, location) or 0
        return Crossfade(whole_frames, whole_frames)
    if value.before is None and value.after is None and reading.source.holds(location):
        hint = 'write how far it reaches, such as { before = "1s", after = "1s" }'
        reading.complain("missing_key", location, f"{dotted(location)} has neither before nor after", hint)
    law: FadeLaw = value.law or "equal-power"
    before = reading.frames(value.before, (*location, "before")) or 0
    after = reading.frames(value.after, (*location, "after")) or 0
    return Crossfade(2 * before, 2 * after, law)


def _boundaries(reading: Reading, chapters: Sequence[Chapter]) -> tuple[Boundary, ...]:
    numbers = [chapter.number for chapter in chapters]
    found: dict[int, Boundary] = {}
    for at, part in enumerate(reading.document.boundary or ()):
        location: Location = ("boundary", at)
        crossfades = _crossfades(reading, part, location)
        if part.after is None:
            continue
        if part.after in found:
            message = f"the cut after chapter {part.after} is there twice"
            reading.complain("duplicate_boundary", (*location, "after"), message, "put all roles into one [[boundary]]")
        elif part.after not in numbers[:-1]:
            message = f"there is no cut after chapter {part.after}"
            hint = hint_for(str(part.after), map(str, numbers[:-1]))
            reading.complain("unknown_chapter", (*location, "after"), message, hint)
        found.setdefault(part.after, Boundary(part.after, crossfades))
    return tuple(found[number] for number in sorted(found))
