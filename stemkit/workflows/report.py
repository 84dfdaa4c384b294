"""The report again, in any form, from what was measured; the prints are proven anew first."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stemkit.core.files import cannot_write, write_atomically
from stemkit.core.film import Film
from stemkit.core.names import safe_name
from stemkit.core.progress import Progress, silent
from stemkit.intake.folder import open_film
from stemkit.meters._meter import meter_versions
from stemkit.plan.conform import plan_conform
from stemkit.report.build import amended, blocks, build_check_report
from stemkit.report.check import findings_as_dicts
from stemkit.report.compare import compare
from stemkit.report.excerpt import of_chapter
from stemkit.report.given import as_given
from stemkit.report.letters import write_letters
from stemkit.report.model import REPORT_NAME, Report, open_report, with_defaults
from stemkit.store.facts import FactStore, open_store
from stemkit.texts.language import DEFAULT
from stemkit.workflows._conformance import kept_result
from stemkit.workflows._mix_stems import choose_stems
from stemkit.workflows._mix_told import null_as_dict
from stemkit.workflows._report_audio import with_sound
from stemkit.workflows._report_evidence import Sounds, with_evidence
from stemkit.workflows._report_paper import write_pdf
from stemkit.workflows.check import CheckResult, check_film
from stemkit.workflows.verify import is_mix, verify_mix

_SPOKEN = ("html", "markdown", "csv")


@dataclass(frozen=True, slots=True)
class ReportResult:
    """A report and where it belongs.

    Parameters
    ----------
    report
        As it lies beside the prints, with what was found now; or as a check of a film makes it.
    folder
        The folder of the mix, `None` for a film that was only checked.
    lang
        In which pages, tables and letters speak.
    """

    report: Report
    folder: Path | None
    lang: str = DEFAULT

    @property
    def has_errors(self) -> bool:
        """Whether the film, or the delivery, does not stand as it is."""
        return any(blocks(finding) for finding in self.report["findings"]) or self.report["verdict"] == "ask"

    def in_format(self, name: str) -> str:
        """Return the report in a format, by the name of its module in `stemkit.report.formats`."""
        render = importlib.import_module(f"stemkit.report.formats.{name}").render
        report = self.report if name == "html" else self.data
        return str(render(report, self.lang) if name in _SPOKEN else render(report))

    @property
    def data(self) -> Report:
        """The report as JSON data: sounds are in pages only."""
        silent_ones = [{key: f[key] for key in f if key != "sound"} for f in self.report["findings"]]
        return {**self.report, "findings": silent_ones}

    def file_for(self, name: str) -> Path | None:
        """Return where a format goes that nobody gave a file for, `None` for those that are printed."""
        if name not in ("html", "pdf"):
            return None
        chapters = self.report["chapters"] if self.report["kind"] == "chapter" else ()
        part = "".join(f"-chapter-{one['number']}" for one in chapters)
        return (self.folder or Path()) / f"report{part}.{name}"

    def write(self, name: str, file: Path) -> None:
        """Write the report in a format into a file, which is replaced only once the new one is complete.

        Raises
        ------
        OutputError
            If the system refuses to write, or a PDF is wanted and there is nothing to print it.
        """
        if name == "pdf":
            write_pdf(self.in_format("html"), file)
        else:
            write_atomically(file, self.in_format(name))

    def write_letters(self, folder: Path) -> list[Path]:
        """Write a message to each creator, as Markdown and as plain text; return the files."""
        written: list[Path] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from None
        for letter in write_letters(self.report, self.lang):
            numbers = "-".join(f"{number:02d}" for number in letter.chapters[:4])
            name = safe_name(f"ch{numbers} {letter.creator}".strip())
            for suffix, text in ((".md", letter.markdown), (".txt", letter.text)):
                written.append(folder / f"{name}{suffix}")
                write_atomically(written[-1], text)
        return written

    def shown(
        self, *, chapter: int | None = None, earlier: Path | None = None, has_audio: bool = False
    ) -> ReportResult:
        """Return the report as it is to be shown: one chapter alone, beside an earlier one, with sounds.

        Raises
        ------
        UsageError
            If there is no such chapter, or no such earlier report.
        """
        report = with_sound(self.report, self.folder) if has_audio else self.report
        if earlier is not None:
            report = {**report, "compared": compare(as_report(open_report(earlier)), report)}
        return replace(self, report=report if chapter is None else of_chapter(report, chapter))


def report(
    path: Path | None = None,
    *,
    profile: str | None = None,
    store: FactStore | None = None,
    jobs: int = 1,
    progress: Progress = silent,
    lang: str = DEFAULT,
) -> ReportResult:
    """Return the report of a mix, or of a check where there is no mix.

    Parameters
    ----------
    path
        The folder of a mix, its ``report.json``, a film file, or a folder of deliveries.
    profile
        Takes the place of the film's own, for a film that is only checked.
    lang
        In which pages, tables and letters speak.

    Raises
    ------
    StemkitError
        If there is nothing of this kind.
    """
    store = store or open_store()
    if path is not None and _is_report(path):
        return replace(_of_mix(path if path.is_dir() else path.parent, path, store, jobs, progress), lang=lang)
    film = open_film([path] if path else [], profile=profile)
    checked = check_film(film, store=store, jobs=jobs, progress=progress)
    return ReportResult(_of_deliveries(film, checked, store), None, lang)


def _of_deliveries(film: Film, checked: CheckResult, store: FactStore) -> Report:
    """Return the report of a check, with evidence, and with what a mix would refuse."""
    facts, findings = checked.facts, checked.run.findings
    report = build_check_report(checked.report, film)
    plan = plan_conform(facts, findings, facts.profile)
    left_out = choose_stems(facts, findings, plan)[1] if film.manifest is not None else ()
    media = {stem.stem.path: stem.media for chapter in facts.chapters for stem in chapter.stems if stem.media}
    versions = meter_versions()
    keys = {path: one.layout.name if one.layout else "" for path, one in media.items()}
    ledgers = {path: store.get(path, key, versions) for path, key in keys.items()}
    sounds = Sounds.of_stems(facts, {path: ledger for path, ledger in ledgers.items() if ledger}, {})
    return {
        **report,
        "findings": with_evidence(report["findings"], sounds),
        "refused": as_given([one.as_refused() for one in left_out], facts.given),
        "meters": versions,
        "conformance": kept_result(store),
    }


def as_report(read: Report) -> Report:
    """Return a report of today's form out of what was read: of a mix, or the JSON object of ``check``."""
    return with_defaults(read) if read["schema"].startswith("stemkit/report/") else build_check_report(read)


def _is_report(path: Path) -> bool:
    return path.suffix.casefold() == ".json" or (path / REPORT_NAME).is_file()


def _of_mix(folder: Path, path: Path, store: FactStore, jobs: int, progress: Progress) -> ReportResult:
    read = open_report(path)
    if not is_mix(folder) or (path.is_file() and path.name != REPORT_NAME):
        return ReportResult(as_report(read), None)
    verified = verify_mix(folder, store=store, jobs=jobs, progress=progress)
    read = with_defaults(read)
    if verified.is_proven:
        return ReportResult(read, folder)
    found: Sequence[dict[str, object]] = findings_as_dicts(verified.facts, verified.findings)
    nulls = null_as_dict(verified.facts.nulls, read["film"]["length_samples"])
    return ReportResult(amended(read, found, nulls), folder)
