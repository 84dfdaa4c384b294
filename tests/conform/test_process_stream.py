"""The chain of a stem's steps: spans are slices of the whole, and nothing silent is lost or cut."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemkit.audio.probe import probe
from stemkit.core.block import Block
from stemkit.core.errors import RenderError
from stemkit.core.steps import ApplyGain, FitLength, RemapChannels, Requantise, Resample, Retag, Step
from stemkit.core.timebase import Span, resampled_length
from stemkit.render.conform import process_stream, shape_after
from tests.conform.conform_films import noise, write

MONO = RemapChannels("stereo")
CHAINS: tuple[tuple[Step, ...], ...] = (
    (),
    (MONO,),
    (Resample(48_000),),
    (MONO, Resample(48_000), FitLength(50_000), Requantise("PCM_24")),
    (ApplyGain(-6.0), FitLength(48_000)),
    (Retag(96_000), Resample(48_000)),
)


def _all(blocks: Iterable[Block], channels: int) -> Block:
    return np.concatenate([np.zeros((0, channels)), *blocks])


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of 44.1 kHz mono."""
    return write(tmp_path_factory.mktemp("chain") / "vo.wav", noise(1, 44_100, 1), 44_100)


@pytest.mark.parametrize("steps", CHAINS, ids=str)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=st.tuples(st.integers(0, 60_000), st.integers(0, 60_000)))
def test_a_span_is_a_slice_of_the_whole(file: Path, steps: tuple[Step, ...], ends: tuple[int, int]) -> None:
    media = probe(file)
    shape = shape_after(media, steps)
    whole = _all(process_stream(media, steps), shape.channels)
    assert whole.shape == (shape.length_samples, shape.channels)
    span = Span(min(ends), max(ends))
    part = _all(process_stream(media, steps, span), shape.channels)
    assert np.array_equal(part, whole[span.start : span.end])


def test_mono_is_the_same_on_both_sides_and_as_if_it_had_been_stereo(file: Path, tmp_path: Path) -> None:
    sound = noise(1, 44_100, 1)
    both = probe(write(tmp_path / "both.wav", np.repeat(sound, 2, axis=1), 44_100))
    one = _all(process_stream(probe(file), (MONO, Resample(48_000))), 2)
    assert np.array_equal(one, _all(process_stream(both, (Resample(48_000),)), 2))


def test_the_order_in_which_steps_are_given_does_not_matter(file: Path) -> None:
    media, steps = probe(file), CHAINS[3]
    assert np.array_equal(_all(process_stream(media, steps), 2), _all(process_stream(media, steps[::-1]), 2))


def test_padding_adds_silence_at_the_tail(file: Path) -> None:
    media = probe(file)
    padded = _all(process_stream(media, (FitLength(45_000),)), 1)
    assert np.array_equal(padded[:44_100], _all(process_stream(media, ()), 1))
    assert not padded[44_100:].any()


@pytest.mark.parametrize("steps", [(FitLength(30_000),), (Resample(48_000), FitLength(32_654))], ids=str)
def test_only_silence_is_taken_away(tmp_path: Path, steps: tuple[Step, ...]) -> None:
    sound = noise(1, 44_100)
    sound[30_000:] = 0.0
    media = probe(write(tmp_path / "fits.wav", sound, 44_100))
    assert len(_all(process_stream(media, steps), 2)) == shape_after(media, steps).length_samples
    sound[-1] = 2.0**-23
    loud = probe(write(tmp_path / "loud.wav", sound, 44_100))
    with pytest.raises(RenderError, match="sample 44099"):
        _all(process_stream(loud, steps), 2)


def test_what_has_no_place_is_not_folded_down(tmp_path: Path) -> None:
    media = probe(write(tmp_path / "wide.wav", noise(0.1, channels=6)))
    with pytest.raises(RenderError, match="without loss"):
        process_stream(media, (MONO,))


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 32_000, 44_100, 88_200, 96_000, 192_000])
@pytest.mark.parametrize("length", [1, 2, 997])
def test_short_files_have_their_exact_length_too(tmp_path: Path, rate_hz: int, length: int) -> None:
    media = probe(write(tmp_path / "short.wav", noise(length / rate_hz, rate_hz), rate_hz))
    sound = _all(process_stream(media, (Resample(48_000),)), 2)
    assert len(sound) == resampled_length(length, rate_hz, 48_000)
