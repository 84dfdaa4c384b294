"""stemkit: from fifty people's stems to one proven film soundtrack.

The public names are resolved on first use, so that ``import stemkit`` loads nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "load_film": "stemkit.core.manifest",
    "load_profile": "stemkit.core.profile",
    "check": "stemkit.workflows.check",
    "measure": "stemkit.workflows.measure",
    "conform": "stemkit.workflows.conform",
    "mix": "stemkit.workflows.mix",
    "report": "stemkit.workflows.report",
}
__all__ = ["__version__", "check", "conform", "load_film", "load_profile", "measure", "mix", "report"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'stemkit' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
