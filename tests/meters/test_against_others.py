"""Independent meters on the same sound: libebur128, ffmpeg, pyloudnorm."""

from __future__ import annotations

import math
import re
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.core.block import Block
from stemkit.core.layout import LAYOUTS
from stemkit.dsp.kweighting import highpass
from stemkit.meters import loudness, true_peak
from stemkit.meters._ledger import Ledger
from tests.meters.sounds import programme, scan, tone
from tests.oracles import require_module, require_program


def _sounds() -> dict[str, tuple[int, Block]]:
    return {
        "stereo 48k": (48_000, programme(25.0) + tone(-40.0, 25.0)),
        "stereo 44.1k": (44_100, programme(25.0, 44_100, seed=1)),
        "mono 96k": (96_000, programme(9.0, 96_000, 1, seed=2)),
        "5.1 48k": (48_000, programme(12.0, channels=6, seed=3)),
    }


SOUNDS = _sounds()


def _scan(name: str) -> Ledger:
    rate, sound = SOUNDS[name]
    return scan(sound, rate, {1: LAYOUTS["mono"], 2: LAYOUTS["stereo"], 6: LAYOUTS["5.1"]}[sound.shape[1]])


@pytest.mark.parametrize("name", SOUNDS)
def test_libebur128(name: str) -> None:
    r128 = require_module("pyebur128")
    rate, sound = SOUNDS[name]
    channels = sound.shape[1]
    mode = r128.MeasurementMode.MODE_I | r128.MeasurementMode.MODE_LRA | r128.MeasurementMode.MODE_S
    state = r128.R128State(channels, rate, mode | r128.MeasurementMode.MODE_TRUE_PEAK)
    if channels == 6:
        kinds = r128.ChannelType
        for i, kind in enumerate((kinds.LEFT, kinds.RIGHT, kinds.CENTER, kinds.UNUSED)):
            state.set_channel(i, kind)
        state.set_channel(4, kinds.LEFT_SURROUND)
        state.set_channel(5, kinds.RIGHT_SURROUND)
    hop = rate // 10
    momentary, short_term = [], []
    for start in range(0, len(sound) - hop + 1, hop):
        state.add_frames(np.ascontiguousarray(sound[start : start + hop]).reshape(-1), hop)
        momentary.append(r128.get_loudness_momentary(state))
        short_term.append(r128.get_loudness_shortterm(state))
    heard = loudness.reference_read(_scan(name))
    assert heard.programme_lufs == pytest.approx(r128.get_loudness_global(state) + _lost_db(rate), abs=0.001)
    assert heard.range_lu == pytest.approx(r128.get_loudness_range(state), abs=0.06)
    ours_m, ours_s = (curve(_scan(name)) for curve in (loudness.momentary_curve, loudness.short_term_curve))
    # Its filters start once, ours at every segment, whose run-in leaves nothing that could be seen here.
    _agree(ours_m, [value + _lost_db(rate) for value in momentary[3:]])
    _agree(ours_s, [value + _lost_db(rate) for value in short_term[29:]])


def _lost_db(rate: int) -> float:
    """Return what other meters read low (or high) by keeping the second stage's numerator of 48 kHz."""
    return 20.0 * math.log10(highpass(rate).b0)


def _agree(ours: list[float | None], theirs: list[float]) -> None:
    assert len(ours) == len(theirs)
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None and a > -90.0]
    assert len(pairs) > 50
    assert max(abs(a - b) for a, b in pairs) < 0.001


@pytest.mark.parametrize("name", ["stereo 48k", "stereo 44.1k", "mono 96k", "5.1 48k"])
def test_ffmpeg(name: str, tmp_path: Path) -> None:
    ffmpeg = require_program("ffmpeg")
    rate, sound = SOUNDS[name]
    path = tmp_path / "sound.wav"
    soundfile.SoundFile(path, "w", rate, sound.shape[1], "FLOAT").write(sound)
    layout = ["-af", f"{'aformat=channel_layouts=5.1,' if sound.shape[1] == 6 else ''}ebur128=peak=true"]
    command = [ffmpeg, "-nostdin", "-hide_banner", "-i", str(path), *layout, "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rpartition("Summary:")[2]
    integrated, loudness_range = (float(re.findall(rf"{x}:\s+(-?[\d.]+)", told)[0]) for x in ("I", "LRA"))
    heard = loudness.read(_scan(name))
    assert heard.programme_lufs == pytest.approx(integrated + _lost_db(rate), abs=0.051)
    # It counts windows that are not full yet, which shows in sounds as short as these.
    if len(sound) > 20 * rate:
        assert heard.range_lu == pytest.approx(loudness_range, abs=0.4)
    peak = float(re.findall(r"Peak:\s+(-?[\d.]+)", told)[-1])
    # The meters' filters differ where sound reaches to Nyquist, as this noise does.
    assert true_peak.read(_scan(name)).max_dbtp == pytest.approx(peak, abs=0.6)


@pytest.mark.parametrize("name", ["stereo 48k", "stereo 44.1k", "mono 96k"])
def test_pyloudnorm(name: str) -> None:
    pyloudnorm = require_module("pyloudnorm")
    rate, sound = SOUNDS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(sound)
    assert loudness.read(_scan(name)).programme_lufs == pytest.approx(theirs + _lost_db(rate), abs=0.001)


def test_true_peak_of_band_limited_sound_is_that_of_a_long_interpolation() -> None:
    """FFT interpolation is exact for a periodic sound; eight points a sample can miss 0.12 dB of a peak at 20 kHz."""
    rng = np.random.default_rng(4)
    n = 4800
    spectrum = np.zeros(n // 2 + 1, complex)
    spectrum[4:2000] = rng.standard_normal(1996) + 1j * rng.standard_normal(1996)
    one = np.fft.irfft(spectrum, n)
    one *= 0.7 / np.abs(one).max()
    fine = np.abs(np.fft.irfft(np.fft.rfft(one), 64 * n) * 64).max()
    middle = np.tile(one, 20)
    ledger = scan(middle[:, np.newaxis], layout=LAYOUTS["mono"], mode=1)
    inside = ledger.true_peak_curve[2:-2].max()
    assert 20.0 * np.log10(inside / fine) == pytest.approx(0.0, abs=0.16)
    assert inside <= fine * 1.003
