"""Which versions are at work: stemkit, its meters, the interpreter and the libraries behind the numbers."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import Any

from stemkit import __version__
from stemkit.meters._meter import meter_versions

SCHEMA = "stemkit/version/1"
_LIBRARIES = ("numpy", "soundfile", "soxr", "numba", "pydantic", "jinja2", "click")


def versions() -> dict[str, Any]:
    """Return the JSON object of ``version``."""
    libraries = {"python": platform.python_version()}
    for name in _LIBRARIES:
        libraries[name] = metadata.version(name)
    return {"schema": SCHEMA, "version": __version__, "libraries": libraries, "meters": meter_versions()}
