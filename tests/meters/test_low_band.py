"""The low band alone gives the bits that listening to everything gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.block import Block
from stemkit.core.layout import LAYOUTS
from stemkit.intake.low_band import low_band_of
from stemkit.meters._listening import listen, low_band_readings
from stemkit.meters._low_band import LowBand, LowBandScanner
from stemkit.meters.content_scan import ContentScanner
from stemkit.meters.polarity import Polarity
from stemkit.meters.sample_peak import SamplePeak, peak_of
from stemkit.meters.sample_peak import read as read_peak
from stemkit.meters.scan import Scanner
from stemkit.meters.steady_offset import SteadyOffset


def sound(rate_hz: int, channels: int, seconds: float) -> NDArray[np.float64]:
    made = np.random.default_rng(rate_hz + channels).normal(0.0, 0.2, (round(rate_hz * seconds), channels))
    made[:, 0] += 0.01
    return made


def pieces(made: Block, length: int) -> Iterator[Block]:
    for start in range(0, len(made), length):
        yield made[start : start + length]


@pytest.mark.parametrize(
    ("rate_hz", "channels", "seconds"),
    [(48_000, 2, 9.37), (44_100, 1, 8.0), (22_050, 2, 4.05), (11_025, 1, 5.0), (96_000, 3, 4.5), (48_000, 1, 0.05)],
)
def test_it_is_bit_for_bit_that_of_the_content_scan(rate_hz: int, channels: int, seconds: float) -> None:
    made = sound(rate_hz, channels, seconds)
    whole, low = ContentScanner(rate_hz, channels), LowBandScanner(rate_hz, channels)
    for block in pieces(made, 65_536):
        whole.push(block)
    for block in pieces(made, 7_919):
        low.push(block)
    content, result = whole.finish()[0], low.result()
    np.testing.assert_array_equal(result.low_band, content.low_band)
    for what in low_band_readings():
        assert listen(result, what) == listen(content, what)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize(
    ("rate_hz", "channels", "seconds"),
    [(48_000, 2, 9.37), (44_100, 1, 8.0), (44_099, 2, 5.1), (22_050, 3, 4.05)],
)
def test_out_of_a_file_it_is_the_same_bits(
    rate_hz: int, channels: int, seconds: float, subtype: str, tmp_path: Path
) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, sound(rate_hz, channels, seconds).clip(-1.0, 0.99), rate_hz, subtype=subtype)
    media, told = probe(path), list[int]()
    scanner = LowBandScanner(rate_hz, channels)
    for block in read_blocks(media):
        scanner.push(block)
    found = low_band_of(media, told.append)
    np.testing.assert_array_equal(found.low_band, scanner.result().low_band)
    assert sum(told) == media.length_samples


def test_it_answers_what_repairs_rest_on() -> None:
    assert low_band_readings() == {SteadyOffset, Polarity}


def test_it_comes_back_from_arrays() -> None:
    scanner = LowBandScanner(48_000, 2)
    scanner.push(sound(48_000, 2, 1.0))
    kept = scanner.result()
    back = LowBand.from_arrays(kept.as_arrays())
    assert (back.sample_rate_hz, back.channels) == (48_000, 2)
    np.testing.assert_array_equal(back.low_band, kept.low_band)


def test_nothing_and_what_is_no_number_are_taken() -> None:
    scanner = LowBandScanner(48_000, 1)
    assert len(scanner.result().low_band) == 0
    scanner.push(np.full((48_000, 1), np.nan))
    assert not scanner.result().low_band.any()


@pytest.mark.parametrize("gain", [0.0, 0.3, 4.0])
def test_a_peak_alone_is_the_peak_of_a_whole_scan(gain: float) -> None:
    made = gain * sound(48_000, 2, 2.5)
    scanner = Scanner(48_000, 2, LAYOUTS["stereo"])
    scanner.push(made)
    alone = peak_of(pieces(made, 10_007))
    assert alone == read_peak(scanner.result())
    assert SamplePeak.from_arrays(alone.as_arrays()) == alone


def test_silence_has_the_same_ledger_as_without_shortcuts() -> None:
    from stemkit.kernels.scan import PRUNED_PEAKS, UNPRUNED_PEAKS

    made = np.zeros((5 * 48_000, 2))
    made[100_000:100_400, 1] = 0.25  # one channel stays silent, the other is for most of the time
    found = []
    for mode in (PRUNED_PEAKS, UNPRUNED_PEAKS):
        scanner = Scanner(48_000, 2, LAYOUTS["stereo"], mode=mode)
        scanner.push(made)
        found.append(scanner.result().as_arrays())
    for name, array in found[0].items():
        np.testing.assert_array_equal(array, found[1][name], err_msg=name)
