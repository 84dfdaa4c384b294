"""Will these stems be accepted? Facts, then rules, then one verdict a chapter. Writes nothing."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stemkit.core.errors import ProfileError
from stemkit.core.facts import FilmFacts
from stemkit.core.film import Chapter, Film, Stem
from stemkit.core.manifest import FILM_FILE
from stemkit.core.profile import Profile, load_profile
from stemkit.core.progress import Progress, silent
from stemkit.intake.deep import add_deep_likeness
from stemkit.intake.facts import gather
from stemkit.intake.folder import open_film
from stemkit.intake.in_hand import chapter_in_hand, in_this_folder
from stemkit.report.build import build_check_report
from stemkit.report.check import build_check, ranked, verdict_of
from stemkit.rules._engine import RuleRun, run_rules, selected_rules
from stemkit.store.facts import FactStore, open_store
from stemkit.texts.language import DEFAULT
from stemkit.workflows._severities import Severities, unknown_codes
from stemkit.workflows.verify import is_mix, verify_mix

_SPOKEN = ("text", "markdown", "csv", "html", "junit")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was checked, and what came out.

    Parameters
    ----------
    facts, run
        What the rules saw, and what they said.
    report
        The JSON object of ``check``; every other form is made from it.
    """

    facts: FilmFacts
    run: RuleRun
    report: dict[str, Any]

    @property
    def verdict(self) -> str:
        """``ready``, ``fix`` or ``ask``."""
        return verdict_of(self.run.findings)

    def in_format(self, name: str, lang: str = DEFAULT, width: int | None = None) -> str:
        """Return the report in a format, by the name of its module in `stemkit.report.formats`; text has a width."""
        render = importlib.import_module(f"stemkit.report.formats.{name}").render
        report = build_check_report(self.report, self.facts.film)
        said = [lang] if name in _SPOKEN else []
        return str(render(report, *said, **({"width": width} if width and name == "text" else {})))

    @property
    def has_errors(self) -> bool:
        """Whether anything of severity error was found and not waived."""
        return any(finding.is_blocking for finding in self.run.findings)

    @property
    def has_crashed(self) -> bool:
        """Whether a rule failed as a program."""
        return self.run.has_crashed


def check(
    paths: Sequence[Path] = (),
    *,
    film_file: Path | None = None,
    profile: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    severity: Sequence[str] = (),
    fix_into: Path | None = None,
    deep: bool = False,
    rehash: bool = False,
    jobs: int = 1,
    progress: Progress = silent,
) -> CheckResult:
    """Check stems, a chapter's folder or a film.

    Parameters
    ----------
    paths
        Files, folders or a film file; none for the film file of the current folder or its parents.
    film_file
        The film whose chapters the paths are.
    profile
        Name or file; wins over the film's own.
    select, ignore
        Codes of rules or their beginnings.
    severity
        ``LEVEL``: findings below it are not listed; ``CODE=LEVEL``: a rule's findings have that severity.
    fix_into
        Folder for repaired copies, which are checked then; nothing is written where it is `None`.
    deep
        Listen to music a second time, with librosa, for voices in it, and draw spectrograms of what is found in the
        content; takes some tens of seconds a stem.
    rehash
        Read every file again, whatever is kept from earlier runs.
    jobs
        Files worked on at once; the result is the same whatever it is.

    Raises
    ------
    StemkitError
        If a path does not exist, or the film file or the profile has errors.
    """
    store = open_store(rehash=rehash)
    if film_file is None and len(paths) == 1 and is_mix(paths[0]):
        return _check_prints(paths[0], store, jobs, progress)
    film = open_film(paths, film_file=film_file, profile=profile)
    film = _of_this_folder(film, paths)
    severities = Severities.read(severity)
    spec = severities.of_profile(load_profile(film.profile, beside=film.base))
    selected_rules(spec, select, ignore)
    if problems := unknown_codes(spec):
        raise ProfileError(*problems)
    as_delivered = film
    if fix_into is not None:
        film = _repaired(film, fix_into, store, jobs, progress)
    result = check_film(film, spec, select=select, ignore=ignore, deep=deep, store=store, jobs=jobs, progress=progress)
    if film is not as_delivered:
        result.report["repaired_into"] = str(fix_into)
    listed = severities.listed(result.run)
    if listed == result.run:
        return result
    report = {**result.report, **build_check(result.facts, listed)}
    told = {id(one): row for one, row in zip(ranked(result.run.findings), result.report["findings"], strict=True)}
    report["findings"] = [told[id(one)] for one in ranked(listed.findings)]
    return replace(result, run=listed, report=report)


def _of_this_folder(film: Film, paths: Sequence[Path]) -> Film:
    """Return the chapter whose folder is meant without being named, or the whole film if there is none."""
    here = Path.cwd().resolve()
    if film.manifest is None or film.is_excerpt:
        return film
    if paths:
        return in_this_folder(film, film.base)
    inside = [one for one in film.chapters if one.folder is not None and here.is_relative_to(one.folder.resolve())]
    own = [one for one in inside if one.folder is not None and one.folder.resolve() != film.base.resolve()]
    return chapter_in_hand(film, here) if own else in_this_folder(film, here)


def _check_prints(folder: Path, store: FactStore, jobs: int, progress: Progress) -> CheckResult:
    """Prove the prints of a mix again."""
    verified = verify_mix(folder, store=store, jobs=jobs, progress=progress)
    result = RuleRun(verified.findings, passed=0 if verified.findings else 1)
    return CheckResult(verified.facts, result, build_check(verified.facts, result))


def _repaired(film: Film, out: Path, store: FactStore, jobs: int, progress: Progress) -> Film:
    """Return the film with repaired copies in place of what they were made from.

    What could not be repaired stays as it was delivered, so that its own faults are found again.
    """
    from stemkit.workflows.conform import conform

    result = conform(film, out, store=store, jobs=jobs, progress=progress)
    if not result.has_tree:
        return film
    copies: dict[int, dict[Path, Stem]] = {}
    for item in (done.item for done in result.items):
        if item.role is not None and item.output is not None:
            path = out / item.output
            copies.setdefault(item.chapter, {})[item.source] = Stem(item.role, path, str(path))
    chapters = tuple(_with_copies(chapter, copies.get(chapter.number, {})) for chapter in film.chapters)
    return replace(film, chapters=chapters, manifest=(out / FILM_FILE).absolute() if film.manifest else None)


def _with_copies(chapter: Chapter, copies: Mapping[Path, Stem]) -> Chapter:
    """Return a chapter with copies declared; other roles are looked for in its folder as before."""
    declared = [copies.get(stem.path, stem) for stem in chapter.stems]
    return replace(chapter, stems=(*declared, *(copy for copy in copies.values() if copy not in declared)))


def check_film(
    film: Film,
    profile: Profile | None = None,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    deep: bool = False,
    store: FactStore | None = None,
    jobs: int = 1,
    progress: Progress = silent,
) -> CheckResult:
    """Check a film that was read already; the parameters are those of `check`."""
    profile = profile or load_profile(film.profile, beside=film.base)
    rules = selected_rules(profile, select, ignore)
    store = store or open_store()
    facts = gather(film, profile, rules=rules, store=store, jobs=jobs, progress=progress).facts
    if deep:
        facts = add_deep_likeness(facts, progress)
    result = run_rules(facts, rules)
    report = build_check(facts, result)
    if deep:
        from stemkit.workflows._deep_evidence import with_spectrograms

        told = with_spectrograms(report["findings"], ranked(result.findings), facts, progress)
        report = {**report, "findings": told}
    return CheckResult(facts, result, report)
