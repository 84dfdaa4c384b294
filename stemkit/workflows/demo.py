"""The whole tour: six people's deliveries are made, checked, conformed, mixed, proven and reported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stemkit import __version__
from stemkit.core.errors import Problem, UsageError
from stemkit.core.manifest import load_film
from stemkit.core.progress import Progress, silent
from stemkit.store.facts import FactStore, open_store
from stemkit.workflows._demo_film import PLANTED, SCENES, Planted, build_film
from stemkit.workflows.check import CheckResult, check_film
from stemkit.workflows.conform import ConformResult, conform
from stemkit.workflows.mix import MixResult, mix

SCHEMA = "stemkit/demo/1"
DELIVERIES, CONFORMED, MIX = "deliveries", "conformed", "mix"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the tour came to.

    Parameters
    ----------
    is_new
        Whether the deliveries were made now; `False` if an earlier run's were kept.
    """

    folder: Path
    is_new: bool
    check: CheckResult
    conform: ConformResult
    mix: MixResult

    @property
    def missed(self) -> tuple[Planted, ...]:
        """Return the faults that were planted and not found."""
        found = {(one["code"], one["chapter"], one["role"]) for one in self.check.report["findings"]}
        return tuple(fault for fault in PLANTED if (fault.code, fault.chapter, _word(fault)) not in found)

    @property
    def has_errors(self) -> bool:
        """Whether anything went otherwise than it should on this film."""
        return bool(self.missed) or self.conform.has_errors or self.mix.has_errors

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``demo``; paths are relative to ``out``."""
        missed = set(self.missed)
        report = self.check.report
        return {
            "schema": SCHEMA,
            "version": __version__,
            "out": str(self.folder),
            "folders": {"deliveries": DELIVERIES, "conformed": CONFORMED, "mix": MIX},
            "is_new": self.is_new,
            "chapters": len(SCENES),
            "planted": [_planted(fault, fault not in missed) for fault in PLANTED],
            "check": {key: report[key] for key in ("verdict", "counts", "findings")},
            "conform": {**self.conform.as_dict(), "is_new": self.conform.has_written},
            "mix": {**self.mix.as_dict(), "is_new": not self.mix.is_unchanged},
        }


def demo(folder: Path, *, store: FactStore | None = None, jobs: int = 1, progress: Progress = silent) -> DemoResult:
    """Build a small faulty film in a folder, and take it the whole way to a proven mix.

    Parameters
    ----------
    folder
        Made if needed; what an earlier run left there is used again where it still holds.
    store
        Where facts are kept between runs; the user's own, if `None`.
    jobs
        Files worked on at once; the result is the same whatever it is.

    Raises
    ------
    UsageError
        If there is something else in the folder.
    """
    _require_ours(folder)
    store = store or open_store()
    film_file, is_new = build_film(folder / DELIVERIES, progress, jobs)
    film = load_film(film_file)
    checked = check_film(film, store=store, jobs=jobs, progress=progress)
    conformed = conform(film, folder / CONFORMED, store=store, jobs=jobs, progress=progress)
    mixed = mix(film, folder / MIX, store=store, jobs=jobs, progress=progress)
    return DemoResult(folder, is_new, checked, conformed, mixed)


def _require_ours(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(Problem("not_a_folder", "the demo needs a folder", "name another one", str(folder)))
    others = {path.name for path in folder.iterdir()} - {DELIVERIES, CONFORMED, MIX} if folder.is_dir() else set()
    if others:
        what = f"there is something else in this folder ({min(others)!r})"
        raise UsageError(Problem("not_empty", what, "name an empty folder, or one that is not there yet", str(folder)))


def _word(fault: Planted) -> str | None:
    return fault.role.value if fault.role else None


def _planted(fault: Planted, is_found: bool) -> dict[str, Any]:
    return {
        "code": fault.code,
        "chapter": fault.chapter,
        "role": _word(fault),
        "what": fault.what,
        "found": is_found,
    }
