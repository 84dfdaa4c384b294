"""Leq(m), plain levels, and ratios of peaks to loudness."""

from __future__ import annotations

import numpy as np
import pytest

from stemkit.core.block import Block
from stemkit.core.layout import LAYOUTS
from stemkit.meters import dynamics, levels, loudness
from stemkit.meters.leq_m import LeqMeter, m_weighting_taps
from tests.meters.sounds import MONO, STEREO, programme, scan, tone

# ISO 21727, Table 1: frequency, level, tolerance (dB).
TABLE = [
    (31, -35.5, 2.0), (63, -29.5, 1.4), (100, -25.4, 1.0), (200, -19.4, 0.85), (400, -13.4, 0.7), (800, -7.5, 0.55),
    (1000, -5.6, 0.5), (2000, 0.0, 0.5), (3150, 3.4, 0.5), (4000, 4.9, 0.5), (5000, 6.1, 0.5), (6300, 6.6, 0.1),
    (7100, 6.4, 0.2), (8000, 5.8, 0.4), (9000, 4.5, 0.6), (10_000, 2.5, 0.8), (12_500, -5.6, 1.2), (14_000, -10.9, 1.4),
    (16_000, -17.3, 1.65), (20_000, -27.8, 2.0),
]  # fmt: skip


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])
def test_the_m_weighting_is_within_the_tables_tolerances(rate: int) -> None:
    """The row at 6.3 kHz is the reference, 'plus or minus 0'; 0.1 dB is the rounding of the table."""
    taps = m_weighting_taps(rate)
    k = np.arange(len(taps)) - len(taps) // 2
    for hz, level, tolerance in TABLE:
        gain = abs((taps * np.exp(-2j * np.pi * hz / rate * k)).sum())
        assert 20.0 * np.log10(gain) == pytest.approx(level, abs=tolerance), hz


def _leq(sound: Block, layout: str = "mono", lfe_db: float = 0.0, parts: int = 1) -> float | None:
    meter = LeqMeter(48_000, LAYOUTS[layout], lfe_db)
    for block in np.array_split(sound, parts):
        meter.push(block)
    return meter.result().leq_m_db


def test_the_anchor_of_leq_m() -> None:
    """2 kHz at -20 dBFS in one screen channel is 85 dB."""
    assert _leq(tone(-20.0, 10.0, hz=2000.0, channels=1)) == pytest.approx(85.0, abs=0.1)


def test_powers_add_and_surrounds_are_3_db_lower() -> None:
    one = _leq(tone(-20.0, 5.0, hz=2000.0, channels=1)) or 0.0
    assert _leq(tone(-20.0, 5.0, hz=2000.0), "stereo") == pytest.approx(one + 3.0103, abs=1e-6)
    sound = np.zeros((240_000, 6))
    sound[:, 4] = tone(-20.0, 5.0, hz=2000.0)[:, 0]
    assert _leq(sound, "5.1") == pytest.approx(one - 3.0, abs=1e-6)
    sound = sound[:, [0, 1, 2, 4, 3, 5]]
    assert _leq(sound, "5.1", 10.0) == pytest.approx(one + 10.0, abs=1e-6)


def test_leq_m_has_no_gate_and_no_blocks() -> None:
    sound = programme(5.0, channels=1)
    whole = _leq(sound)
    assert whole is not None
    assert _leq(sound, parts=33) == pytest.approx(whole, abs=1e-9)
    twice = _leq(np.concatenate([sound, np.zeros_like(sound)]))
    assert twice == pytest.approx(whole - 3.0103, abs=1e-3)
    assert _leq(np.zeros((48_000, 1))) is None
    assert _leq(np.zeros((0, 1))) is None
    assert _leq(np.full((48_000, 1), np.nan)) is None


def test_leq_m_may_be_read_twice() -> None:
    meter = LeqMeter(48_000, MONO)
    meter.push(programme(1.0, channels=1))
    assert meter.result() == meter.result()


def test_rms_and_dc() -> None:
    read = levels.read(scan(tone(-20.0, 5.0) + 0.001))
    assert read.rms_dbfs == pytest.approx(-23.01, abs=0.01)
    assert read.per_channel_dc == pytest.approx((0.001, 0.001), abs=1e-6)
    assert read.max_dc_dbfs == pytest.approx(-60.0, abs=0.01)
    silent = levels.read(scan(np.zeros((48_000, 2))))
    assert (silent.rms_dbfs, silent.noise_floor_dbfs, silent.max_dc_dbfs, silent.min_correlation) == (None,) * 4


def test_noise_floor_is_that_of_the_pauses() -> None:
    rng = np.random.default_rng(0)
    sound = rng.standard_normal((480_000, 1)) * 10.0 ** (-62.0 / 20.0)
    sound[:240_000] += tone(-20.0, 5.0, channels=1)
    assert levels.read(scan(sound, layout=MONO)).noise_floor_dbfs == pytest.approx(-62.0, abs=0.3)


def test_correlation() -> None:
    sound = tone(-20.0, 4.0)
    assert levels.read(scan(sound)).mean_correlation == pytest.approx(1.0)
    sound[96_000:, 1] *= -1.0
    read = levels.read(scan(sound))
    assert read.min_correlation == pytest.approx(-1.0)
    assert read.mean_correlation == pytest.approx(0.0, abs=1e-6)
    curve = levels.correlation_curve(scan(sound))
    assert curve[0] == pytest.approx(1.0)
    assert curve[-1] == pytest.approx(-1.0)
    assert levels.read(scan(sound[:, :1], layout=MONO)).min_correlation is None
    independent = levels.read(scan(np.random.default_rng(0).standard_normal((480_000, 2)) * 0.1))
    assert independent.mean_correlation == pytest.approx(0.0, abs=0.01)


def test_peak_to_loudness() -> None:
    sound = tone(-23.0, 10.0)
    sound[240_000:240_002] = 0.5
    ledger = scan(sound, mode=1)
    read = dynamics.read(ledger)
    programme_lufs = loudness.read(ledger).programme_lufs or 0.0
    assert read.peak_to_loudness_lu == pytest.approx(20.0 * np.log10(ledger.true_peak.max()) - programme_lufs)
    assert read.max_peak_to_short_term_lu == pytest.approx(read.peak_to_loudness_lu, abs=0.05)
    assert read.undefined == {}
    without = dynamics.read(scan(sound, layout=STEREO))
    assert without.undefined == {"max_peak_to_short_term_lu": dynamics.NO_CURVE}
    assert dynamics.read(scan(np.zeros((480_000, 2)), mode=1)).max_peak_to_short_term_lu is None
