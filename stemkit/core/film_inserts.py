"""The effects of a film file: which role takes which, in which order."""

from __future__ import annotations

from stemkit.core.film import Role
from stemkit.core.film_document import InsertPart
from stemkit.core.film_reading import Reading
from stemkit.core.inserts import Insert
from stemkit.core.toml_source import Location, dotted

_REFUSED = "Limiter"


def read_inserts(reading: Reading) -> dict[Role, tuple[Insert, ...]]:
    """Return the chains by role; whether an effect exists is seen when it is run."""
    part = reading.document.inserts
    found = {}
    for role in Role:
        entries = getattr(part, role.value) if part else None
        if entries:
            place: Location = ("inserts", role.value)
            found[role] = tuple(_insert(reading, entry, (*place, at)) for at, entry in enumerate(entries))
    return found


def _insert(reading: Reading, entry: InsertPart, place: Location) -> Insert:
    if (entry.effect is None) == (entry.plugin is None):
        hint = 'write effect = "HighpassFilter", or plugin = "/path/of/a/plug-in.vst3"'
        reading.complain("wrong_value", place, f"{dotted(place)} names neither or both of effect and plugin", hint)
    if entry.effect == _REFUSED:
        message = f"{dotted(place)}: Limiter is refused: it raises quiet sound by 4.75 dB and holds no ceiling"
        hint = 'use effect = "BrickwallLimiter" with parameters = { true_peak = true }'
        reading.complain("refused", (*place, "effect"), message, hint)
    return Insert(entry.effect or "", entry.plugin or "", tuple((entry.parameters or {}).items()))
