"""Digital and near silence: how much of a sound is not there."""

from __future__ import annotations

from dataclasses import dataclass

from stemkit.core.units import amplitude_from_db
from stemkit.meters._ledger import Ledger

VERSION = 1
NEAR_SILENCE_DBFS = -60.0
_SHORTEST_SPAN_WINDOWS = 5


@dataclass(frozen=True, slots=True)
class Silence:
    """What is silent.

    Parameters
    ----------
    is_digital
        Every sample of every channel is zero.
    is_near
        No sample reaches −60 dBFS.
    leading_zero_samples, trailing_zero_samples
        Exact zeros in all channels, at both ends; the whole length in digital silence.
    silent_channels
        Channels, from 0, that hold nothing but zeros.
    near_spans
        Stretches of 500 ms or more in which no channel reaches −60 dBFS, as (start, length) in samples, to 100 ms.
    """

    is_digital: bool
    is_near: bool
    leading_zero_samples: int
    trailing_zero_samples: int
    silent_channels: tuple[int, ...] = ()
    near_spans: tuple[tuple[int, int], ...] = ()


RESULT = Silence


def read(ledger: Ledger) -> Silence:
    """Return what of the sound is silent."""
    sounding = ledger.last_sound >= 0
    silent = tuple(int(i) for i in (~sounding).nonzero()[0])
    spans = _near_spans(ledger)
    if not sounding.any():
        return Silence(True, True, ledger.length_samples, ledger.length_samples, silent, spans)
    is_near = float(ledger.sample_peak.max()) < amplitude_from_db(NEAR_SILENCE_DBFS)
    leading = int(ledger.first_sound[sounding].min())
    trailing = ledger.length_samples - 1 - int(ledger.last_sound.max())
    return Silence(False, is_near, leading, trailing, silent, spans)


def _near_spans(ledger: Ledger) -> tuple[tuple[int, int], ...]:
    quiet = ledger.peak.max(axis=1, initial=0.0) < amplitude_from_db(NEAR_SILENCE_DBFS)
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for window, is_quiet in enumerate([*quiet.tolist(), False]):
        if is_quiet and start is None:
            start = window
        elif not is_quiet and start is not None:
            if window - start >= _SHORTEST_SPAN_WINDOWS:
                first = ledger.cell_start(10 * start)
                spans.append((first, min(ledger.cell_start(10 * window), ledger.length_samples) - first))
            start = None
    return tuple(spans)
