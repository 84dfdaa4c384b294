from __future__ import annotations

import subprocess
import sys

import stemkit


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
