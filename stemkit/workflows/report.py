"""The report again, in any form, from what was measured; the prints are proven anew first."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stemkit.core.files import write_atomically
from stemkit.core.progress import Progress, silent
from stemkit.intake.folder import open_film
from stemkit.report.build import amended, blocks, build_check_report
from stemkit.report.check import findings_as_dicts
from stemkit.report.model import REPORT_NAME, Report, open_report
from stemkit.store.facts import FactStore, open_store
from stemkit.workflows._mix_told import null_as_dict
from stemkit.workflows.check import check_film
from stemkit.workflows.verify import is_mix, verify_mix


@dataclass(frozen=True, slots=True)
class ReportResult:
    """A report and where it belongs.

    Parameters
    ----------
    report
        As it lies beside the prints, with what was found now; or as a check of a film makes it.
    folder
        The folder of the mix, `None` for a film that was only checked.
    """

    report: Report
    folder: Path | None

    @property
    def has_errors(self) -> bool:
        """Whether the film, or the delivery, does not stand as it is."""
        return any(blocks(finding) for finding in self.report["findings"]) or self.report["verdict"] == "ask"

    def in_format(self, name: str) -> str:
        """Return the report in a format, by the name of its module in `stemkit.report.formats`."""
        return str(importlib.import_module(f"stemkit.report.formats.{name}").render(self.report))

    def write(self, name: str, file: Path) -> None:
        """Write the report in a format into a file, which is replaced only once the new one is complete.

        Raises
        ------
        OutputError
            If the system refuses to write.
        """
        write_atomically(file, self.in_format(name))


def report(
    path: Path | None = None,
    *,
    profile: str | None = None,
    store: FactStore | None = None,
    jobs: int = 1,
    progress: Progress = silent,
) -> ReportResult:
    """Return the report of a mix, or of a check where there is no mix.

    Parameters
    ----------
    path
        The folder of a mix, its ``report.json``, a film file, or a folder of deliveries.
    profile
        Takes the place of the film's own, for a film that is only checked.

    Raises
    ------
    StemkitError
        If there is nothing of this kind.
    """
    store = store or open_store()
    if path is not None and _is_report(path):
        return _of_mix(path if path.is_dir() else path.parent, path, store, jobs, progress)
    film = open_film([path] if path else [], profile=profile)
    checked = check_film(film, store=store, jobs=jobs, progress=progress)
    return ReportResult(build_check_report(checked.report, film), None)


def _is_report(path: Path) -> bool:
    return path.suffix.casefold() == ".json" or (path / REPORT_NAME).is_file()


def _of_mix(folder: Path, path: Path, store: FactStore, jobs: int, progress: Progress) -> ReportResult:
    read = open_report(path)
    if not is_mix(folder) or (path.is_file() and path.name != REPORT_NAME):
        return ReportResult(read if read["schema"].startswith("stemkit/report/") else build_check_report(read), None)
    verified = verify_mix(folder, store=store, jobs=jobs, progress=progress)
    if verified.is_proven:
        return ReportResult(read, folder)
    found: Sequence[dict[str, object]] = findings_as_dicts(verified.facts, verified.findings)
    nulls = null_as_dict(verified.facts.nulls, read["film"]["length_samples"])
    return ReportResult(amended(read, found, nulls), folder)
