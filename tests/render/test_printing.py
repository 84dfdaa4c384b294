"""Prints are the sum of their stems in the files, the same whatever the blocks and threads."""

from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.block import Block
from stemkit.core.errors import SumOverflow
from stemkit.core.film import Chapter, Crossfade, FadeLaw, Film, Handles, Role
from stemkit.core.layout import STEREO
from stemkit.core.media import MediaInfo
from stemkit.core.timebase import KNOWN_RATE_NAMES, FrameRate
from stemkit.plan.routing import PrintRow, sum_rules
from stemkit.plan.timeline import Timeline, plan_timeline
from stemkit.render.buses import Work
from stemkit.render.print_files import PrintTarget
from stemkit.render.printing import scan_sums, write_prints
from stemkit.render.verify import prove_sums

RATE = 48_000
ROWS = (
    PrintRow("FULL", tuple(Role)),
    *(PrintRow(role.value, (role,)) for role in Role),
    PrintRow("ME", (Role.SFX, Role.MUSIC)),
)


def noise(length: int, seed: int, peak: float = 0.15) -> Block:
    return np.random.default_rng(seed).uniform(-peak, peak, (length, 2))


def write_stem(path: Path, sound: Block, subtype: str = "PCM_24") -> MediaInfo:
    soundfile.write(path, sound, RATE, subtype=subtype)
    return probe(path)


def make_film(
    folder: Path,
    lengths: list[int],
    *,
    fps: str = "24",
    handles: Handles | None = None,
    law: FadeLaw = "equal-power",
    half_frames: int = 6,
    subtype: str = "PCM_24",
) -> Timeline:
    rate = FrameRate.parse(fps)
    held = handles or Handles()
    chapters = tuple(Chapter(n + 1, length_frames=length, handles=held) for n, length in enumerate(lengths))
    crossfades = dict.fromkeys(Role, Crossfade(half_frames, half_frames, law)) if half_frames else {}
    film = Film("Film", folder, chapters, rate, crossfades=crossfades)
    stems = {
        chapter.number: {
            role: [
                write_stem(
                    folder / f"{chapter.number}_{role}.wav",
                    noise(
                        rate.samples_at((chapter.length_frames or 0) + held.head_frames + held.tail_frames, RATE),
                        10 * chapter.number + index,
                    ),
                    subtype,
                )
            ]
            for index, role in enumerate(Role)
        }
        for chapter in chapters
    }
    return plan_timeline(film, stems, RATE)


def print_to(folder: Path, timeline: Timeline, gain_db: float = 0.0, bits: int = 24, work: Work | None = None) -> None:
    folder.mkdir(exist_ok=True)
    fmt = WriteFormat(RATE, "PCM_16" if bits == 16 else "PCM_24", STEREO, timeline.length_samples)
    targets = {row.name: PrintTarget.plain(folder / f"{row.name}.wav", fmt) for row in ROWS}
    write_prints(timeline, ROWS, targets, gain_db, work or Work())


def read(path: Path) -> Block:
    return np.concatenate([*read_blocks(probe(path)), np.zeros((0, 2))])


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.wav"))}


def in_lsb(sound: Block, bits: int = 24) -> Block:
    return np.rint(sound * 2.0 ** (bits - 1))


@pytest.mark.parametrize("gain_db", [0.0, -3.7])
@pytest.mark.parametrize("bits", [16, 24])
def test_stems_sum_to_the_mix_in_the_files(tmp_path: Path, gain_db: float, bits: int) -> None:
    timeline = make_film(tmp_path, [30, 40, 25], handles=Handles(6, 6))
    print_to(tmp_path / "out", timeline, gain_db, bits)
    sounds = {row.name: in_lsb(read(tmp_path / "out" / f"{row.name}.wav"), bits).astype(np.int64) for row in ROWS}
    assert np.array_equal(sounds["FULL"], sounds["VO"] + sounds["SFX"] + sounds["MUSIC"])
    assert np.array_equal(sounds["FULL"], sounds["VO"] + sounds["ME"])
    assert all(len(sound) == timeline.length_samples for sound in sounds.values())
    files = {row.name: probe(tmp_path / "out" / f"{row.name}.wav") for row in ROWS}
    nulls = prove_sums(files, sum_rules(ROWS), Work(jobs=2))
    assert [(null.exact, null.max_residual_lsb) for null in nulls] == [(True, 0)] * 3


