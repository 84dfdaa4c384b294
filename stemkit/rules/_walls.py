"""What a wall in a spectrum is taken for, and whether the rest of the film has the same."""

from __future__ import annotations

from collections.abc import Callable

from stemkit.core.facts import FilmFacts, StemFacts
from stemkit.core.finding import Severity
from stemkit.meters.bandwidth import HALF_RATES_HZ, Bandwidth

_STEADY_HZ, _NEARLY_ALL = 800.0, 0.9
_RATE_DROP_DB = 35.0
_MOVING_HZ, _OFTEN, _OFF_RATES = 1_000.0, 0.6, 0.5
_CODEC_HZ = (11_200.0, 20_700.0)
_BRICK_DROP_DB, _BRICK_HZ = 45.0, (15_600.0, 20_700.0)
_FEWEST_OTHERS, _USUAL = 6, 0.4


def rate_within(band: Bandwidth, file_rate_hz: int) -> int | None:
    """Return the lower rate that a sound was converted from: the wall stands at half of it and never moves."""
    if band.wall_hz is None or band.high_hz - band.low_hz > _STEADY_HZ:
        return None
    if band.share < _NEARLY_ALL or band.drop_db < _RATE_DROP_DB:
        return None
    rates = (rate for first, last, rate in HALF_RATES_HZ if first <= band.wall_hz <= last)
    return next((rate for rate in rates if rate < 0.95 * file_rate_hz), None)


def is_codec(band: Bandwidth) -> bool:
    """Tell whether a wall behaves as codecs make it: sharp in most moments, and hardly twice in the same place."""
    if band.wall_hz is None or not _CODEC_HZ[0] <= band.wall_hz <= _CODEC_HZ[1]:
        return False
    return band.share >= _OFTEN and band.high_hz - band.low_hz >= _MOVING_HZ and band.off_rates >= _OFF_RATES


def is_brick(band: Bandwidth) -> bool:
    """Tell whether a wall that does not move stands where codecs set theirs, steeper than a filter by ear."""
    if band.wall_hz is None or band.high_hz - band.low_hz > _MOVING_HZ or band.off_rates < _OFF_RATES:
        return False
    return band.share >= _NEARLY_ALL and band.drop_db >= _BRICK_DROP_DB and _BRICK_HZ[0] <= band.wall_hz <= _BRICK_HZ[1]


def weight_of(stem: StemFacts, film: FilmFacts, is_alike: Callable[[Bandwidth], bool], alone: Severity) -> Severity:
    """Return how much a wall matters: what a good part of the film's stems of a role has is known, and meant.

    ``alone`` is for a stem in too small a film to compare.
    """
    others = [one for chapter in film.chapters for one in chapter.of_role(stem.stem.role) if one is not stem]
    bands = [band for one in others if (band := one.measured.get(Bandwidth)) is not None]
    if len(bands) < _FEWEST_OTHERS:
        return alone
    return Severity.INFO if sum(map(is_alike, bands)) >= _USUAL * len(bands) else Severity.WARNING
