"""No conversion raises a sound beyond what the plan allows for, so that nothing needs to be converted to know."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from stemkit.core.layout import LAYOUTS
from stemkit.core.steps import RemapChannels, Resample, Step
from stemkit.dsp.resample import resample
from stemkit.meters.scan import Scanner
from stemkit.meters.true_peak import read
from stemkit.plan.storage import largest_converted

Sound = NDArray[np.float64]
LENGTH = 1 << 15


def nasty(rate_hz: int) -> Iterator[tuple[str, Sound]]:
    random, at = np.random.default_rng(3), np.arange(LENGTH)
    yield "random signs", np.sign(random.normal(size=LENGTH))
    yield "clipped noise", np.clip(3.0 * random.normal(size=LENGTH), -1.0, 1.0)
    yield "square", np.sign(np.sin(2.0 * np.pi * 997.0 * at / rate_hz))
    yield "high square", np.sign(np.sin(2.0 * np.pi * 5003.3 * at / rate_hz))
    yield "clicks", (at % 997 == 0).astype(np.float64)
    for share in (0.9, 0.93, 0.96, 0.99):
        yield f"tone at {share} of Nyquist", np.sin(np.pi * share * at) * np.hanning(LENGTH)


@pytest.mark.parametrize(
    ("from_hz", "to_hz"),
    [(44_100, 48_000), (48_000, 44_100), (96_000, 48_000), (88_200, 48_000), (32_000, 48_000), (47_952, 48_000)],
)
def test_a_converted_sound_stays_below_its_true_peak_and_a_decibel(from_hz: int, to_hz: int) -> None:
    for name, sound in nasty(from_hz):
        scanner = Scanner(from_hz, 1, LAYOUTS["mono"])
        scanner.push(sound[:, np.newaxis])
        allowed = largest_converted([Resample(to_hz)], read(scanner.result()).max_amplitude)
        converted = np.concatenate(list(resample(iter([sound[:, np.newaxis]]), from_hz, to_hz, 1, LENGTH)))
        assert np.abs(converted).max() < allowed, name


def test_mono_that_becomes_louder_in_stereo_counts() -> None:
    up: list[Step] = [RemapChannels("stereo", 3.0)]
    down: list[Step] = [RemapChannels("stereo", -3.0)]
    assert largest_converted(up, 0.5) == pytest.approx(0.5 * 10 ** (4.0 / 20.0))
    assert largest_converted(down, 0.5) == pytest.approx(0.5 * 10 ** (1.0 / 20.0))