def test_one_changed_lsb_is_found(tmp_path: Path) -> None:
    timeline = make_film(tmp_path, [30, 40])
    print_to(tmp_path / "out", timeline)
    path = tmp_path / "out" / "SFX.wav"
    raw = bytearray(path.read_bytes())
    at = len(raw) - 6 * 1234
    raw[at] = raw[at] ^ 1
    path.write_bytes(raw)
    files = {row.name: probe(tmp_path / "out" / f"{row.name}.wav") for row in ROWS}
    found = {
        (null.sum, null.of): (null.exact, null.max_residual_lsb) for null in prove_sums(files, sum_rules(ROWS), Work())
    }
    assert found["FULL", ("VO", "SFX", "MUSIC")] == (False, 1)
    assert found["ME", ("SFX", "MUSIC")] == (False, 1)
    assert found["FULL", ("VO", "ME")] == (True, 0)


def test_prints_of_different_lengths_are_not_compared_but_fail(tmp_path: Path) -> None:
    timeline = make_film(tmp_path, [30])
    print_to(tmp_path / "out", timeline)
    files = {row.name: probe(tmp_path / "out" / f"{row.name}.wav") for row in ROWS}
    files["VO"] = write_stem(tmp_path / "other.wav", noise(100, 1))
    del files["ME"]
    nulls = prove_sums(files, sum_rules(ROWS), Work())
    assert [null.exact for null in nulls] == [False] * 3
    assert {null.reason for null in nulls} == {
        "the prints differ in length, sample rate or channels",
        "a print is missing",
    }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 9000), st.integers(1, 4), st.sampled_from([0.0, 1.3]))
def test_blocks_and_threads_do_not_change_a_byte(
    tmp_path_factory: pytest.TempPathFactory, block_samples: int, jobs: int, gain_db: float
) -> None:
    folder = tmp_path_factory.mktemp("film")
    timeline = make_film(folder, [3, 4, 2], handles=Handles(2, 2), half_frames=2)
    print_to(folder / "a", timeline, gain_db)
    print_to(folder / "b", timeline, gain_db, work=Work(jobs, max(block_samples, 50)))
    assert hashes(folder / "a") == hashes(folder / "b")


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("fps", ["24", "25", "23.976", "60"])
def test_identity_straight_cuts_unity_and_a_matching_form_pass_every_bit(
    tmp_path: Path, subtype: str, fps: str
) -> None:
    timeline = make_film(tmp_path, [5, 7, 3], fps=fps, half_frames=0, subtype=subtype)
    print_to(tmp_path / "out", timeline)
    for role in Role:
        sources = np.concatenate([read(tmp_path / f"{n}_{role}.wav") for n in (1, 2, 3)])
        assert np.array_equal(read(tmp_path / "out" / f"{role}.wav"), sources)


def test_away_from_fades_nothing_is_touched(tmp_path: Path) -> None:
    timeline = make_film(tmp_path, [24, 24], handles=Handles(4, 4), half_frames=4)
    print_to(tmp_path / "out", timeline)
    source = read(tmp_path / "1_VO.wav")[8000 : 8000 + 44_000]
    assert np.array_equal(read(tmp_path / "out" / "VO.wav")[:44_000], source)


def _cut_recording(tmp_path: Path, law: FadeLaw) -> tuple[Block, Timeline]:
    whole = in_lsb(noise(RATE * 4, 7)) / 2.0**23
    film = Film(
        "One recording",
        tmp_path,
        (Chapter(1, length_frames=36, handles=Handles(12, 12)), Chapter(2, length_frames=36, handles=Handles(12, 12))),
        FrameRate.parse("24"),
        crossfades=dict.fromkeys(Role, Crossfade(24, 24, law)),
    )
    first = write_stem(tmp_path / "1.wav", whole[: 2000 * 60])
    second = write_stem(tmp_path / "2.wav", whole[2000 * 36 : 2000 * 96])
    stems = {1: {role: [first] for role in Role}, 2: {role: [second] for role in Role}}
    return whole[24_000 : 24_000 + 144_000], plan_timeline(film, stems, RATE)


