"""A role's sound does not depend on where it is cut; equal-gain pairs give a recording back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.block import Block, Stream
from stemkit.core.film import Role
from stemkit.core.layout import STEREO
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import Span
from stemkit.plan.timeline import Fade, Line, Placement
from stemkit.render import track

SOUNDS: dict[str, Block] = {}


def _from_memory(media: MediaInfo, span: Span | None = None, block_samples: int = 65_536) -> Stream:
    sound = SOUNDS[media.path.name]
    start, end = (0, len(sound)) if span is None else (span.start, span.end)

    def cut() -> Iterator[Block]:
        for position in range(start, end, block_samples):
            yield sound[position : min(end, position + block_samples)]

    return cut()


@pytest.fixture(autouse=True)
def _memory_instead_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track, "read_blocks", _from_memory)


def sound_of(name: str, length: int, seed: int = 1) -> MediaInfo:
    steps = np.random.default_rng(seed).integers(-(2**22), 2**22, (length, 2))
    SOUNDS[name] = steps / 2.0**23
    return MediaInfo(Path(name), "WAV", "PCM_24", 48_000, 2, length, 0, bit_depth_bits=24, layout=STEREO)


def place(media: MediaInfo, first: int, last: int, start: int, fades: tuple[Fade | None, Fade | None]) -> Placement:
    return Placement(1, Role.SFX, media, Span(first, last), start, *fades)


def render(lines: list[Line], length: int, block_samples: int) -> Block:
    blocks = list(track.role_blocks(lines, length, 2, block_samples))
    return np.concatenate(blocks) if blocks else np.zeros((0, 2))


def two_chapters(law: str = "equal-gain") -> list[Line]:
    one, other = sound_of("one", 1300, 1), sound_of("other", 1400, 2)
    fade = Fade(Span(900, 1200), law)  # type: ignore[arg-type]
    first = place(one, 100, 1300, 0, (None, fade))
    second = place(other, 20, 1220, 900, (fade, None))
    third = place(sound_of("third", 200, 3), 0, 200, 2100, (None, None))
    extra = place(sound_of("extra", 500, 4), 10, 400, 1000, (None, None))
    return [(first, second, third), (extra,)]


@settings(deadline=None)
@given(st.integers(1, 2500), st.sampled_from(["equal-gain", "equal-power"]))
def test_the_sound_does_not_depend_on_the_blocks(block_samples: int, law: str) -> None:
    lines = two_chapters(law)
    assert np.array_equal(render(lines, 2400, block_samples), render(lines, 2400, 4096))


def test_a_straight_cut_is_the_files_themselves() -> None:
    one, other = sound_of("one", 500, 1), sound_of("other", 500, 2)
    line = (place(one, 100, 400, 0, (None, None)), place(other, 0, 300, 300, (None, None)))
    expected = np.concatenate([SOUNDS["one"][100:400], SOUNDS["other"][:300]])
    assert np.array_equal(render([line], 600, 128), expected)


def test_equal_gain_gives_one_recording_back() -> None:
    media = sound_of("whole", 3000)
    fade = Fade(Span(1000, 1500), "equal-gain")
    line = (place(media, 0, 1500, 0, (None, fade)), place(media, 1000, 3000, 1000, (fade, None)))
    difference = render([line], 3000, 333) - SOUNDS["whole"]
    assert np.abs(difference).max() < 2.0**-50
    assert np.array_equal(np.rint(render([line], 3000, 333) * 2**23) / 2**23, SOUNDS["whole"])


def test_a_chapter_shorter_than_a_fade_pair_is_faded_on_both_sides() -> None:
    media = sound_of("short", 100)
    SOUNDS["short"][:] = 0.5
    fades = (Fade(Span(0, 60), "equal-gain"), Fade(Span(40, 100), "equal-gain"))
    bus = render([(place(media, 0, 100, 0, fades),)], 100, 7)
    assert bus[50, 0] == pytest.approx(0.5 * (50.5 / 60) * (1 - 10.5 / 60))
    assert bus[0, 0] < 0.01
    assert bus[99, 0] < 0.01


def test_silence_where_nothing_is_placed() -> None:
    assert not render([], 1000, 300).any()
    line = (place(sound_of("late", 50), 0, 50, 500, (None, None)),)
    bus = render([line], 1000, 300)
    assert not bus[:500].any()
    assert bus[500:550].any()
    assert not bus[550:].any()


def test_streams_are_closed_when_the_render_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    def watched(media: MediaInfo, span: Span | None = None, block_samples: int = 0) -> Stream:
        try:
            yield from _from_memory(media, span, 10)
        finally:
            closed.append(media.path.name)

    monkeypatch.setattr(track, "read_blocks", watched)
    stream = track.role_blocks(two_chapters(), 2400, 2, 100)
    for _ in range(11):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert sorted(closed) == ["extra", "one", "other"]


def test_what_is_touched() -> None:
    lines = two_chapters()
    touched = track.Touched(lines, 24)
    assert touched.within(Span(0, 900)) is False
    assert touched.within(Span(950, 1100)) is True
    mask = touched.within(Span(800, 1300))
    assert isinstance(mask, np.ndarray)
    assert mask[100:400].all()
    assert not mask[:100].any()
    assert not mask[400:].any()
    assert track.Touched(lines, 16).within(Span(0, 10)) is True
