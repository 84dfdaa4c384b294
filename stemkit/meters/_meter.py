"""Which readings there are: every public module here with ``VERSION``, ``RESULT`` and ``read``."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Protocol, TypeVar, cast

from stemkit.core.discovery import discover_modules
from stemkit.meters._ledger import Ledger

R = TypeVar("R")


class ReadingModule(Protocol):
    """What a module of readings holds."""

    VERSION: int
    RESULT: type

    def read(self, ledger: Ledger) -> object:
        """Return the reading of a sound."""


@cache
def reading_modules() -> tuple[ReadingModule, ...]:
    """Return the modules that read a ledger, in the order of their names."""
    return tuple(cast("ReadingModule", module) for module in discover_modules("stemkit.meters") if _is_reading(module))


def _is_reading(module: ModuleType) -> bool:
    return all(hasattr(module, name) for name in ("VERSION", "RESULT", "read"))


@cache
def meter_versions() -> dict[str, int]:
    """Return the version of the scan and of every reading, by name."""
    modules = [m for m in discover_modules("stemkit.meters") if hasattr(m, "VERSION")]
    return {module.__name__.rpartition(".")[2]: int(module.VERSION) for module in modules}


def _module_of(what: type) -> ReadingModule:
    for module in reading_modules():
        if module.RESULT is what:
            return module
    raise LookupError(f"no meter gives {what.__name__}")


def read(ledger: Ledger, what: type[R]) -> R:
    """Return the reading of a type.

    Raises
    ------
    LookupError
        If no meter gives it.
    """
    return cast("R", _module_of(what).read(ledger))