def test_a_recording_cut_in_two_comes_back_within_one_lsb(tmp_path: Path) -> None:
    picture, timeline = _cut_recording(tmp_path, "equal-gain")
    print_to(tmp_path / "out", timeline)
    difference = np.abs(in_lsb(read(tmp_path / "out" / "MUSIC.wav")) - in_lsb(picture))
    assert difference.max() <= 1
    assert not difference[: 72_000 - 24_000].any()


def test_independent_noise_keeps_its_power_through_an_equal_power_join(tmp_path: Path) -> None:
    timeline = make_film(tmp_path, [240, 240], handles=Handles(48, 48), half_frames=96)
    print_to(tmp_path / "out", timeline)
    sound = read(tmp_path / "out" / "SFX.wav")
    cut, reach = 480_000, 96_000
    inside = sound[cut - reach : cut + reach].reshape(8, -1)
    level_db = 10 * np.log10((inside**2).mean(axis=1) / (sound[: cut - reach] ** 2).mean())
    assert np.abs(level_db).max() < 0.1


@pytest.mark.parametrize("fps", KNOWN_RATE_NAMES)
def test_prints_are_as_long_as_the_pictures_at_every_rate(tmp_path: Path, fps: str) -> None:
    lengths = [7, 11, 5]
    timeline = make_film(tmp_path, lengths, fps=fps, handles=Handles(3, 3), half_frames=3)
    print_to(tmp_path / "out", timeline)
    expected = FrameRate.parse(fps).samples_at(sum(lengths), RATE)
    assert {probe(path).length_samples for path in (tmp_path / "out").glob("*.wav")} == {expected}


def test_a_print_over_full_scale_is_never_clipped_and_leaves_no_file(tmp_path: Path) -> None:
    timeline = make_film(tmp_path, [5, 5])
    with pytest.raises(SumOverflow):
        print_to(tmp_path / "out", timeline, gain_db=12.0)
    assert list((tmp_path / "out").iterdir()) == []


def test_unity_sums_are_metered_as_the_prints_are(tmp_path: Path) -> None:
    from stemkit.meters import loudness, sample_peak, true_peak
    from stemkit.meters.scan import scan_file

    timeline = make_film(tmp_path, [24, 30], handles=Handles(6, 6))
    ledgers, _ = scan_sums(timeline, ROWS, STEREO, Work(jobs=2))
    _, peaks = scan_sums(timeline, ROWS, STEREO, Work(), ["FULL"])
    assert set(peaks) == {"VO", "SFX", "MUSIC", "ME"}
    print_to(tmp_path / "out", timeline)
    for row in ROWS:
        written = scan_file(probe(tmp_path / "out" / f"{row.name}.wav"))
        mine, theirs = loudness.read(ledgers[row.name]), loudness.read(written)
        assert mine.programme_lufs == pytest.approx(theirs.programme_lufs, abs=1e-3)
        unity, printed = (true_peak.read(each).max_dbtp for each in (ledgers[row.name], written))
        assert unity == pytest.approx(printed, abs=1e-3)
        if row.name in peaks:
            assert peaks[row.name].max() == sample_peak.read(ledgers[row.name]).max_amplitude


@pytest.mark.slow
def test_memory_does_not_grow_with_the_film(tmp_path: Path) -> None:
    peaks = []
    for name, chapters in (("short", 2), ("long", 8)):
        folder = tmp_path / name
        folder.mkdir()
        timeline = make_film(folder, [240] * chapters, handles=Handles(6, 6))
        print_to(folder / "warm", timeline)
        tracemalloc.start()
        print_to(folder / "out", timeline, work=Work(jobs=2, block_samples=16_384))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_a_writer_that_fails_takes_the_others_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timeline = make_film(tmp_path, [30, 30])
    original = PrintWriter._put

    def failing(self: PrintWriter, data: bytes | memoryview) -> None:
        if self._path.name == "ME.wav" and len(data) > 10_000:
            raise KeyboardInterrupt
        original(self, data)

    monkeypatch.setattr(PrintWriter, "_put", failing)
    with pytest.raises(KeyboardInterrupt):
        print_to(tmp_path / "out", timeline, work=Work(2, 4096))
    assert list((tmp_path / "out").iterdir()) == []
