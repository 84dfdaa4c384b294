"""What the self-test came to on this machine, kept for reports until a meter changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from stemkit import __version__
from stemkit.meters._meter import meter_versions
from stemkit.store.facts import FactStore

_DIGEST, _KEY = "selftest", f"conformance-{__version__}"


def keep_result(store: FactStore, readings: int, missed: int) -> None:
    """Keep how many readings there were, and how many were wrong."""
    store.put_arrays(_DIGEST, _KEY, meter_versions(), {"counts": np.array([readings, missed], dtype=np.int64)})


def kept_result(store: FactStore) -> dict[str, Any] | None:
    """Return what was kept, `None` where these versions of the meters were not tested here."""
    arrays = store.get_arrays(_DIGEST, _KEY, meter_versions())
    if arrays is None or "counts" not in arrays or len(arrays["counts"]) != 2:
        return None
    readings, missed = (int(value) for value in arrays["counts"])
    return {"readings": readings, "missed": missed}
