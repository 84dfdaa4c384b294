"""Independent programs and libraries that our numbers and files are compared with."""

from __future__ import annotations

import importlib
import os
import shutil
from types import ModuleType

import pytest


def _absent(name: str) -> None:
    if os.environ.get("STEMKIT_REQUIRE_ORACLES") == "1":
        pytest.fail(f"the oracle {name!r} is not installed, but STEMKIT_REQUIRE_ORACLES=1 asks for it")
    pytest.skip(f"the oracle {name!r} is not installed")


def require_program(name: str) -> str:
    """Return the path of a program, or skip (fail where oracles are required)."""
    path = shutil.which(name)
    if path is None:
        _absent(name)
    return str(path)


def require_module(name: str) -> ModuleType:
    """Import a module, or skip (fail where oracles are required)."""
    try:
        return importlib.import_module(name)
    except ImportError:
        _absent(name)
        raise
