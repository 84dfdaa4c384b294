"""The content scan and what is read from it: every fault planted in sound, and clean sound left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemkit.core.block import Block
from stemkit.meters import (
    bandwidth,
    clicks,
    dropouts,
    edges,
    hum,
    likeness,
    pauses,
    polarity,
    repeats,
    steady_offset,
    tones,
)
from stemkit.meters._content import Content
from stemkit.meters._listening import listen, listening_modules
from stemkit.meters.content_scan import ContentScanner
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak

RATE, SECONDS = 48_000, 20
Sound = NDArray[np.float64]


def scan(sound: Block, rate: int = RATE, cuts: Sequence[int] = ()) -> tuple[Content, Sound]:
    scanner = ContentScanner(rate, sound.shape[1])
    sketches = [sketch for block in np.split(sound, cuts) for sketch in scanner.push(block)]
    content, rest = scanner.finish()
    return content, np.concatenate([*sketches, rest])


def _stereo(sound: Block) -> Block:
    return np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound


@cache
def _clean(kind: str) -> Block:
    make: dict[str, Callable[[int, int, int], Block]] = {"voice": speak, "music": compose, "effects": ambience}
    return _stereo(make[kind](SECONDS * RATE, RATE, 5))


def clean(kind: str) -> Block:
    return _clean(kind).copy()


KINDS = ("voice", "music", "effects")


def test_the_sketch_is_the_sound_at_12_khz_in_its_place() -> None:
    sound = np.zeros((RATE * 5, 1))
    sound[RATE * 3] = 1.0
    for rate, place in ((48_000, RATE * 3), (44_100, RATE * 3), (96_000, RATE * 3)):
        _, sketch = scan(sound, rate)
        assert int(np.abs(sketch).argmax()) == round(place * 12_000 / rate)
        assert len(sketch) == pytest.approx(len(sound) * 12_000 / rate, abs=1)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, SECONDS * RATE // 2), max_size=6), st.sampled_from([48_000, 44_100, 22_050]))
def test_content_does_not_depend_on_how_the_sound_was_cut(cuts: list[int], rate: int) -> None:
    sound = clean("voice")[: SECONDS * RATE // 2]
    sound[100_000:100_300] = 0.0
    whole, sketch = scan(sound, rate)
    parts, cut_sketch = scan(sound, rate, sorted(cuts))
    assert np.array_equal(sketch, cut_sketch)
    arrays, others = whole.as_arrays(), parts.as_arrays()
    assert [name for name in arrays if not np.array_equal(arrays[name], others[name])] == []


def test_content_comes_back_from_arrays() -> None:
    content, _ = scan(clean("music"))
    again = Content.from_arrays(content.as_arrays())
    assert [what for what in listening_modules() if listen(again, what) != listen(content, what)] == []


@pytest.mark.parametrize("length", [0, 1, 400, 1023, 4097, RATE])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_short_and_silent_sound_is_read_too(length: int, channels: int) -> None:
    content, _ = scan(np.zeros((length, channels)))
    for what in listening_modules():
        listen(content, what)
    assert dropouts.read_content(content).starts == ()
    assert clicks.read_content(content).places == ()


def test_what_is_no_sound_spoils_nothing() -> None:
    sound = clean("music")
    sound[100_000:100_010] = np.nan
    sound[200_000] = np.inf
    content, sketch = scan(sound)
    assert np.isfinite(sketch).all()
    assert np.isfinite(content.levels_db).all()


@pytest.mark.parametrize("kind", KINDS)
def test_clean_sound_is_left_alone(kind: str) -> None:
    content, _ = scan(clean(kind))
    assert dropouts.read_content(content) == dropouts.Dropouts()
    assert clicks.read_content(content) == clicks.Clicks()
    assert hum.read_content(content) == hum.Hum()
    assert repeats.read_content(content) == repeats.Repeats()
    assert tones.read_content(content) == tones.Tones()
    assert (polarity.read_content(content).correlation or 1.0) > -0.4
    assert (
        steady_offset.read_content(content).variation > 0.35 or (steady_offset.read_content(content).dbfs or -99) < -60
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("length", "dither"), [(64, 0), (512, 0), (2000, 0), (512, 1)])
def test_holes_are_found_where_they_are(kind: str, length: int, dither: int) -> None:
    sound = clean(kind)
    level = np.convolve((sound**2).sum(axis=1), np.ones(2400), "same")
    at = int(level[RATE : -RATE - length].argmax()) + RATE
    sound[at : at + length] = np.random.default_rng(5).integers(-1, 2, (length, 2)) * dither * 2.0**-23
    found = dropouts.read_content(scan(sound)[0])
    assert len(found.starts) == 1
    assert abs(found.starts[0] - at) <= 2
    assert abs(found.lengths[0] - length) <= 4


def test_silence_between_lines_is_no_hole() -> None:
    sound = clean("voice")
    quiet = np.abs(sound).max(axis=1) < 1e-3
    sound[quiet] = 0.0
    assert dropouts.read_content(scan(sound)[0]) == dropouts.Dropouts()


@pytest.mark.parametrize("kind", KINDS)
def test_clicks_are_found_where_they_are(kind: str) -> None:
    sound = clean(kind)
    places = [RATE * 3 + 17, RATE * 8 + 1, RATE * 15]
    sound[places] += 0.8
    assert clicks.read_content(scan(sound)[0]).places == tuple(places)


@pytest.mark.parametrize("is_dithered", [False, True])
@pytest.mark.parametrize("length", [256, 1024, 4801])
def test_buffers_that_came_twice_are_found(length: int, is_dithered: bool) -> None:
    sound = clean("music")
    sound[5 * RATE : 5 * RATE + length] = sound[5 * RATE - length : 5 * RATE]
    if is_dithered:
        rng = np.random.default_rng(3)
        sound = np.round(sound * 2**23 + rng.random(sound.shape) - rng.random(sound.shape)) / 2**23
    found = repeats.read_content(scan(sound)[0])
    assert found.starts == pytest.approx((5 * RATE,), abs=2)
    assert found.lengths == (length,)
    assert found.times == (1,)


def test_held_waves_are_no_repeats() -> None:
    t = np.arange(SECONDS * RATE) / RATE
    saw = 0.2 * ((t * 110.0) % 1.0 - 0.5)[:, np.newaxis]
    assert repeats.read_content(scan(np.round(_stereo(saw) * 2**23) / 2**23)[0]) == repeats.Repeats()


def test_drawn_waveforms_do_not_click() -> None:
    t = np.arange(SECONDS * RATE) / RATE
    square = 0.3 * np.sign(np.sin(2 * np.pi * 55.0 * t))[:, np.newaxis]
    assert clicks.read_content(scan(_stereo(square))[0]) == clicks.Clicks()


def test_a_channel_that_is_turned_over() -> None:
    sound = clean("voice") * [1.0, -1.0]
    reading = polarity.read_content(scan(sound)[0])
    assert reading.correlation == pytest.approx(-1.0)
    assert reading.share_against == 1.0


def test_an_offset_is_steady() -> None:
    reading = steady_offset.read_content(scan(clean("voice") + np.array([0.0, -0.02]))[0])
    assert reading.per_channel[1] == pytest.approx(-0.02, abs=1e-3)
    assert reading.channel == 1
    assert reading.variation < 0.1


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_hum_is_told_from_the_other_mains(mains: float) -> None:
    t = np.arange(SECONDS * RATE) / RATE
    tone = 0.01 * np.sin(2 * np.pi * mains * t) + 0.005 * np.sin(2 * np.pi * 3 * mains * t)
    found = hum.read_content(scan(clean("voice") + tone[:, np.newaxis])[0])
    assert found.mains_hz == mains
    assert 1 in found.harmonics
    assert found.level_dbfs == pytest.approx(-43.0, abs=1.5)


def test_noise_in_the_pauses() -> None:
    noise = 0.01 * np.random.default_rng(1).standard_normal((SECONDS * RATE, 1))
    found = pauses.read_content(scan(clean("voice") + noise)[0])
    assert found.floor_dbfs == pytest.approx(-40.0 - 6.3, abs=2.0)
    assert pauses.read_content(scan(clean("voice") * 0.0)[0]).floor_dbfs is None


def test_pops_and_line_up_tones_at_the_head() -> None:
    t = np.arange(2000) / RATE
    sound = np.zeros((SECONDS * RATE, 2))
    sound[5 * RATE :] = clean("voice")[5 * RATE :]
    sound[RATE : RATE + 2000] = 0.1 * np.sin(2 * np.pi * 1000.0 * t)[:, np.newaxis]
    (pop,) = tones.read_content(scan(sound)[0]).tones
    assert pop.is_pop
    assert pop.start_s == pytest.approx(1.0, abs=0.1)
    t = np.arange(2 * RATE) / RATE
    sound[: 2 * RATE] = 0.1 * np.sin(2 * np.pi * 1000.0 * t)[:, np.newaxis]
    (tone,) = tones.read_content(scan(sound)[0]).tones
    assert not tone.is_pop
    assert tone.end_s - tone.start_s == pytest.approx(2.0, abs=0.2)


def _walled(sound: NDArray[np.float64], cutoff_hz: Callable[[], float]) -> NDArray[np.float64]:
    """Return a sound without what lies above a cutoff that is asked for each 24 ms, as codecs work."""
    size = 2304
    out = np.zeros_like(sound)
    window = np.hanning(size + 1)[:-1]
    for at in range(0, len(sound) - size, size // 2):
        lines = np.fft.rfft(sound[at : at + size, 0] * window)
        lines[np.fft.rfftfreq(size, 1 / RATE) > cutoff_hz()] = 0.0
        out[at : at + size, 0] += np.fft.irfft(lines, size)
    return out


def test_a_wall_in_the_spectrum() -> None:
    rng = np.random.default_rng(2)
    noise = 0.1 * rng.standard_normal((SECONDS * RATE, 1))
    assert bandwidth.read_content(scan(noise)[0]).wall_hz is None
    still = bandwidth.read_content(scan(_walled(noise, lambda: 16_000.0))[0])
    assert still.wall_hz == pytest.approx(16_000.0, abs=500.0)
    assert still.high_hz - still.low_hz <= 400.0
    moving = bandwidth.read_content(scan(_walled(noise, lambda: float(rng.uniform(13_000.0, 18_000.0))))[0])
    assert moving.share > 0.6
    assert moving.high_hz - moving.low_hz > 2_000.0
    assert moving.off_rates > 0.5


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
def test_walls_are_looked_for_at_every_rate(rate: int) -> None:
    noise = 0.1 * np.random.default_rng(2).standard_normal((6 * rate, 1))
    scanner = ContentScanner(rate, 1)
    scanner.push(noise)
    content, _ = scanner.finish()
    assert content.walls.shape[1] == 2
    assert bandwidth.read_content(content).wall_hz is None


@pytest.mark.parametrize("offset", [0.01, -0.02])
def test_the_pauses_of_a_voice_tell_its_offset(offset: float) -> None:
    t = np.arange(SECONDS * RATE) / RATE
    # Breath on the capsule shakes the mean of every second.
    rumble = 2.0 * offset * np.sin(2 * np.pi * 0.9 * t) * (np.sin(2 * np.pi * 0.21 * t) > 0.3)
    sound = (clean("voice")[:, :1] + rumble[:, np.newaxis]) * (np.sin(2 * np.pi * 0.21 * t) > 0.3)[:, np.newaxis]
    found = steady_offset.read_content(scan(sound + offset)[0])
    assert found.per_channel[0] == pytest.approx(offset, rel=0.05)
    assert found.variation < 0.12
    assert steady_offset.read_content(scan(sound)[0]).dbfs is None
    words = sound + offset * (np.abs(sound) > 0.0)
    assert steady_offset.read_content(scan(words)[0]).variation > 0.35, "an offset of the words alone is not steady"


def test_hum_that_a_rumble_hides_is_heard_in_the_pauses() -> None:
    t = np.arange(SECONDS * RATE) / RATE
    rng = np.random.default_rng(5)
    rumble = np.convolve(rng.standard_normal(len(t)), np.ones(600) / 600, "same") * (np.sin(2 * np.pi * 0.15 * t) > 0)
    sound = clean("voice") + 0.5 * rumble[:, np.newaxis]
    assert hum.read_content(scan(sound)[0]) == hum.Hum()
    found = hum.read_content(scan(sound + 0.004 * np.sin(2 * np.pi * 60.0 * t)[:, np.newaxis])[0])
    assert found.mains_hz == 60.0


def test_a_gate_makes_no_dropouts() -> None:
    sound = clean("voice")
    level = np.convolve(np.abs(sound).mean(axis=1), np.ones(960) / 960, "same")
    sound[level < 0.02 * level.max()] = 0.0
    assert dropouts.read_content(scan(sound)[0]) == dropouts.Dropouts()


def test_edges_are_those_of_the_file() -> None:
    sound = clean("music")
    sound[0], sound[-1] = 0.5, 0.25
    found = edges.read_content(scan(sound)[0])
    assert found.head_dbfs == pytest.approx(-6.02, abs=0.01)
    assert found.tail_dbfs == pytest.approx(-12.04, abs=0.01)


def test_what_sounds_are_like() -> None:
    voice, music = (likeness.read_content(scan(clean(kind))[0]) for kind in ("voice", "music"))
    assert voice.voice is not None
    assert voice.voice > 0.4
    assert music.voice is not None
    assert music.voice < 0.2
    assert music.voice_over_music < 0.3
