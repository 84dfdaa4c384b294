"""Which file is which stem: roles by file name, and never one of two silently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from stemkit.audio._video import TrackError
from stemkit.core.errors import ManifestError, Problem
from stemkit.core.facts import Delivery, Unplaced, UnplacedReason
from stemkit.core.film import Chapter, Film, Role, Stem
from stemkit.core.names import archive_of
from stemkit.core.progress import Event, Progress, silent
from stemkit.core.roles import Recognition, recognise
from stemkit.intake.discrete import together
from stemkit.intake.listing import look_into, sounds_below
from stemkit.intake.unpacked import Unpacked, track_file, unpacked
from stemkit.store.facts import FactStore


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a chapter's sound lies, and what of its place was not opened."""

    folder: Path | None
    sounds: tuple[Path, ...] = ()
    unopened: tuple[Unplaced, ...] = ()
    given: Mapping[Path, Path] = field(default_factory=dict)


def resolve(
    film: Film,
    store: FactStore | None = None,
    *,
    each: Callable[[Sequence[Chapter], Callable[[Chapter], Delivery]], list[Delivery]] | None = None,
    progress: Progress = silent,
) -> tuple[Delivery, ...]:
    """Find the stems of every chapter.

    Parameters
    ----------
    film
        Chapters with declared stems keep them, whether the files exist or not; in a chapter's folder,
        the remaining roles are found by file name, one level of folders deep. A folder that is a zip archive,
        or holds nothing else, is unpacked; mono files that are channels of one stem are joined.
    store
        Beside whose facts archives are unpacked; `None` does that for as long as the program runs.
    each
        Does something for every chapter, perhaps several at once; results in order.

    Raises
    ------
    OutputError
        If a folder cannot be listed, or the system refuses to unpack.
    ManifestError
        If a video file does not hold the track that the film file names.
    """
    declared = [stem.path for chapter in film.chapters for stem in chapter.stems]
    declared += [chapter.reference_mix for chapter in film.chapters if chapter.reference_mix is not None]
    claimed = frozenset(path.absolute() for path in declared)
    packed = [chapter.folder for chapter in film.chapters if chapter.folder and archive_of(chapter.folder)]
    done: list[Path] = []

    def delivery_of(chapter: Chapter) -> Delivery:
        def told() -> None:
            if chapter.folder is not None:
                progress(Event("opening archives", len(done), max(1, len(packed)), chapter.folder.name))

        delivery = _delivery(film, chapter, claimed, store, told)
        if chapter.folder in packed:
            done.append(chapter.folder)
            told()
        return delivery

    return tuple(each(film.chapters, delivery_of) if each is not None else map(delivery_of, film.chapters))


def role_of(path: Path, folder: Path | None, passing_over: Iterable[str] = ()) -> Recognition:
    """Recognise a file by its name and, where it lies in a folder within the chapter's, by that name too.

    The file's own name decides where it is one of what the folder says; where the two contradict
    each other, both roles are returned, and the file is nobody's.
    """
    titles = tuple(passing_over)
    own = recognise(path.name, titles)
    if folder is None or path.parent == folder:
        return own
    outer = recognise(path.parent.name, titles)
    if own.is_mix or (own.roles and (own.roles <= outer.roles or not outer.roles)):
        return own
    return Recognition(own.roles | outer.roles, outer.is_mix and not own.roles)


