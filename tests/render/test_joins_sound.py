"""What joins sound like: levels through every law, recordings that go on, and no click at any join."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.audio.probe import probe
from stemkit.core.block import Block
from stemkit.core.film import Boundary, Chapter, Crossfade, FadeLaw, Film, Handles, Role
from stemkit.core.timebase import FrameRate
from stemkit.dsp.fades import fade_gains
from stemkit.plan.timeline import Timeline, plan_timeline
from stemkit.render.track import role_blocks

RATE, FRAME = 48_000, 2000
HANDLE = 24
LAWS: tuple[FadeLaw, ...] = ("equal-gain", "cosine", "equal-power")
ONE_LAW = Crossfade(24, 24, "equal-power")


def film_of(
    folder: Path,
    sounds: list[Block],
    fade: Crossfade = ONE_LAW,
    *,
    handles: int = HANDLE,
    cuts: tuple[Boundary, ...] = (),
) -> Timeline:
    """Return a film of one music stem for each chapter; a stem is its picture with handles."""
    chapters = tuple(
        Chapter(number, length_frames=len(sound) // FRAME - 2 * handles, handles=Handles(handles, handles))
        for number, sound in enumerate(sounds, 1)
    )
    film = Film("Film", folder, chapters, FrameRate.parse("24"), crossfades={Role.MUSIC: fade}, boundaries=cuts)
    stems = {}
    for number, sound in enumerate(sounds, 1):
        soundfile.write(folder / f"{number}.wav", np.rint(sound * 2**23) / 2**23, RATE, subtype="PCM_24")
        stems[number] = {Role.MUSIC: [probe(folder / f"{number}.wav")]}
    return plan_timeline(film, stems, RATE)


def rendered(timeline: Timeline) -> Block:
    return np.concatenate(list(role_blocks(timeline.lines[Role.MUSIC], timeline.length_samples, 2, 5000)))


def noise(length: int, seed: int) -> Block:
    return np.random.default_rng(seed).normal(0.0, 0.08, (length, 2))


@pytest.mark.parametrize("correlation", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("law", LAWS)
def test_the_level_through_a_join_is_what_its_law_says(tmp_path: Path, law: FadeLaw, correlation: float) -> None:
    """Equal gain and cosine keep the level of one sound, equal power that of two; between them the formula holds."""
    frames, fade = 24 * 6, 48
    first, other = noise((frames + 2 * fade) * FRAME, 1), noise((frames + 2 * fade) * FRAME, 2)
    shared = np.roll(first, -frames * FRAME, axis=0)
    second = correlation * shared + math.sqrt(1.0 - correlation**2) * other
    timeline = film_of(tmp_path, [first, second], Crossfade(2 * fade, 2 * fade, law), handles=fade)
    sound = rendered(timeline)
    cut, reach, parts = frames * FRAME, fade * FRAME, 8
    inside = sound[cut - reach : cut + reach].reshape(parts, -1)
    found = 10.0 * np.log10((inside**2).mean(axis=1) / 0.08**2)
    rise, fall = (fade_gains(law, 0, 2 * reach, 2 * reach, way) for way in ("in", "out"))
    power = rise**2 + fall**2 + 2.0 * correlation * rise * fall
    wanted = 10.0 * np.log10(power.reshape(parts, -1).mean(axis=1))
    assert np.abs(found - wanted).max() < 0.1
    if (law == "equal-power" and correlation == 0.0) or (law != "equal-power" and correlation == 1.0):
        assert np.abs(found).max() < 0.1


@pytest.mark.parametrize("law", ["equal-gain", "cosine"])
@pytest.mark.parametrize("fade", [Crossfade(24, 24), Crossfade(5, 31), Crossfade(0, 40), Crossfade(40, 0)])
def test_a_recording_faded_into_itself_is_bit_exact_once_rounded(tmp_path: Path, law: FadeLaw, fade: Crossfade) -> None:
    whole = np.rint(noise(200 * FRAME, 3) * 2**23)
    pieces = [whole[: 124 * FRAME] / 2**23, whole[76 * FRAME :] / 2**23]
    timeline = film_of(tmp_path, pieces, Crossfade(fade.before_half_frames, fade.after_half_frames, law))
    assert {(join.before_samples, join.after_samples) for join in timeline.joins if join.role is Role.MUSIC} == {
        (fade.before_half_frames * FRAME // 2, fade.after_half_frames * FRAME // 2)
    }
    assert np.array_equal(np.rint(rendered(timeline) * 2**23), whole[24 * FRAME : 176 * FRAME])


def test_music_may_ring_over_the_cut_and_ambience_may_come_before_it(tmp_path: Path) -> None:
    sounds = [np.full((96 * FRAME, 2), 0.25), np.full((96 * FRAME, 2), -0.125), np.full((96 * FRAME, 2), 0.0625)]
    cuts = (
        Boundary(1, {Role.MUSIC: Crossfade(0, 40, "equal-gain")}),
        Boundary(2, {Role.MUSIC: Crossfade(40, 0, "equal-gain")}),
    )
    sound = rendered(film_of(tmp_path, sounds, cuts=cuts))[:, 0]
    one, two = 48 * FRAME, 96 * FRAME
    assert (sound[:one] == 0.25).all()
    assert (np.diff(sound[one : one + 20 * FRAME]) < 0.0).all()
    assert (sound[one + 20 * FRAME : two - 20 * FRAME] == -0.125).all()
    assert (np.diff(sound[two - 20 * FRAME : two]) > 0.0).all()
    assert (sound[two:] == 0.0625).all()


def clicks(sound: Block, around: int, reach: int = RATE // 10) -> float:
    """Return how far anything above 8 kHz stands out near a place, in dB below the sound there."""
    part = sound[around - reach : around + reach, 0] * np.blackman(2 * reach)
    spectrum = np.abs(np.fft.rfft(part))
    high = np.fft.rfftfreq(2 * reach, 1.0 / RATE) > 8000.0
    return 20.0 * math.log10(spectrum[high].max() / spectrum.max())


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("handles", "half_frames"), [(HANDLE, 24), (HANDLE, 3), (0, 24)])
def test_no_join_of_a_film_of_tones_clicks(tmp_path: Path, law: FadeLaw, handles: int, half_frames: int) -> None:
    time = np.arange((24 + 2 * handles) * FRAME) / RATE
    tones = [0.3 * np.sin(2.0 * np.pi * hz * time + n) for n, hz in enumerate((220.0, 331.0, 437.0, 587.0, 220.0))]
    sounds = [np.repeat(tone[:, np.newaxis], 2, axis=1) for tone in tones]
    timeline = film_of(tmp_path, sounds, Crossfade(half_frames, half_frames, law), handles=handles)
    sound = rendered(timeline)
    joins = [join for join in timeline.joins if join.role is Role.MUSIC]
    assert len(joins) == 4
    assert {join.degraded for join in joins} == {handles == 0}
    for join in joins:
        for place in (-join.before_samples, 0, join.after_samples):
            assert clicks(sound, join.at_samples + place) < -85.0


@pytest.mark.parametrize("law", LAWS)
def test_no_join_of_a_film_of_noise_clicks(tmp_path: Path, law: FadeLaw) -> None:
    """A step between two samples is nowhere larger at a join than noise makes it elsewhere."""
    timeline = film_of(tmp_path, [noise(72 * FRAME, seed) for seed in range(6)], Crossfade(12, 12, law))
    step = np.abs(np.diff(rendered(timeline), axis=0)).max(axis=1)
    joins = [join for join in timeline.joins if join.role is Role.MUSIC]
    near = np.zeros(len(step), dtype=bool)
    for join in joins:
        for place in (-join.before_samples, 0, join.after_samples):
            near[join.at_samples + place - 48 : join.at_samples + place + 48] = True
    assert len(joins) == 5
    assert step[near].max() < step[~near].max()
