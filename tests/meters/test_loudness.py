"""Loudness by independent arithmetic, by laws, and at the edges where it is undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.layout import LAYOUTS
from stemkit.kernels.scan import LOCAL_PEAKS
from stemkit.meters import loudness, summary, true_peak
from stemkit.meters.scan import Scanner
from tests.meters.sounds import MONO, STEREO, programme, scan, tone


@pytest.mark.parametrize("samples", [0, 48, 48 * 399, 48 * 400 - 1])
def test_below_400_ms_there_is_no_loudness(samples: int) -> None:
    heard = loudness.read(scan(tone(-10.0, 1.0)[:samples]))
    assert heard.programme_lufs is None
    assert heard.undefined["programme_lufs"] == loudness.TOO_SHORT


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 96_000, 384_000])
def test_400_ms_is_enough(rate: int) -> None:
    heard = loudness.read(scan(tone(-10.0, 0.4, rate=rate), rate))
    assert heard.programme_lufs == pytest.approx(-10.0, abs=0.1)
    assert heard.max_short_term_lufs is None


def test_blocks_are_counted_by_the_standard() -> None:
    """floor((T - 0.4) / 0.1) + 1 blocks: 499 ms have one block, so what comes after 400 ms is not heard."""
    sound = tone(-20.0, 0.499)
    sound[48 * 400 :] = 0.9
    heard = loudness.read(scan(sound))
    alone = loudness.read(scan(tone(-20.0, 0.4)))
    assert heard.programme_lufs == alone.programme_lufs


def test_silence_is_undefined() -> None:
    heard = loudness.read(scan(np.zeros((48_000 * 5, 2))))
    assert (heard.programme_lufs, heard.range_lu, heard.max_momentary_lufs, heard.max_short_term_lufs) == (None,) * 4
    assert set(heard.undefined) == {"programme_lufs", "range_lu", "max_momentary_lufs", "max_short_term_lufs"}


def test_reasons_tell_silence_from_shortness() -> None:
    silent = loudness.read(scan(np.zeros((48_000 * 5, 2)))).undefined
    assert (silent["programme_lufs"], silent["range_lu"]) == (loudness.SILENT, loudness.SILENT)
    assert (silent["max_momentary_lufs"], silent["max_short_term_lufs"]) == (loudness.NOTHING, loudness.NOTHING)
    short = loudness.read(scan(np.zeros((48 * 300, 2)))).undefined
    assert (short["programme_lufs"], short["max_momentary_lufs"]) == (loudness.TOO_SHORT, loudness.TOO_SHORT)
    assert short["range_lu"] == short["max_short_term_lufs"] == loudness.TOO_SHORT_FOR_RANGE


def test_the_reference_range_takes_steps_of_one_second() -> None:
    ledger = scan(programme(30.0))
    each = loudness.window_powers(ledger, loudness.SHORT_TERM_CELLS)
    assert loudness.reference_read(ledger).range_lu == loudness.range_of(each[::100])
    assert loudness.read(ledger).range_lu == loudness.range_of(each[::10])


def test_windows_exactly_20_lu_below_the_mean_do_not_count_for_the_range() -> None:
    powers = np.full(100, 2.0)
    for _ in range(50):
        powers[:30] = float(powers.mean()) * 0.01
    assert powers[0] == float(powers.mean()) * 0.01
    assert loudness.range_of(powers) == 0.0


@pytest.mark.parametrize(("below_lu", "counts"), [(9.99, True), (10.01, False)])
def test_the_relative_gate_is_10_lu_below_the_mean(below_lu: float, counts: bool) -> None:
    powers = np.full(1000, 1.0)
    powers[0] = 10.0 ** (-below_lu / 10.0) * 0.9991
    found = loudness.gated_power(powers, -10.0)
    assert (found == pytest.approx(float(powers.mean()), rel=1e-12)) is counts


@pytest.mark.parametrize(("below_lu", "counts"), [(19.9, True), (20.1, False)])
def test_the_gate_of_the_range_is_20_lu_below_the_mean(below_lu: float, counts: bool) -> None:
    powers = np.full(1000, 1.0)
    powers[:150] = 10.0 ** (-below_lu / 10.0) * 0.8515
    assert loudness.range_of(powers) == pytest.approx(below_lu + 0.7 if counts else 0.0, abs=0.01)


@pytest.mark.parametrize(("count", "low", "high"), [(101, 10, 95), (12, 1, 10), (6, 1, 5), (1, 0, 0)])
def test_the_range_lies_between_ranks(count: int, low: int, high: int) -> None:
    levels = -25.0 + 0.1 * np.arange(count)
    powers = np.asarray(10.0 ** (levels[::-1] / 10.0), dtype=np.float64)
    assert loudness.range_of(powers) == pytest.approx(levels[high] - levels[low], abs=1e-9)


@pytest.mark.parametrize(("limit_dbtp", "count"), [(-6.1, 1), (-6.0, 0)])
def test_overs_are_over_the_very_limit(limit_dbtp: float, count: int) -> None:
    sound = np.zeros((48_000, 1))
    sound[20_000:20_100] = 0.5 * np.hanning(100)[:, np.newaxis]
    sound[20_050] = 0.5
    ledger = scan(sound, layout=MONO, mode=LOCAL_PEAKS)
    peak = true_peak.read(ledger).max_dbtp
    assert peak is not None
    places = true_peak.overs(ledger, limit_dbtp + peak + 6.05)
    assert len(places) == count
    assert all(place.dbtp == peak for place in places)


def test_the_absolute_gate_is_strict_and_at_minus_70() -> None:
    assert loudness.gated_power(np.full(10, 10.0 ** ((-70.0 + 0.691) / 10.0)), -10.0) is None
    above = 10.0 ** ((-69.999 + 0.691) / 10.0)
    assert loudness.gated_power(np.full(10, above), -10.0) == pytest.approx(above)


def test_the_relative_gate_is_strict() -> None:
    """Blocks exactly 10 LU below the mean of all do not count."""
    mean = 1.0
    powers = np.array([mean * 0.1, 1.9 * mean])
    assert powers.mean() == 1.0
    assert loudness.gated_power(powers, -10.0) == 1.9


def test_gating_by_hand() -> None:
    powers = np.array([1e-9, 0.001, 0.5, 1.0, 0.02])
    loud = [0.001, 0.5, 1.0, 0.02]
    threshold = sum(loud) / 4 * 0.1
    kept = [p for p in loud if p > threshold]
    assert loudness.gated_power(powers, -10.0) == pytest.approx(sum(kept) / len(kept), rel=1e-15)


def test_range_takes_the_nearest_rank() -> None:
    levels = np.linspace(-40.0, -22.0, 21)
    kept = loudness.range_of(10.0 ** ((levels + 0.691) / 10.0))
    assert kept == pytest.approx(levels[19] - levels[2])


def test_maxima_know_their_places() -> None:
    sound = tone(-40.0, 12.0)
    sound[48 * 5120 : 48 * 5520] *= 30.0
    heard = loudness.read(scan(sound))
    assert heard.max_momentary_at_samples == 48 * 5120
    assert heard.max_short_term_at_samples is not None
    assert 48 * 2520 <= heard.max_short_term_at_samples <= 48 * 5120


@pytest.mark.parametrize("rate", [44_056, 44_100, 47_952, 48_000, 88_200, 96_000, 176_400, 192_000, 384_000])
def test_the_rate_does_not_matter(rate: int) -> None:
    """The numerator of the second stage must keep its gain: 0.02 LU would be lost at 96 kHz."""
    expected = loudness.read(scan(tone(-20.0, 3.5, hz=1000.0))).programme_lufs
    found = loudness.read(scan(tone(-20.0, 3.5, hz=1000.0, rate=rate), rate)).programme_lufs
    assert found is not None
    assert expected is not None
    assert found == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 96_000])
@pytest.mark.parametrize("hz", [60.0, 300.0, 1000.0, 3000.0])
def test_the_response_is_that_of_48_khz(rate: int, hz: float) -> None:
    expected = loudness.read(scan(tone(-20.0, 3.5, hz=hz))).programme_lufs
    found = loudness.read(scan(tone(-20.0, 3.5, hz=hz, rate=rate), rate)).programme_lufs
    assert found == pytest.approx(expected, abs=0.01)


def test_the_same_programme_at_other_rates() -> None:
    """The same band-limited programme at five rates, within 0.01 LU."""
    n, rng = 48_000 * 8, np.random.default_rng(5)
    hz = rng.uniform(60.0, 16_000.0, 60)
    phase, level = rng.uniform(0.0, 6.28, 60), 10.0 ** (rng.uniform(-50.0, -30.0, 60) / 20.0)
    readings = []
    for rate in (44_100, 48_000, 88_200, 96_000, 192_000):
        t = np.arange(n * rate // 48_000)[:, np.newaxis] / rate
        sound = sum(g * np.sin(2.0 * np.pi * f * t + p) for f, p, g in zip(hz, phase, level, strict=True))
        readings.append(loudness.read(scan(np.repeat(sound, 2, axis=1), rate)).programme_lufs or 0.0)
    assert max(readings) - min(readings) < 0.01


@pytest.mark.parametrize("name", [name for name, layout in LAYOUTS.items() if layout.count <= 12])
def test_every_channel_has_its_weight(name: str) -> None:
    layout = LAYOUTS[name]
    for i, channel in enumerate(layout.channels):
        sound = np.zeros((48_000, layout.count))
        sound[:, i] = tone(-20.0, 1.0)[:, 0]
        heard = loudness.read(scan(sound, layout=layout)).programme_lufs
        if channel.label == "LFE":
            assert heard is None
        else:
            weight = {"Ls": 1.41, "Rs": 1.41, "Lss": 1.41, "Rss": 1.41}.get(channel.label, 1.0)
            # The first block holds the onset of the tone; 0.01 LU covers it.
            assert heard == pytest.approx(-23.003 + 10.0 * math.log10(weight), abs=0.01)


def test_an_unknown_layout_has_peaks_and_no_loudness() -> None:
    ledger = scan(programme(1.0, channels=5), layout=None)
    read = summary.read(ledger)
    assert read.programme_loudness_lufs is None
    assert read.undefined["programme_loudness_lufs"] == "layout unknown: give --layout"
    assert read.true_peak_dbtp is not None
    assert read.sample_peak_dbfs is not None


@settings(max_examples=30, deadline=None)
@given(gain_db=st.floats(-30.0, 12.0), seed=st.integers(0, 3))
def test_gain_moves_loudness_by_itself(gain_db: float, seed: int) -> None:
    sound = programme(4.0, seed=seed) + tone(-20.0, 4.0)
    before = loudness.read(scan(sound))
    after = loudness.read(scan(sound * 10.0 ** (gain_db / 20.0)))
    for name in ("max_momentary_lufs", "max_short_term_lufs"):
        assert getattr(after, name) - getattr(before, name) == pytest.approx(gain_db, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    where=st.lists(st.tuples(st.integers(0, 95_999), st.integers(0, 1)), max_size=30),
    what=st.sampled_from([math.nan, math.inf, -math.inf, 1e200]),
)
def test_what_is_no_number_counts_as_silence(where: list[tuple[int, int]], what: float) -> None:
    sound = programme(2.0, seed=2)
    broken, cleaned = sound.copy(), sound.copy()
    for at, channel in where:
        broken[at, channel], cleaned[at, channel] = what, 0.0
    one, two = scan(broken), scan(cleaned)
    assert summary.read(one) == summary.read(two)
    assert one.non_finite_samples == len(set(where))
    assert one.first_non_finite_at_samples == (min(at for at, _ in where) if where else -1)


def test_all_nan_is_silence_with_a_count() -> None:
    ledger = scan(np.full((48_000, 2), np.nan))
    assert ledger.non_finite_samples == 96_000
    read = summary.read(ledger)
    assert read.true_peak_dbtp is None
    assert read.undefined["true_peak_dbtp"] == summary.DIGITAL_SILENCE


def test_denormals_are_sound() -> None:
    sound = np.full((48_000, 2), 5e-324)
    sound[24_000:] = 0.5
    read = summary.read(scan(sound))
    assert read.sample_peak_dbfs == pytest.approx(-6.0206, abs=1e-3)


def test_values_above_full_scale_are_measured() -> None:
    heard = loudness.read(scan(tone(6.0, 2.0)))
    assert heard.programme_lufs == pytest.approx(6.0, abs=0.02)


def test_a_range_is_the_loudness_of_that_stretch() -> None:
    sound = np.concatenate([tone(-40.0, 10.0), programme(10.0), tone(-30.0, 10.0)])
    ledger = scan(sound)
    part = loudness.loudness_of_range(ledger, 10.0, 20.0)
    alone = loudness.read(scan(sound[480_000:960_000]))
    assert part.programme_lufs == pytest.approx(alone.programme_lufs or 0.0, abs=0.01)
    assert part.range_lu == pytest.approx(alone.range_lu or 0.0, abs=0.05)
    assert part.max_momentary_at_samples is not None
    assert 480_000 <= part.max_momentary_at_samples < 960_000
    assert loudness.loudness_of_range(ledger, 25.0, 25.2).programme_lufs is None


def test_curves_run_along_the_sound() -> None:
    ledger = scan(np.concatenate([np.zeros((48_000, 2)), tone(-20.0, 4.0)]))
    momentary, short_term = loudness.momentary_curve(ledger), loudness.short_term_curve(ledger)
    assert len(momentary) == 47
    assert len(short_term) == 21
    assert momentary[0] is None
    assert momentary[20] == pytest.approx(-20.0, abs=0.01)


def test_a_mono_sound_is_3_lu_below_the_same_in_both_channels() -> None:
    sound = programme(4.0, channels=1) + tone(-20.0, 4.0, channels=1)
    mono = loudness.read(scan(sound, layout=MONO)).programme_lufs or 0.0
    stereo = loudness.read(scan(np.repeat(sound, 2, axis=1), layout=STEREO)).programme_lufs or 0.0
    assert stereo - mono == pytest.approx(10.0 * math.log10(2.0), abs=1e-9)


def test_against_arithmetic_from_the_printed_filters() -> None:
    """The whole chain again, sample by sample, from the table of the Recommendation."""
    sound = programme(1.5, channels=1) + tone(-20.0, 1.5, channels=1)
    x = sound[:, 0]
    for (b0, b1, b2), (a1, a2) in (
        ((1.53512485958697, -2.69169618940638, 1.19839281085285), (-1.69065929318241, 0.73248077421585)),
        ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621)),
    ):
        y, x1, x2, y1, y2 = [], 0.0, 0.0, 0.0, 0.0
        for v in x.tolist():
            out = b0 * v + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
            x2, x1, y2, y1 = x1, v, y1, out
            y.append(out)
        x = np.array(y)
    powers = np.array([(x[i : i + 19_200] ** 2).mean() for i in range(0, len(x) - 19_200 + 1, 4800)])
    expected = loudness.lufs(loudness.gated_power(powers, -10.0) or 1.0)
    assert loudness.read(scan(sound, layout=MONO)).programme_lufs == pytest.approx(expected, abs=1e-9)


def test_true_peak_of_known_sounds() -> None:
    for hz, phase, level in ((12_000.0, math.pi / 4, -6.02), (8_000.0, math.pi / 3, -6.02), (19_000.0, 0.3, -6.02)):
        n = np.arange(48_000)
        sine = 0.5 * np.sin(2.0 * np.pi * hz * n / 48_000 + phase) * np.minimum(1.0, np.minimum(n, n[::-1]) / 480)
        read = true_peak.read(scan(sine[:, np.newaxis], layout=MONO))
        assert read.max_dbtp == pytest.approx(level, abs=0.16 if hz > 18_000 else 0.03)


@pytest.mark.parametrize("shift", range(5))
def test_true_peak_knows_its_place_and_channel(shift: int) -> None:
    sound = np.zeros((48_000 * 4, 2))
    at = 48_000 * 2 - 2 + shift
    sound[at : at + 2, 1] = 0.5
    read = true_peak.read(scan(sound))
    assert (read.channel, read.at_samples) == (1, at)
    assert read.max_dbtp == pytest.approx(20.0 * math.log10(0.5 * 1.2732), abs=0.1)
    assert read.per_channel_dbtp[0] is None


def test_true_peak_is_never_below_the_sample_peak() -> None:
    for rate in (44_100, 48_000, 96_000, 192_000):
        sound = np.random.default_rng(rate).uniform(-1.0, 1.0, (rate, 1))
        ledger = scan(sound, rate, MONO)
        assert ledger.true_peak[0] >= ledger.sample_peak[0] == np.abs(sound).max()


@pytest.mark.parametrize("end", [0, 1, 23, 24, 25, 47, 48, 49])
def test_true_peak_rings_over_the_end(end: int) -> None:
    """What rings behind the last sample is heard, also where the file ends with a segment."""
    sound = np.zeros((96_000 + end, 1))
    sound[-2:] = [[0.5], [0.5]]
    assert true_peak.read(scan(sound, layout=MONO)).max_dbtp == pytest.approx(-3.9, abs=0.15)


def test_overs_are_listed_with_their_times() -> None:
    sound = tone(-20.0, 3.0)
    sound[60_000:60_002, 0] = 0.99
    sound[100_000, 1] = -0.95
    ledger = scan(sound, mode=1)
    found = true_peak.overs(ledger, -1.0)
    assert [
        (over.channel, abs(over.at_samples - at) <= 1) for over, at in zip(found, (60_000, 100_000), strict=True)
    ] == [
        (0, True),
        (1, True),
    ]
    with pytest.raises(ValueError, match="curve"):
        true_peak.overs(scan(sound), -1.0)


def test_nothing_can_follow_a_finished_scan_below_44_khz() -> None:
    scanner = Scanner(8_000, 1, MONO)
    scanner.push(np.zeros((100, 1)))
    scanner.result()
    with pytest.raises(RuntimeError, match="follow"):
        scanner.push(np.zeros((100, 1)))