def _delivery(
    film: Film, chapter: Chapter, claimed: frozenset[Path], store: FactStore | None, told: Callable[[], None]
) -> Delivery:
    place = _place_of(chapter, store, told)
    titles = (film.title, chapter.title, chapter.creator) if film.manifest else ()
    declared: dict[Role, list[Stem]] = {}
    for stem in chapter.stems:
        declared.setdefault(stem.role, []).append(_as_file(stem, chapter, store))
    found: dict[Role, list[Stem]] = {}
    unplaced = list(place.unopened)
    for path in place.sounds:
        if path.absolute() in claimed:
            continue
        recognition = role_of(path, place.folder, titles)
        role = recognition.role
        if role is None:
            unplaced.append(_unplaced(path, recognition))
        elif role not in declared:
            found.setdefault(role, []).append(Stem(role, path, _as_given(chapter, place, path)))
    sure = {role: together(stems, store) for role, stems in declared.items()}
    open_ones = {role: together(stems, store) for role, stems in found.items()}
    sure |= {role: stems for role, stems in open_ones.items() if len(stems) == 1}
    return Delivery(
        chapter=chapter,
        stems=tuple(stem for role in Role for stem in sure.get(role, ())),
        candidates={
            role: tuple(stem.path for stem in open_ones[role])
            for role in Role
            if role in open_ones and role not in sure
        },
        unplaced=tuple(unplaced),
        given={**place.given, **_given(chapter.stems, declared), **_first_parts(sure, place.given)},
    )


def _given(stems: Sequence[Stem], files: Mapping[Role, Sequence[Stem]]) -> dict[Path, Path]:
    """Return where declared stems were delivered that are tracks of a video file."""
    taken = (one for role in Role for one in files.get(role, ()))
    declared = (one for role in Role for one in stems if one.role is role)
    pairs = zip(taken, declared, strict=True)
    return {
        file.path: stem.path.with_name(f"{stem.path.name} (track {stem.track})")
        for file, stem in pairs
        if file.path != stem.path
    }


def _first_parts(stems: Mapping[Role, Sequence[Stem]], given: Mapping[Path, Path]) -> dict[Path, Path]:
    """Return where the first channels of joined stems were delivered."""
    joined = [stem for found in stems.values() for stem in found if stem.parts]
    return {stem.path: given.get(stem.parts[0], stem.parts[0]) for stem in joined}


def _as_file(stem: Stem, chapter: Chapter, store: FactStore | None) -> Stem:
    """Return a stem that is one track of a video file as a stem that is a file of its own."""
    if stem.track is None:
        return stem
    declared = f"{stem.declared_path} (track {stem.track})"
    try:
        return replace(stem, path=track_file(stem.path, stem.track, store), declared_path=declared)
    except TrackError as error:
        key = f"chapter {chapter.number}, stems.{stem.role}.track"
        raise ManifestError(Problem("unknown_track", str(error), error.hint, str(stem.path), key=key)) from error
    except (OSError, ImportError):
        return stem  # that it is not there, or cannot be read, is a finding


def _place_of(chapter: Chapter, store: FactStore | None, told: Callable[[], None]) -> _Place:
    folder = chapter.folder
    if chapter.given or folder is None:
        return _Place(folder, chapter.given)
    if (archive := archive_of(folder)) is not None:
        return _out_of(archive, unpacked(archive, store, told), folder.relative_to(archive))
    sounds = tuple(sounds_below(folder))
    archives = look_into(folder).archives
    if len(archives) == 1 and not sounds:
        return _out_of(archives[0], unpacked(archives[0], store, told), Path())
    why = "sound lies beside it" if sounds else "there are several"
    return _Place(folder, sounds, tuple(Unplaced(path, UnplacedReason.ARCHIVE, (), why) for path in archives))


def _out_of(archive: Path, found: Unpacked, inside: Path) -> _Place:
    if found.folder is None:
        return _Place(None, (), (Unplaced(archive, UnplacedReason.ARCHIVE, (), found.reason),))
    folder = found.folder / inside
    sounds = tuple(sounds_below(folder))
    return _Place(folder, sounds, (), {path: archive / path.relative_to(found.folder) for path in sounds})


def _unplaced(path: Path, recognition: Recognition) -> Unplaced:
    roles = tuple(role for role in Role if role in recognition.roles)
    if recognition.is_mix:
        return Unplaced(path, UnplacedReason.MIX, roles)
    return Unplaced(path, UnplacedReason.TWO_ROLES if roles else UnplacedReason.NO_ROLE, roles)


def _as_given(chapter: Chapter, place: _Place, path: Path) -> str:
    """Return a found file's path in the words in which its folder or archive was given."""
    if place.folder is None or not chapter.declared_folder:
        return str(path)
    return str(Path(chapter.declared_folder) / path.relative_to(place.folder))
