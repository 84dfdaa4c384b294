"""stemkit: from fifty people's stems to one proven film soundtrack.

The public names are resolved on first use, so that ``import stemkit`` loads nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "check": ("stemkit.workflows.check", "check"),
    "conform": ("stemkit.workflows.conform", "conform"),
    "load_film": ("stemkit.core.manifest", "load_film"),
    "load_profile": ("stemkit.core.profile", "load_profile"),
    "measure": ("stemkit.workflows.measure", "measure"),
    "mix": ("stemkit.workflows.mix", "mix"),
    # Not "report": that is the name of the package that makes reports, and Python would confuse them.
    "write_report": ("stemkit.workflows.report", "report"),
}
__all__ = ["__version__", "check", "conform", "load_film", "load_profile", "measure", "mix", "write_report"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'stemkit' has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
