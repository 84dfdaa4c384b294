"""From a film to all that its rules may see: headers, readings of the stems, readings of their sums."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from stemkit.audio.probe import probe
from stemkit.core.errors import MediaError
from stemkit.core.facts import ChapterFacts, Delivery, FilmFacts, Measured, Need, StemFacts, StreamOf
from stemkit.core.film import Film, Stem
from stemkit.core.media import MediaInfo, MediaProblem, ProblemKind
from stemkit.core.profile import Profile
from stemkit.core.progress import Progress, silent
from stemkit.core.system import FileIdentity, identity_of
from stemkit.intake._work import Task, Work
from stemkit.intake.content import add_content
from stemkit.intake.reference import add_references
from stemkit.intake.stems import resolve
from stemkit.intake.sums import add_sums
from stemkit.meters._ledger import Ledger
from stemkit.meters._meter import meter_versions
from stemkit.rules._base import Rule
from stemkit.rules._engine import all_rules, needs_of
from stemkit.store.facts import FactStore


@dataclass(frozen=True, slots=True)
class GatheredFacts:
    """What was gathered: the facts for the rules, and the ledgers of the stems, by path.

    Parameters
    ----------
    identities
        Of the files, as they were before anything of them was read; whoever reads them again can tell a change.
    """

    facts: FilmFacts
    ledgers: Mapping[Path, Ledger] = field(default_factory=dict)
    identities: Mapping[Path, FileIdentity] = field(default_factory=dict)


def gather(
    film: Film,
    profile: Profile,
    *,
    rules: Iterable[Rule] | None = None,
    needs: frozenset[Need] | None = None,
    store: FactStore | None = None,
    jobs: int = 1,
    progress: Progress = silent,
    only_known: bool = False,
) -> GatheredFacts:
    """Find, probe and measure everything that a film's rules need.

    Parameters
    ----------
    film, profile
        As declared; files that do not exist stay in the facts with ``media = None``.
    rules
        Those that will be run, all by default. Stems are always measured; sums only where a rule needs them.
    needs
        What is measured; by default all that the rules need or want.
    store
        Where ledgers are kept between runs; `None` keeps nothing.
    jobs
        Files worked on at once; the result is the same whatever it is.
    only_known
        Listen to no chapter to which no earlier run has listened.

    Raises
    ------
    OutputError
        If a folder of the film cannot be listed, or an archive cannot be unpacked for want of space or rights.
    """
    needs = needs_of(all_rules() if rules is None else rules) if needs is None else needs
    work = Work(needs, jobs, progress, store, meter_versions())
    deliveries = resolve(film, store, each=work.each, progress=work.progress)
    identities = _identify_all(deliveries)
    found = _probe_all(deliveries, work)
    found, ledgers = _scan_all(found, work)
    chapters = tuple(_chapter_facts(delivery, found, ledgers, work) for delivery in deliveries)
    facts = add_content(FilmFacts(film, profile, chapters), ledgers, work, only_known=only_known)
    facts = add_references(facts, ledgers, work)
    return GatheredFacts(add_sums(facts, ledgers, work), ledgers, identities)


def _identify_all(deliveries: Iterable[Delivery]) -> dict[Path, FileIdentity]:
    found = {}
    for path in {stem.path for delivery in deliveries for stem in delivery.stems}:
        with contextlib.suppress(OSError):
            found[path] = identity_of(path)
    return found


def _probe_all(deliveries: Iterable[Delivery], work: Work) -> dict[Path, MediaInfo | None]:
    stems = [stem for delivery in deliveries for stem in delivery.stems]
    paths = list(dict.fromkeys(stem.path for stem in stems))
    found = dict(zip(paths, work.each(paths, _probed), strict=True))
    return found | {stem.path: _as_delivered(found[stem.path], stem) for stem in stems if stem.parts}


def _as_delivered(found: MediaInfo | None, stem: Stem) -> MediaInfo | None:
    """Return the header of a stem that was joined with the container in which its channels came."""
    first = _probed(stem.parts[0]) if found is not None and stem.parts else None
    return found if found is None or first is None else replace(found, container=first.container)


def _probed(path: Path) -> MediaInfo | None:
    try:
        return probe(path)
    except MediaError:
        return None


def _scan_all(
    found: Mapping[Path, MediaInfo | None], work: Work
) -> tuple[dict[Path, MediaInfo | None], dict[Path, Ledger]]:
    """Measure every file once; one that breaks off while it is read turns out to be unusable."""
    files = [media for media in found.values() if media is not None and media.is_usable]
    files.sort(key=lambda media: -media.length_samples * media.channels)  # nobody waits for a long one at the end
    task = Task("measuring stems", sum(media.length_samples for media in files), work.progress)
    threads = max(1, work.jobs // max(1, len(files)))
    ledgers: dict[Path, Ledger] = {}
    checked = dict(found)

    def scan(media: MediaInfo) -> MediaInfo:
        try:
            ledgers[media.path] = work.scan(media, task, threads)
        except MediaError as error:
            problem = MediaProblem(ProblemKind.UNREADABLE, error.problems[0].message)
            return replace(media, problem=problem)
        return media

    scanned: list[MediaInfo] = work.each(files, scan)
    checked.update((media.path, media) for media in scanned)
    return checked, ledgers


def _chapter_facts(
    delivery: Delivery, found: Mapping[Path, MediaInfo | None], ledgers: Mapping[Path, Ledger], work: Work
) -> ChapterFacts:
    def stem_facts(stem: Stem) -> StemFacts:
        ledger = ledgers.get(stem.path)
        measured = Measured() if ledger is None else work.measured(ledger, StreamOf.STEM)
        return StemFacts(stem, found[stem.path], measured)

    return ChapterFacts(delivery, tuple(map(stem_facts, delivery.stems)))
