"""The ``bext`` chunk of Broadcast Wave files (EBU Tech 3285 v2), read and written."""

from __future__ import annotations

import struct
from unicodedata import combining, normalize

from stemkit.core.media import Bext

_FIXED = struct.Struct("<256s32s32s10s8sQH64s5h180s")
_UNDEFINED = 0x7FFF  # 0 would claim a level of 0.00
LEVELS_AT = slice(412, 422)
"""Where the measured levels stand in a chunk's body."""
_LEVELS = (
    "loudness_lufs",
    "loudness_range_lu",
    "max_true_peak_dbtp",
    "max_momentary_lufs",
    "max_short_term_lufs",
)


def parse_bext(body: bytes) -> Bext | None:
    """Read a chunk's body; `None` if it is shorter than the fixed part of version 0."""
    if len(body) < 346:
        return None
    fields = _FIXED.unpack(body[: _FIXED.size].ljust(_FIXED.size, b"\0"))
    version = fields[6] if len(body) >= 348 else 0
    has_levels = version >= 2 and len(body) >= 422
    levels = {name: _level(value) for name, value in zip(_LEVELS, fields[8:13], strict=True)} if has_levels else {}
    return Bext(
        description=_text(fields[0]),
        originator=_text(fields[1]),
        originator_reference=_text(fields[2]),
        origination_date=_text(fields[3]),
        origination_time=_text(fields[4]),
        time_reference_samples=fields[5],
        version=version,
        coding_history=_text(body[_FIXED.size :]),
        **levels,
    )


def build_bext(bext: Bext) -> bytes:
    """Return the body of a version 2 chunk.

    Accents are left out and other characters outside ASCII become ``?``, as the standard knows no others;
    texts that are too long are cut.
    """
    texts = (bext.description, bext.originator, bext.originator_reference, bext.origination_date, bext.origination_time)
    levels = [_stored(getattr(bext, name)) for name in _LEVELS]
    fixed = _FIXED.pack(*map(_ascii, texts), bext.time_reference_samples, 2, b"", *levels, b"")
    return fixed + _ascii(bext.coding_history)


def _text(field: bytes) -> str:
    text = field.split(b"\0", 1)[0]
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _ascii(text: str) -> bytes:
    bare = "".join(mark for mark in normalize("NFKD", text.replace("ß", "ss")) if not combining(mark))
    return bare.encode("ascii", "replace")


def _level(value: int) -> float | None:
    return None if value == _UNDEFINED else value / 100.0


def _stored(level: float | None) -> int:
    if level is None or not -327.0 < level < 327.0:
        return _UNDEFINED
    return round(level * 100.0)
