from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, assert_type

import stemkit

if TYPE_CHECKING:
    from stemkit.core.film import Film
    from stemkit.core.profile import Profile
    from stemkit.workflows.check import CheckResult
    from stemkit.workflows.conform import ConformResult
    from stemkit.workflows.measure import MeasureResult
    from stemkit.workflows.mix import MixResult
    from stemkit.workflows.report import ReportResult

    def types_of_the_public_names(film: Film, path: Path) -> None:
        """Say to mypy what each of them takes and gives; never called."""
        assert_type(stemkit.__version__, str)
        assert_type(stemkit.load_film(path), Film)
        assert_type(stemkit.load_profile("crowd-film"), Profile)
        assert_type(stemkit.check([path]), CheckResult)
        assert_type(stemkit.conform(film, path), ConformResult)
        assert_type(stemkit.measure([str(path)]), MeasureResult)
        assert_type(stemkit.mix(film, path), MixResult)
        assert_type(stemkit.write_report(path), ReportResult)
        stemkit.normalise  # type: ignore[attr-defined] # noqa: B018 - an unknown name is told


def test_every_public_name_is_a_function_whatever_was_imported_before() -> None:
    program = (
        "import importlib, pkgutil, stemkit\n"
        "for info in pkgutil.iter_modules(stemkit.__path__):\n"
        "    if info.name != '__main__': importlib.import_module(f'stemkit.{info.name}')\n"
        "assert all(callable(getattr(stemkit, name)) for name in stemkit.__all__ if name != '__version__')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_public_names_are_listed_and_unknown_ones_refused() -> None:
    assert dir(stemkit) == sorted(stemkit.__all__)
    assert not hasattr(stemkit, "normalise")
