"""stemkit: from fifty people's stems to one proven film soundtrack.

The public names are resolved on first use, so that ``import stemkit`` loads nothing heavy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the same names, for those who check types
    from stemkit.core.manifest import load_film as load_film
    from stemkit.core.profile import load_profile as load_profile
    from stemkit.workflows.check import check as check
    from stemkit.workflows.conform import conform as conform
    from stemkit.workflows.measure import measure as measure
    from stemkit.workflows.mix import mix as mix
    from stemkit.workflows.report import report as write_report

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


if not TYPE_CHECKING:  # else no name would be unknown to those who check types

    def __getattr__(name: str) -> Any:
        if name not in _PUBLIC:
            raise AttributeError(f"module 'stemkit' has no attribute {name!r}")
        module, attribute = _PUBLIC[name]
        return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
