"""What was read from the content of a stem, kept beside it: reading it again costs more than looking it up."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from stemkit.intake._work import Work
from stemkit.meters._content import Content
from stemkit.meters._listening import listen, listening_modules

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Readings = dict[type, object]


def content_readings(content: Content, wanted: Collection[type], digest: str, work: Work) -> Readings:
    """Return the readings of a content that are wanted, from earlier runs or by reading it.

    Parameters
    ----------
    digest
        Of the sound that it is the content of.
    """
    ordered = sorted(wanted, key=lambda what: what.__name__)
    versions = {what.__name__: listening_modules()[what].VERSION for what in ordered}
    versions["content_scan"] = work.versions.get("content_scan", 0)
    arrays = work.store.get_arrays(digest, "readings", versions) if work.store is not None else None
    if arrays is not None and (kept := _unpacked(arrays, ordered)) is not None:
        return kept
    readings = {what: listen(content, what) for what in ordered}
    if work.store is not None:
        text = json.dumps({what.__name__: asdict(found) for what, found in readings.items()}, default=_plain)  # type: ignore[call-overload]
        work.store.put_arrays(digest, "readings", versions, {"json": np.frombuffer(text.encode(), np.uint8)})
    return readings


def _plain(value: np.generic) -> Any:
    """Return a number of numpy's as one that JSON knows."""
    return value.item()


def _unpacked(arrays: Mapping[str, Any], wanted: Collection[type]) -> Readings | None:
    try:
        found = json.loads(arrays["json"].tobytes())
        return {what: _shape_of(what).validate_python(found[what.__name__]) for what in wanted}
    except (KeyError, TypeError, ValueError):
        return None


@cache
def _shape_of(what: type) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(what)
