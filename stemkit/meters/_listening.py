"""Which readings of a `Content` there are: public modules with ``VERSION``, ``RESULT`` and ``read_content``."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any, Protocol, cast

from stemkit.core.discovery import discover_modules
from stemkit.meters._content import Content
from stemkit.meters._low_band import LowBand


class ListeningModule(Protocol):
    """What a module of content readings holds."""

    VERSION: int
    RESULT: type

    def read_content(self, content: Any) -> object:
        """Return the reading of a sound."""


@cache
def listening_modules() -> dict[type, ListeningModule]:
    """Return the modules that read a `Content`, by their results."""
    modules = [module for module in discover_modules("stemkit.meters") if _is_listening(module)]
    return {module.RESULT: cast("ListeningModule", module) for module in modules}


def _is_listening(module: ModuleType) -> bool:
    return all(hasattr(module, name) for name in ("VERSION", "RESULT", "read_content"))


@cache
def low_band_readings() -> frozenset[type]:
    """Return the readings for which the low band of a sound is enough."""
    found = (what for what, module in listening_modules().items() if getattr(module, "FROM_LOW_BAND", False))
    return frozenset(found)


def listen(content: Content | LowBand, what: type) -> object:
    """Return the reading of a type.

    Raises
    ------
    LookupError
        If no meter gives it.
    """
    module = listening_modules().get(what)
    if module is None:
        raise LookupError(f"no meter gives {what.__name__}")
    return module.read_content(content)
