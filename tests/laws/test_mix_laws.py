"""Laws of the mix over random films: the stems are the mix, whatever is joined, trimmed, ducked and limited."""

from __future__ import annotations

import hashlib
from dataclasses import replace
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
from stemkit.core.film import Chapter, Crossfade, Ducking, Film, Handles, Role
from stemkit.core.layout import MONO, STEREO, SURROUND_51, Layout
from stemkit.core.media import MediaInfo
from stemkit.core.steps import Subtype
from stemkit.core.timebase import KNOWN_RATE_NAMES, FrameRate, Span
from stemkit.plan.balance import with_trims
from stemkit.plan.ducking import Duck, plan_duck
from stemkit.plan.routing import PrintRow, sum_rules
from stemkit.plan.timeline import Timeline, plan_timeline
from stemkit.render.apart import write_apart
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
    few, many = st.lists(st.integers(1, 7), min_size=1, max_size=5), st.lists(st.just(1), min_size=20, max_size=60)
    lengths = draw(st.one_of(few, few, few, many))
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


@st.composite
def ducks(draw: st.DrawFn) -> Duck | None:
    settings = st.builds(Ducking, st.floats(0.1, 40.0), st.floats(0.0, 0.1), st.floats(0.01, 0.1), st.floats(0.0, 0.1))
    spans = draw(st.lists(st.tuples(st.integers(0, 40_000), st.integers(1, 9000)), max_size=3))
    return plan_duck(draw(settings), [Span(at, at + length) for at, length in sorted(spans)], RATE) if spans else None


@settings(max_examples=30, deadline=None)
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
    timeline = replace(placed(film, folder, layout.count, silent, subtype), duck=data.draw(ducks()))
    timeline = with_trims(timeline, data.draw(st.dictionaries(st.integers(1, 60), st.floats(-6.0, 3.0), max_size=3)))
    rows = (*sorted(sums, key=lambda row: row.name), *SINGLES)
    depth: Subtype = data.draw(st.sampled_from(["PCM_16", "PCM_24"]))
    fmt = WriteFormat(RATE, depth, layout, timeline.length_samples)
    work = Work(data.draw(st.integers(1, 3)), data.draw(st.sampled_from([777, 5000, 65_536])))
    targets = {row.name: PrintTarget.plain(folder / f"{row.name}.wav", fmt) for row in rows}
    ceiling = data.draw(st.sampled_from([None, None, -12.0]))
    write_prints(timeline, rows, targets, tenths / 10, work, ceiling)
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


@settings(max_examples=8, deadline=None)
@given(
    films(),
    ducks(),
    st.integers(1, 9000),
    st.integers(1, 4),
    st.sampled_from([None, -12.0]),
    st.sampled_from([0.0, 2.0]),
)
def test_blocks_and_threads_do_not_change_a_byte(
    tmp_path_factory: pytest.TempPathFactory,
    film: Film,
    duck: Duck | None,
    block_samples: int,
    jobs: int,
    ceiling: float | None,
    gain_db: float,
) -> None:
    folder = tmp_path_factory.mktemp("film")
    timeline = replace(placed(film, folder, 2, set(), "PCM_24"), duck=duck)
    rows = (PrintRow("FULL", tuple(Role)), *SINGLES)
    apart = PrintRow("ME", (Role.SFX, Role.MUSIC), is_undipped=True)
    fmt = WriteFormat(RATE, "PCM_24", STEREO, timeline.length_samples)
    found = []
    for name, work in (("a", Work()), ("b", Work(jobs, max(block_samples, 50)))):
        (folder / name).mkdir()
        targets = {row.name: PrintTarget.plain(folder / name / f"{row.name}.wav", fmt) for row in (*rows, apart)}
        write_prints(timeline, rows, targets, gain_db, work, ceiling)
        write_apart(timeline, apart, targets["ME"], gain_db, work)
        found.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (folder / name).iterdir()})
    assert found[0] == found[1]
