"""How channels compare: dead ones, and stereo that is two times the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stemkit.meters._ledger import Ledger

VERSION = 1
_TINY = 1e-20


@dataclass(frozen=True, slots=True)
class ChannelLevels:
    """Levels of channels against each other.

    Parameters
    ----------
    rms_dbfs
        By channel, over the whole sound; `None` in digital silence.
    side_db
        Level of the difference of left and right against the louder of them; `None` without sound or without
        a pair. Below −90 dB both are the same.
    """

    rms_dbfs: tuple[float | None, ...] = ()
    side_db: float | None = None

    @property
    def dead(self) -> tuple[int, ...]:
        """Channels, from 0, that are silent while another one sounds."""
        sounding = any(level is not None for level in self.rms_dbfs)
        return tuple(i for i, level in enumerate(self.rms_dbfs) if sounding and level is None)

    @property
    def spread_db(self) -> float | None:
        """How far the quietest sounding channel is below the loudest."""
        levels = [level for level in self.rms_dbfs if level is not None]
        return max(levels) - min(levels) if levels else None


RESULT = ChannelLevels


def read(ledger: Ledger) -> ChannelLevels:
    """Return the levels of the channels."""
    power = ledger.power.sum(axis=0)
    levels = tuple(
        float(10.0 * np.log10(max(one / ledger.length_samples, _TINY))) if last >= 0 else None
        for one, last in zip(power, ledger.last_sound, strict=True)
    )
    return ChannelLevels(levels, _side_db(ledger, [float(one) for one in power]))


def _side_db(ledger: Ledger, power: list[float]) -> float | None:
    if ledger.channels != 2 or ledger.cross.shape[1] != 1 or max(power) <= 0.0:
        return None
    difference = max(power[0] + power[1] - 2.0 * float(ledger.cross.sum()), 0.0)
    return float(10.0 * np.log10(max(difference / max(power), 1e-15)))
