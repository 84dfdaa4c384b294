"""Any block size, any thread count, any way in: the same bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.errors import MediaError
from stemkit.core.layout import LAYOUTS
from stemkit.dsp.oversample import annex_2_interpolator
from stemkit.kernels.scan import LOCAL_PEAKS, PLAIN_PEAKS, UNPRUNED_PEAKS
from stemkit.meters import scan as scan_module
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import Scanner, scan_file
from tests.meters.sounds import MONO, STEREO, differences, programme, scan, tone


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 48_000 * 21), max_size=40), seed=st.integers(0, 5))
def test_blocks_do_not_matter(cuts: list[int], seed: int) -> None:
    sound = programme(20.7, seed=seed)
    scanner = Scanner(48_000, 2, STEREO)
    for block in np.split(sound, sorted(min(cut, len(sound)) for cut in cuts)):
        scanner.push(block)
    assert differences(scan(sound), scanner.result()) == []


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("parts", [7, 1001])
def test_blocks_do_not_matter_at_any_rate(rate: int, parts: int) -> None:
    sound = programme(3.3, rate)
    assert differences(scan(sound, rate), scan(sound, rate, parts=parts)) == []


@pytest.mark.parametrize("lanes", [1, 2, 5, 16])
def test_lanes_do_not_matter(lanes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = programme(19.0)
    expected = scan(sound)
    monkeypatch.setattr(scan_module, "lanes_for", lambda *_: lanes)
    assert differences(expected, scan(sound)) == []


def test_a_result_may_be_asked_for_at_any_time() -> None:
    sound = programme(18.0)
    scanner = Scanner(48_000, 2, STEREO)
    scanner.push(sound[:300_000])
    early = scanner.result()
    assert differences(early, scan(sound[:300_000])) == []
    assert differences(early, scanner.result()) == []
    scanner.push(sound[300_000:])
    assert differences(scanner.result(), scan(sound)) == []


@pytest.mark.parametrize(
    ("subtype", "rate", "channels"),
    [
        ("PCM_U8", 48_000, 1),
        ("PCM_16", 44_100, 2),
        ("PCM_24", 48_000, 2),
        ("PCM_24", 48_000, 6),
        ("PCM_32", 96_000, 3),
        ("FLOAT", 48_000, 2),
        ("DOUBLE", 192_000, 1),
        ("PCM_16", 22_050, 2),
    ],
)
def test_a_file_gives_the_bits_of_its_blocks(tmp_path: Path, subtype: str, rate: int, channels: int) -> None:
    sound = programme(17.3, rate, channels)
    if subtype in ("FLOAT", "DOUBLE"):
        sound[40_000, 0] = np.nan
        sound[50_000:50_010, 0] = 1.25
    path = tmp_path / "sound.wav"
    soundfile.SoundFile(path, "w", rate, channels, subtype).write(sound)
    media = probe(path)
    scanner = Scanner(rate, channels, media.layout)
    for block in read_blocks(media, block_samples=7919):
        scanner.push(block)
    streamed = scanner.result()
    for threads in (1, 2, 5):
        assert differences(scan_file(media, threads=threads), streamed) == []


def test_containers_do_not_matter(tmp_path: Path) -> None:
    sound = programme(5.0)
    found: list[Ledger] = []
    for name, kind, subtype in (("a.wav", "WAV", "PCM_24"), ("b.flac", "FLAC", "PCM_24"), ("c.aiff", "AIFF", "PCM_24")):
        soundfile.SoundFile(tmp_path / name, "w", 48_000, 2, subtype, format=kind).write(sound)
        found.append(scan_file(probe(tmp_path / name)))
    assert differences(found[0], found[1]) == []
    assert differences(found[0], found[2]) == []


def test_progress_counts_every_sample(tmp_path: Path) -> None:
    soundfile.SoundFile(tmp_path / "a.wav", "w", 48_000, 2, "PCM_24").write(programme(40.0))
    media = probe(tmp_path / "a.wav")
    told: list[int] = []
    scan_file(media, on_samples=told.append)
    assert sum(told) == media.length_samples
    assert len(told) > 1


@pytest.mark.parametrize("mode", [UNPRUNED_PEAKS, LOCAL_PEAKS])
@pytest.mark.parametrize("seed", range(4))
def test_pruned_true_peaks_are_those_of_every_sample(mode: int, seed: int) -> None:
    """The bound that lets a group be passed over is a proof: level and place are the same, bit for bit."""
    rng = np.random.default_rng(seed)
    sounds = [
        programme(9.0, seed=seed),
        np.tanh(8.0 * rng.standard_normal((96_000, 2))) * 0.97,
        np.sign(rng.standard_normal((60_000, 2))) * 0.5,
        tone(-1.0, 2.0, hz=12_000.0) + 1e-4 * rng.standard_normal((96_000, 2)),
    ]
    for sound in sounds:
        assert [n for n in differences(scan(sound), scan(sound, mode=mode)) if "curve" not in n] == []


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 88_200, 192_000])
def test_pruning_is_exact_at_every_rate(rate: int) -> None:
    sound = programme(2.5, rate, 1, seed=9)
    assert differences(scan(sound, rate, MONO), scan(sound, rate, MONO, mode=UNPRUNED_PEAKS)) == []


def test_local_peaks_have_the_largest_as_their_largest() -> None:
    sound = programme(6.0)
    ledger = scan(sound, mode=LOCAL_PEAKS)
    assert len(ledger.true_peak_curve) == 60
    assert np.array_equal(ledger.true_peak_curve.max(axis=0), ledger.true_peak)
    assert (ledger.true_peak_curve[:-1] >= ledger.peak[:-1] * 0.999).mean() > 0.9


def test_the_reference_mode_is_the_published_filter() -> None:
    """Annex 2 by plain convolution: the sound with three zeros between samples, through all 48 taps in order."""
    sound = programme(1.0)
    taps = annex_2_interpolator()[:, ::-1][:, 18:30].T.reshape(-1)
    for channel in range(2):
        stuffed = np.zeros(4 * len(sound))
        stuffed[::4] = sound[:, channel]
        expected = np.abs(np.convolve(stuffed, taps)).max()
        found = scan(sound, mode=PLAIN_PEAKS).true_peak[channel]
        assert found == pytest.approx(max(expected, np.abs(sound[:, channel]).max()), rel=1e-12)


def test_a_ledger_survives_being_kept() -> None:
    for layout in (STEREO, None):
        ledger = scan(programme(4.0), layout=layout, mode=LOCAL_PEAKS)
        again = Ledger.from_arrays(ledger.as_arrays())
        assert differences(ledger, again) == []
        assert again.layout is layout
    arrays = dict(ledger.as_arrays())
    del arrays["cells"]
    with pytest.raises(KeyError):
        Ledger.from_arrays(arrays)


def test_the_digest_knows_the_sound_and_nothing_else() -> None:
    sound = programme(3.0)
    digest = scan(sound).digest
    assert len(digest) == 32
    assert scan(sound, layout=None).digest == digest
    assert scan(sound, rate=44_100).digest != digest
    assert scan(np.concatenate([sound, np.zeros((1, 2))])).digest != digest
    for at in (0, 1, 95_999, 96_000, len(sound) - 1):
        changed = sound.copy()
        changed[at, 1] += 2.0**-23
        assert scan(changed).digest != digest
    swapped = sound.copy()
    swapped[[1000, 1001]] = swapped[[1001, 1000]]
    assert scan(swapped).digest != digest
    assert scan(sound[:, ::-1]).digest != digest
    cells = sound.copy()
    cells[480:960], cells[960:1440] = sound[960:1440], sound[480:960]
    assert scan(cells).digest != digest


def test_minus_zero_is_zero() -> None:
    sound = np.zeros((5000, 2))
    assert scan(sound).digest == scan(-sound).digest


def test_a_file_that_shrinks_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.SoundFile(path, "w", 48_000, 2, "PCM_24").write(programme(20.0))
    media = probe(path)
    with path.open("r+b") as file:
        file.truncate(media.size_bytes // 2)
    with pytest.raises(MediaError, match="ends after"):
        scan_file(media)


def test_a_file_that_grows_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.SoundFile(path, "w", 48_000, 2, "PCM_24").write(programme(3.0))
    media = probe(path)
    before = scan_file(media)
    with path.open("ab") as file:
        file.write(b"\x7f" * 60_000)
    assert differences(before, scan_file(media)) == []


def test_many_channels(tmp_path: Path) -> None:
    sound = programme(2.2, channels=64)
    ledger = scan(sound, layout=None)
    assert np.array_equal(ledger.sample_peak, np.abs(sound).max(axis=0))
    assert len(ledger.cells) == 0
    expected = scan(sound[:, 63:], layout=MONO)
    assert ledger.true_peak[63] == expected.true_peak[0]


def test_low_rates_are_loud_as_at_48_khz() -> None:
    scanner = Scanner(8_000, 2, LAYOUTS["stereo"])
    scanner.push(tone(-23.0, 5.0, rate=8_000))
    first = scanner.result()
    assert differences(first, scanner.result()) == []
    assert first.cell_rate_hz == 48_000
    assert len(first.cells) == 500
