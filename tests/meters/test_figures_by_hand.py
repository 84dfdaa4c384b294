"""Loudness and true peak out of ledgers that are written by hand, beside the standards' formulas in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.meters import loudness, true_peak
from stemkit.meters._ledger import Ledger
from stemkit.meters.loudness import NOTHING, SILENT, TOO_SHORT, TOO_SHORT_FOR_RANGE, Loudness
from tests.meters.sounds import scan

BARE = scan(np.zeros((0, 2)))


def edge(cell: int, rate: int) -> int:
    """Return the first sample of a cell: cell × rate / 100, halves up."""
    return math.floor(cell * rate / 100 + 0.5)


def ledger_of(levels: list[float | None], rate: int = 48_000) -> Ledger:
    """Return a ledger whose cells have levels in LUFS; `None` is digital silence."""
    cells = [
        0.0 if level is None else 10.0 ** ((level + 0.691) / 10.0) * (edge(at + 1, rate) - edge(at, rate))
        for at, level in enumerate(levels)
    ]
    return replace(BARE, cells=np.array(cells), sample_rate_hz=rate, cell_rate_hz=rate)


def by_the_book(ledger: Ledger, range_step: int = 10) -> dict[str, float | None]:
    """Return the figures as the documents write them, one window after the other."""
    cells, rate = ledger.cells.tolist(), ledger.cell_rate_hz

    def powers(length: int, step: int) -> list[float]:
        return [
            sum(cells[at : at + length]) / (edge(at + length, rate) - edge(at, rate))
            for at in range(0, len(cells) - length + 1, step)
        ]

    def level(power: float) -> float:
        return -0.691 + 10.0 * math.log10(power)

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    found: dict[str, float | None] = {"programme": None, "range": None}
    if loud := [power for power in powers(40, 10) if power > 0 and level(power) > -70.0]:
        gate = level(mean(loud)) - 10.0
        found["programme"] = level(mean([power for power in loud if level(power) > gate]))
    if loud := [power for power in powers(300, range_step) if power > 0 and level(power) > -70.0]:
        gate = level(mean(loud)) - 20.0
        kept = sorted(level(power) for power in loud if level(power) > gate)
        low, high = (kept[math.floor((len(kept) - 1) * share + 0.5)] for share in (0.10, 0.95))
        found["range"] = high - low
    for name, length in (("momentary", 40), ("short_term", 300)):
        heard = [power for power in powers(length, 1) if power > 1e-20]
        found[name] = level(max(heard)) if heard else None
    return found


STRETCHES = st.lists(
    st.tuples(st.sampled_from([None, -90.0, -69.0, -45.5, -33.0, -23.0, -14.2]), st.integers(1, 260)),
    min_size=1,
    max_size=6,
)


@given(STRETCHES, st.sampled_from([48_000, 44_100, 96_000, 11_025, 22_050]))
def test_all_figures_are_those_of_the_documents(stretches: list[tuple[float | None, int]], rate: int) -> None:
    ledger = ledger_of([level for level, count in stretches for _ in range(count)], rate)
    for read, step in ((loudness.read, 10), (loudness.reference_read, 100)):
        found, book = read(ledger), by_the_book(ledger, step)
        shown = {
            "programme": found.programme_lufs,
            "range": found.range_lu,
            "momentary": found.max_momentary_lufs,
            "short_term": found.max_short_term_lufs,
        }
        assert shown == pytest.approx(book, abs=1e-6)


def reasons(levels: list[float | None]) -> dict[str, str]:
    return dict(loudness.read(ledger_of(levels)).undefined)


def test_what_is_undefined_has_its_reason() -> None:
    short = dict.fromkeys(("programme_lufs", "max_momentary_lufs"), TOO_SHORT)
    shorter_than_3_s = dict.fromkeys(("range_lu", "max_short_term_lufs"), TOO_SHORT_FOR_RANGE)
    assert reasons([-20.0] * 39) == short | shorter_than_3_s
    assert reasons([-20.0] * 40) == reasons([-20.0] * 299) == shorter_than_3_s
    assert reasons([-20.0] * 300) == {}
    assert reasons([-80.0] * 300) == {"programme_lufs": SILENT, "range_lu": SILENT}
    nothing = dict.fromkeys(("max_momentary_lufs", "max_short_term_lufs"), NOTHING)
    assert reasons([None] * 300) == {"programme_lufs": SILENT, "range_lu": SILENT} | nothing
    assert reasons([]) == short | shorter_than_3_s


def test_without_a_layout_there_is_no_loudness() -> None:
    found = loudness.read(replace(ledger_of([-20.0] * 400), layout=None))
    assert found.undefined.keys() == {"programme_lufs", "range_lu", "max_momentary_lufs", "max_short_term_lufs"}
    assert replace(found, undefined={}) == Loudness(None, None, None, None, None, None)


def test_the_loudest_window_is_found_at_its_first_sample() -> None:
    levels: list[float | None] = [-40.0] * 500
    levels[123:163] = [-20.0] * 40
    found = loudness.read(ledger_of(levels))
    assert found.max_momentary_at_samples == 123 * 480
    assert found.max_momentary_lufs == pytest.approx(-20.0)
    # Every window of 3 s with all of it is as loud as any: the first of them counts, give or take a rounding.
    assert found.max_short_term_at_samples is not None
    assert 0 <= found.max_short_term_at_samples <= 123 * 480


@pytest.mark.parametrize(
    ("start_s", "end_s", "cells"),
    [
        (0.0, 10.0, (0, 1000)),
        (2.0, 5.0, (200, 500)),
        (2.004, 4.996, (200, 500)),
        (-3.0, 99.0, (0, 1000)),
        (5.0, 2.0, (500, 500)),
        (99.0, 100.0, (1000, 1000)),
    ],
)
def test_a_stretch_reads_as_if_it_were_alone(start_s: float, end_s: float, cells: tuple[int, int]) -> None:
    dice = np.random.default_rng(3)
    ledger = ledger_of([float(level) for level in dice.uniform(-40.0, -10.0, 1000)])
    found = loudness.loudness_of_range(ledger, start_s, end_s)
    alone = loudness.read(replace(ledger, cells=ledger.cells[slice(*cells)]))
    assert replace(found, max_momentary_at_samples=None, max_short_term_at_samples=None) == replace(
        alone, max_momentary_at_samples=None, max_short_term_at_samples=None
    )
    if alone.max_momentary_at_samples is not None:
        assert found.max_momentary_at_samples == alone.max_momentary_at_samples + cells[0] * 480


@pytest.mark.parametrize(("count", "distance"), [(21, 17.0), (20, 16.0), (2, 1.0), (1, 0.0)])
def test_a_range_is_between_nearest_ranks(count: int, distance: float) -> None:
    powers = 10.0 ** (np.arange(count) / 10.0)
    assert loudness.range_of(np.roll(powers, 3)) == pytest.approx(distance)


@pytest.mark.parametrize(("below_db", "is_in"), [(19.9, True), (20.1, False)])
def test_the_range_passes_by_what_is_twenty_lu_below_the_mean(below_db: float, is_in: bool) -> None:
    ratio = 10.0 ** (-below_db / 10.0)
    mean = 0.7 / (1.0 - 0.3 * ratio)
    powers = np.array([1.0] * 70 + [ratio * mean] * 30)
    assert float(powers.mean()) == pytest.approx(mean)
    expected = -10.0 * math.log10(ratio * mean) if is_in else 0.0
    assert loudness.range_of(powers) == pytest.approx(expected)


CURVES: dict[str, tuple[Callable[[Ledger], list[float | None]], int]] = {
    "momentary": (loudness.momentary_curve, 40),
    "short-term": (loudness.short_term_curve, 300),
}


@pytest.mark.parametrize("name", CURVES)
def test_curves_have_a_value_every_100_ms_and_none_in_silence(name: str) -> None:
    read, length = CURVES[name]
    found = read(ledger_of([-20.0] * 600 + [None] * 700))
    assert len(found) == (1300 - length) // 10 + 1
    assert found[0] == pytest.approx(-20.0)
    assert found[60:] == [None] * len(found[60:])
    assert None not in found[:60]
    assert read(ledger_of([-20.0] * (length - 1))) == []


@pytest.mark.parametrize("rate", [48_000, 44_056, 47_952, 11_025])
def test_each_window_is_divided_by_its_own_samples(rate: int) -> None:
    dice = np.random.default_rng(5)
    ledger = ledger_of([float(level) for level in dice.uniform(-40.0, -10.0, 90)], rate)
    cells = ledger.cells.tolist()
    powers = [sum(cells[at : at + 40]) / (edge(at + 40, rate) - edge(at, rate)) for at in range(51)]
    expected = [-0.691 + 10.0 * math.log10(power) for power in powers]
    assert loudness.momentary_curve(ledger, 1) == pytest.approx(expected, abs=1e-9)


def peaks_of(*channels: float, at: tuple[int, ...] = (), oversampling: int = 8) -> Ledger:
    places = np.array(at or (0,) * len(channels))
    return replace(BARE, true_peak=np.array(channels), true_peak_at=places, oversampling=oversampling)


def test_the_largest_channel_is_the_true_peak() -> None:
    found = true_peak.read(peaks_of(0.5, 1.0, at=(17, 8 * 1234 + 7)))
    assert (found.max_dbtp, found.at_samples, found.channel, found.max_amplitude) == (0.0, 1234, 1, 1.0)
    assert found.per_channel_dbtp == (20.0 * math.log10(0.5), 0.0)
    assert true_peak.read(peaks_of(1.0, 1.0)).channel == 0


def test_silence_has_no_true_peak() -> None:
    assert true_peak.read(peaks_of(0.0, 0.0)) == true_peak.TruePeak(None, None, None, (None, None), 0.0)


def curve_of(rows: list[tuple[float, float]], at: list[tuple[int, int]] | None = None) -> Ledger:
    values = np.array(rows).reshape(-1, 2)
    places = np.array(at or [(80 * n, 80 * n) for n in range(len(rows))]).reshape(-1, 2)
    return replace(BARE, true_peak_curve=values, true_peak_curve_at=places, peak=values, oversampling=8)


def test_overs_come_in_order_of_time_then_of_channels() -> None:
    ledger = curve_of([(1.1, 1.2), (0.9, 1.05), (1.0, 1.3)], [(808, 87), (0, 1600), (0, 1607)])
    found = [(over.at_samples, over.channel, round(over.dbtp, 3)) for over in true_peak.overs(ledger, 0.0)]
    # 1.0 is the limit itself, and no over.
    assert found == [(10, 1, 1.584), (101, 0, 0.828), (200, 1, 0.424), (200, 1, 2.279)]
    assert true_peak.overs(curve_of([]), 0.0) == ()


def test_the_smallest_peak_is_one_and_full_scale_is_zero() -> None:
    assert true_peak.read(peaks_of(0.001, 0.0)).max_dbtp == pytest.approx(-60.0)
    assert [over.dbtp for over in true_peak.overs(curve_of([(1.0, 0.0)]), -1.0)] == [0.0]


@pytest.mark.parametrize(("value", "is_over"), [(0.4999, False), (0.5010, False), (0.5013, True), (0.52, True)])
def test_a_limit_is_in_decibels_of_amplitude(value: float, is_over: bool) -> None:
    assert bool(true_peak.overs(curve_of([(value, 0.0)]), -6.0)) is is_over


def test_overs_need_the_curve() -> None:
    with pytest.raises(ValueError, match="not asked for"):
        true_peak.overs(replace(curve_of([(1.0, 1.0)]), true_peak_curve=np.zeros((0, 2))), 0.0)


def test_the_curve_is_the_largest_of_all_channels() -> None:
    assert true_peak.curve(curve_of([(1.0, 0.5), (0.0, 0.0), (0.1, 10.0)])) == [0.0, None, 20.0]
    assert true_peak.curve(replace(BARE, true_peak_curve=np.zeros((0, 2)))) == []
