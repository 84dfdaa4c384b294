"""Peaks, silence, integrity, runs: what a scan says beside loudness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.meters import _meter, digest, integrity, sample_peak, silence, summary
from stemkit.meters._gather import shortest_certain_zero_run
from stemkit.meters._ledger import Ledger
from stemkit.meters.loudness import Loudness
from tests.meters.sounds import MONO, programme, scan, tone

EMPTY = np.zeros((0, 2))
SOUNDS = {
    "empty": EMPTY,
    "one sample": np.full((1, 2), 0.5),
    "silence": np.zeros((30_000, 2)),
    "nan": np.full((30_000, 2), np.nan),
    "programme": programme(4.0),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_every_reading_exists_for_every_sound(name: str) -> None:
    ledger = scan(SOUNDS[name])
    for module in _meter.reading_modules():
        kind: type[object] = module.RESULT
        reading = _meter.read(ledger, kind)
        assert isinstance(reading, kind)
        assert reading == _meter.read(ledger, kind)
        assert "nan" not in repr(reading).lower()
        assert "inf" not in repr(reading).lower()


def test_versions_are_those_of_all_meters() -> None:
    versions = _meter.meter_versions()
    assert {"scan", "loudness", "true_peak", "sample_peak", "silence", "integrity", "digest", "summary"} <= set(
        versions
    )
    assert all(version >= 1 for version in versions.values())
    with pytest.raises(LookupError):
        _meter.read(scan(EMPTY), int)


def test_sample_peak() -> None:
    sound = tone(-20.0, 2.5)
    sound[100_000, 1] = -0.75
    sound[100_005, 0] = 0.75
    read = sample_peak.read(scan(sound))
    assert read.at_samples == 100_000
    assert read.max_amplitude == 0.75
    assert read.max_dbfs == pytest.approx(-2.4988, abs=1e-4)
    assert read.over_full_scale_samples == 0
    sound[7, 0], sound[9, 1] = 1.5, -1.0000001
    assert sample_peak.read(scan(sound)).over_full_scale_samples == 2


@settings(max_examples=40, deadline=None)
@given(lead=st.integers(0, 120_000), body=st.integers(1, 3000), trail=st.integers(0, 120_000))
def test_silence_at_both_ends(lead: int, body: int, trail: int) -> None:
    sound = np.concatenate([np.zeros((lead, 2)), np.full((body, 2), 0.25), np.zeros((trail, 2))])
    read = silence.read(scan(sound))
    assert not read.is_digital
    assert (read.leading_zero_samples, read.trailing_zero_samples) == (lead, trail)


def test_digital_and_near_silence() -> None:
    assert silence.read(scan(np.zeros((1000, 2)))).is_digital
    quiet = silence.read(scan(tone(-61.0, 1.0)))
    assert (quiet.is_digital, quiet.is_near) == (False, True)
    assert not silence.read(scan(tone(-59.0, 1.0))).is_near
    one_sided = tone(-20.0, 1.0)
    one_sided[:, 1] = 0.0
    assert silence.read(scan(one_sided)).silent_channels == (1,)
    paused = tone(-20.0, 3.0)
    paused[48_000:96_000] = 0.0
    assert silence.read(scan(paused)).near_spans == ((48_000, 48_000),)


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, 200_000), length=st.integers(95, 3000), channel=st.integers(0, 1))
def test_runs_of_zeros_are_found_wherever_they_are(start: int, length: int, channel: int) -> None:
    sound = np.full((220_000, 2), 0.25)
    sound[::2] = 0.26
    sound[start : start + length, channel] = 0.0
    length = min(length, len(sound) - start)
    found = scan(sound).zero_runs.tolist()
    assert found == ([[channel, start, length]] if length >= 95 else [])


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, 200_000), length=st.integers(1, 400))
def test_runs_of_equal_values_are_found_wherever_they_are(start: int, length: int) -> None:
    sound = np.full((200_500, 1), 0.25)
    sound[::2] = 0.26
    sound[start : start + length] = -0.9
    ledger = scan(sound, layout=MONO)
    assert ledger.flat_runs.tolist() == ([[0, start, length]] if length >= 3 else [])
    assert ledger.flat_levels.tolist() == ([-0.9] if length >= 3 else [])
    assert ledger.flat_run_count == (length >= 3)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_the_shortest_certain_run_of_zeros_is_certain(rate: int) -> None:
    length = shortest_certain_zero_run(rate)
    for start in range(1000, 1000 + length, max(1, length // 17)):
        sound = np.full((rate, 1), 0.25)
        sound[start : start + length] = 0.0
        assert scan(sound, rate, MONO).zero_runs.tolist() == [[0, start, length]]


def test_many_flat_runs_are_counted() -> None:
    sound = np.where(np.arange(192_000) % 10 < 5, 0.9, -0.9)[:, np.newaxis]
    ledger = scan(sound, layout=MONO)
    assert ledger.flat_run_count == 38_400
    assert len(ledger.flat_runs) < 400


def test_totals_power_and_products() -> None:
    sound = programme(3.3)
    sound[:, 1] = -0.5 * sound[:, 0] + 0.01
    ledger = scan(sound)
    assert ledger.totals == pytest.approx(sound.sum(axis=0), rel=1e-12)
    assert ledger.power.sum(axis=0) == pytest.approx((sound**2).sum(axis=0), rel=1e-12)
    assert ledger.cross.sum() == pytest.approx((sound[:, 0] * sound[:, 1]).sum(), rel=1e-12)
    assert ledger.power[3] == pytest.approx((sound[14_400:19_200] ** 2).sum(axis=0), rel=1e-12)
    assert np.array_equal(ledger.peak[:33], np.abs(sound).reshape(33, 4800, 2).max(axis=1))


@pytest.mark.parametrize("bits", [8, 12, 16, 20, 24, 32])
def test_low_bits_tell_the_depth(bits: int) -> None:
    sound = np.round(np.random.default_rng(0).uniform(-0.9, 0.9, (20_000, 1)) * 2.0 ** (bits - 1)) * 2.0 ** (1 - bits)
    ledger = scan(sound, layout=MONO)
    assert ledger.is_on_grid
    low = int(ledger.low_bits[0])
    assert 32 - (low & -low).bit_length() + 1 == bits
    assert not scan(sound + 2.0**-40, layout=MONO).is_on_grid


def test_integrity_and_digest() -> None:
    sound = programme(1.0)
    assert integrity.read(scan(sound)) == integrity.Integrity(0, None)
    sound[777, 1] = np.inf
    assert integrity.read(scan(sound)) == integrity.Integrity(1, 777)
    assert digest.read(scan(sound)) != digest.read(scan(np.where(np.isfinite(sound), sound, 0.0)))


def test_the_summary_has_the_fields_of_the_contract() -> None:
    read = summary.read(scan(programme(4.0))).as_dict()
    assert list(read) == [
        "programme_loudness_lufs", "loudness_range_lu", "max_momentary_lufs", "max_short_term_lufs",
        "true_peak_dbtp", "true_peak_at_s", "sample_peak_dbfs", "undefined",
    ]  # fmt: skip
    assert read["undefined"] == {}
    empty = summary.read(scan(EMPTY))
    assert all(value is None for name, value in empty.as_dict().items() if name != "undefined")
    assert set(empty.undefined) == set(read) - {"undefined"}
    assert summary.nothing_measured("why").undefined["sample_peak_dbfs"] == "why"


def test_a_stretch_has_peaks_too() -> None:
    sound = tone(-30.0, 5.0)
    sound[100_000] = 0.8
    ledger = scan(sound, mode=1)
    inside, outside = summary.summarise_range(ledger, 2.0, 2.5), summary.summarise_range(ledger, 3.0, 5.0)
    assert inside.sample_peak_dbfs == pytest.approx(-1.938, abs=1e-3)
    assert inside.true_peak_at_s == pytest.approx(100_000 / 48_000, abs=1e-4)
    assert outside.sample_peak_dbfs == pytest.approx(-30.0, abs=0.01)
    assert outside.max_momentary_lufs == pytest.approx(-30.0, abs=0.01)
    assert summary.summarise_range(ledger, 9.0, 10.0).undefined["true_peak_dbtp"] == summary.EMPTY


def test_readings_come_by_their_types() -> None:
    ledger: Ledger = scan(programme(1.0))
    assert isinstance(_meter.read(ledger, Loudness), Loudness)
