"""The only extension mechanism: a new part is one new module in its package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover_modules(package: str) -> Iterator[ModuleType]:
    """Import and yield the public modules of a package in the order of their names.

    Parameters
    ----------
    package
        Dotted name, such as ``"stemkit.rules"``. Names that start with ``_`` are helpers, passed over.
    """
    root = importlib.import_module(package)
    for name in sorted(info.name for info in pkgutil.iter_modules(root.__path__)):
        if not name.startswith("_"):
            yield importlib.import_module(f"{package}.{name}")


def discover_classes(package: str, base: type[T]) -> tuple[type[T], ...]:
    """Return the subclasses of ``base`` that the public modules of a package define."""
    found: list[type[T]] = []
    for module in discover_modules(package):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__:
                found.append(value)
    return tuple(found)
