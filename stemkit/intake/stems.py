"""Which file is which stem: roles by file name, and never one of two silently."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stemkit.core.facts import Delivery, Unplaced, UnplacedReason
from stemkit.core.film import Chapter, Film, Role, Stem
from stemkit.core.roles import Recognition, recognise
from stemkit.intake.listing import sounds_below


def resolve(film: Film) -> tuple[Delivery, ...]:
    """Find the stems of every chapter.

    Parameters
    ----------
    film
        Chapters with declared stems keep them, whether the files exist or not; in a chapter's folder,
        the remaining roles are found by file name, one level of folders deep.

    Raises
    ------
    OutputError
        If a folder cannot be listed.
    """
    declared = [stem.path for chapter in film.chapters for stem in chapter.stems]
    declared += [chapter.reference_mix for chapter in film.chapters if chapter.reference_mix is not None]
    claimed = frozenset(path.absolute() for path in declared)
    return tuple(_delivery(film, chapter, claimed) for chapter in film.chapters)


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


def _delivery(film: Film, chapter: Chapter, claimed: frozenset[Path]) -> Delivery:
    declared = {stem.role for stem in chapter.stems}
    titles = (film.title, chapter.title, chapter.creator) if film.manifest else ()
    found: dict[Role, list[Path]] = {}
    unplaced = []
    for path in _sounds(chapter):
        if path.absolute() in claimed:
            continue
        recognition = role_of(path, chapter.folder, titles)
        role = recognition.role
        if role is None:
            unplaced.append(_unplaced(path, recognition))
        elif role not in declared:
            found.setdefault(role, []).append(path)
    stems = [Stem(role, paths[0], _as_given(chapter, paths[0])) for role, paths in found.items() if len(paths) == 1]
    order = list(Role)
    return Delivery(
        chapter=chapter,
        stems=tuple(sorted((*chapter.stems, *stems), key=lambda stem: order.index(stem.role))),
        candidates={role: tuple(found[role]) for role in order if len(found.get(role, ())) > 1},
        unplaced=tuple(unplaced),
    )


def _sounds(chapter: Chapter) -> Iterable[Path]:
    if chapter.given:
        return chapter.given
    return sounds_below(chapter.folder) if chapter.folder is not None else ()


def _unplaced(path: Path, recognition: Recognition) -> Unplaced:
    roles = tuple(role for role in Role if role in recognition.roles)
    if recognition.is_mix:
        return Unplaced(path, UnplacedReason.MIX, roles)
    return Unplaced(path, UnplacedReason.TWO_ROLES if roles else UnplacedReason.NO_ROLE, roles)


def _as_given(chapter: Chapter, path: Path) -> str:
    """Return a found file's path in the words in which its folder was given."""
    if chapter.folder is None or not chapter.declared_folder:
        return str(path)
    return str(Path(chapter.declared_folder) / path.relative_to(chapter.folder))
