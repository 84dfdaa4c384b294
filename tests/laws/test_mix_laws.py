"""Laws of the mix over random films: the stems are the mix, whatever is joined, trimmed and routed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.writer import WriteFormat
from stemkit.core.block import Block
from stemkit.core.film import Chapter, Crossfade, Film, Handles, Role
from stemkit.core.layout import MONO, STEREO, SURROUND_51, Layout
from stemkit.core.media import MediaInfo
from stemkit.core.steps import Subtype
from stemkit.core.timebase import KNOWN_RATE_NAMES, FrameRate
from stemkit.plan.routing import PrintRow, sum_rules
from stemkit.plan.timeline import Timeline, plan_timeline
from stemkit.render.buses import Work
from stemkit.render.print_files import PrintTarget
from stemkit.render.printing import write_prints
from stemkit.render.verify import prove_sums

RATE = 48_000
SINGLES = tuple(PrintRow(role.value, (role,)) for role in Role)
SUMS = st.sets(
    st.sampled_from(
        [
            PrintRow("FULL", tuple(Role)),
            PrintRow("ME", (Role.SFX, Role.MUSIC)),
            PrintRow("VM", (Role.VO, Role.MUSIC)),
            PrintRow("VE", (Role.VO, Role.SFX)),
        ]
    ),
    min_size=1,
)
CROSSFADE = st.builds(
    Crossfade, st.integers(0, 9), st.integers(0, 9), st.sampled_from(["equal-gain", "equal-power", "cosine", "auto"])
)
LAYOUTS = st.sampled_from([MONO, STEREO, SURROUND_51])


def sound_of(seed: int, length: int, channels: int) -> Block:
    return np.random.default_rng(seed).uniform(-0.1, 0.1, (length, channels))


@st.composite
def films(draw: st.DrawFn) -> Film:
    rate = FrameRate.parse(draw(st.sampled_from(KNOWN_RATE_NAMES)))
    lengths = draw(st.lists(st.integers(1, 7), min_size=1, max_size=5))
    held = st.builds(Handles, st.integers(0, 4), st.integers(0, 4))
    chapters = tuple(Chapter(n, length_frames=length, handles=draw(held)) for n, length in enumerate(lengths, 1))
    return Film("Film", Path(), chapters, rate, crossfades={role: draw(CROSSFADE) for role in Role})


def placed(film: Film, folder: Path, channels: int, silent: set[Role], subtype: str) -> Timeline:
    assert film.frame_rate is not None
    stems: dict[int, dict[Role, list[MediaInfo]]] = {}
    for chapter in film.chapters:
        frames = (chapter.length_frames or 0) + chapter.handles.head_frames + chapter.handles.tail_frames
        stems[chapter.number] = {}
        for role in [each for each in Role if not (each in silent and chapter.number % 2)]:
            path = folder / f"{chapter.number}_{role}.wav"
            sound = sound_of(10 * chapter.number + len(role), film.frame_rate.samples_at(frames, RATE), channels)
            soundfile.write(path, sound, RATE, subtype=subtype)
            stems[chapter.number][role] = [probe(path)]
    return plan_timeline(film, stems, RATE)


@settings(max_examples=40, deadline=None)
@given(films(), SUMS, LAYOUTS, st.sets(st.sampled_from(list(Role))), st.integers(-120, 60), st.data())
def test_stems_are_the_mix_and_the_film_is_as_long_as_its_pictures(
    tmp_path_factory: pytest.TempPathFactory,
    film: Film,
    sums: set[PrintRow],
    layout: Layout,
    silent: set[Role],
    tenths: int,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("film")
    subtype = data.draw(st.sampled_from(["PCM_16", "PCM_24", "FLOAT"]))
    timeline = placed(film, folder, layout.count, silent, subtype)
    rows = (*sorted(sums, key=lambda row: row.name), *SINGLES)
    depth: Subtype = data.draw(st.sampled_from(["PCM_16", "PCM_24"]))
    fmt = WriteFormat(RATE, depth, layout, timeline.length_samples)
    work = Work(data.draw(st.integers(1, 3)), data.draw(st.sampled_from([777, 5000, 65_536])))
    targets = {row.name: PrintTarget.plain(folder / f"{row.name}.wav", fmt) for row in rows}
    write_prints(timeline, rows, targets, tenths / 10, work)
    files = {row.name: probe(folder / f"{row.name}.wav") for row in rows}
    frames = sum(chapter.length_frames or 0 for chapter in film.chapters)
    assert film.frame_rate is not None
    assert {media.length_samples for media in files.values()} == {film.frame_rate.samples_at(frames, RATE)}
    nulls = prove_sums(files, sum_rules(rows), Work())
    assert nulls
    assert all(null.exact and null.max_residual_lsb == 0 for null in nulls), nulls
    for row in rows:
        sound = np.concatenate([*read_blocks(files[row.name]), np.zeros((0, layout.count))])
        parts = [np.concatenate([*read_blocks(files[r.value]), np.zeros((0, layout.count))]) for r in row.roles]
        assert np.array_equal(sound, sum(parts[1:], start=parts[0]))
