"""Conforming real files: what is exact, what is measured, what is written, and what is never touched."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.core.errors import OutputError, UsageError
from stemkit.core.manifest import load_film
from stemkit.core.profile import Profile, load_profile
from stemkit.dsp.resample import resample
from stemkit.intake.facts import gather
from stemkit.intake.folder import open_film
from stemkit.plan.conform import ItemStatus
from stemkit.rules._engine import run as run_rules
from stemkit.store.facts import FactStore
from stemkit.workflows.conform import conform
from tests.conform.conform_films import FILM, film_in, ints, noise, right, run, tree, write
from tests.oracles import require_module, require_program

NO_FLOAT = """
extends = "crowd-film"
title = "integers only"

[format]
float_accepted = false
"""


def _vo(folder: Path, sound: object, rate_hz: int, subtype: str | None, name: str = "vo.wav") -> Path:
    right(folder / "ch01", but=("VO",))
    write(folder / "ch01" / name, np.asarray(sound), rate_hz, subtype)
    return film_in(folder)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A chapter in three formats, none of them right."""
    folder = tmp_path / "film"
    write(folder / "ch01" / "dialogue.wav", noise(2, 44_100, 1, seed=1), 44_100, "PCM_16")
    write(folder / "ch01" / "effects.flac", noise(2, 96_000, seed=2), 96_000, "PCM_24")
    write(folder / "ch01" / "music.aiff", noise(2 - 0.005, seed=3), 48_000, "PCM_24")
    return film_in(folder)


@pytest.mark.parametrize(
    ("subtype", "name"), [("PCM_16", "vo.wav"), ("PCM_16", "vo.flac"), ("PCM_24", "vo.flac"), ("PCM_24", "vo.aiff")]
)
def test_what_nothing_changed_passes_bit_for_bit(tmp_path: Path, subtype: str, name: str) -> None:
    bits = 16 if subtype == "PCM_16" else 24
    values = np.random.default_rng(5).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (96_000, 2))
    film = _vo(tmp_path, values / 2.0 ** (bits - 1), 48_000, subtype, name)
    result = run(film, tmp_path / "out")
    (item,) = [done.item for done in result.items if done.item.role == "VO"]
    assert item.status is ItemStatus.WRITTEN
    assert np.array_equal(ints(tmp_path / "out" / str(item.output)), values << (24 - bits))


def test_float_that_is_on_the_grid_passes_without_dither(tmp_path: Path) -> None:
    values = np.random.default_rng(6).integers(-(2**23), 2**23, (96_000, 2))
    film = _vo(tmp_path, values / 2.0**23, 48_000, "DOUBLE")
    result = run(film, tmp_path / "out")
    assert np.array_equal(ints(tmp_path / "out" / str(result.items[0].item.output)), values)


def test_float_off_the_grid_is_dithered(tmp_path: Path) -> None:
    sound = np.full((96_000, 2), 0.1 + 0.3 * 2.0**-23)
    sound[:1000] = 0.0
    film = _vo(tmp_path, sound, 48_000, "DOUBLE")
    result = run(film, tmp_path / "out")
    written = ints(tmp_path / "out" / str(result.items[0].item.output))
    assert not written[:1000].any()
    assert len(np.unique(written[1000:])) > 2
    assert float(written[1000:].mean()) == pytest.approx(0.1 * 2**23 + 0.3, abs=0.02)


def test_a_converted_file_has_the_error_of_triangular_dither_and_no_other(tmp_path: Path) -> None:
    source = np.round(noise(2, 44_100, level=0.4, seed=8) * 2**15) / 2**15
    film = _vo(tmp_path, source, 44_100, "PCM_16")
    result = run(film, tmp_path / "out")
    exact = np.concatenate(list(resample(iter([source]), 44_100, 48_000, 2, len(source))))
    error = ints(tmp_path / "out" / str(result.items[0].item.output)) - exact * 2.0**23
    assert 20 * math.log10(float(error.std()) * 2.0**-23) == pytest.approx(-144.49, abs=0.1)
    assert abs(float(error.mean())) < 0.01
    assert abs(float(np.corrcoef(error[:, 0], exact[:, 0])[0, 1])) < 0.01
    assert abs(float(np.corrcoef(error[1:, 0], error[:-1, 0])[0, 1])) < 0.01
    assert float(np.abs(error).max()) <= 1.5


@pytest.mark.parametrize(
    ("rate_hz", "name", "channels"), [(44_100, "vo.flac", 1), (48_000, "vo.wav", 2), (96_000, "vo.aiff", 2)]
)
def test_an_impulse_stays_at_its_picture_second(tmp_path: Path, rate_hz: int, name: str, channels: int) -> None:
    sound = np.zeros((2 * rate_hz, channels))
    sound[rate_hz] = 0.5
    film = _vo(tmp_path, sound, rate_hz, "PCM_16", name)
    run(film, tmp_path / "out")
    written = ints(tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav")
    assert len(written) == 96_000
    assert np.argmax(np.abs(written), axis=0).tolist() == [48_000, 48_000]


def test_over_full_scale_becomes_float_with_a_warning_and_the_peak(tmp_path: Path) -> None:
    # A square wave at full scale rises above it when it is converted.
    square = np.where((np.arange(88_200) // 50) % 2, 0.999, -0.999)
    film = _vo(tmp_path, np.column_stack([square, square]), 44_100, "PCM_16")
    result = run(film, tmp_path / "out")
    item, after = result.items[0].item, result.items[0].after
    assert item.status is ItemStatus.WRITTEN
    assert item.steps[1].kind == "requantise"
    sound, rate_hz = soundfile.read(tmp_path / "out" / str(item.output))
    assert (rate_hz, soundfile.info(tmp_path / "out" / str(item.output)).subtype) == (48_000, "FLOAT")
    assert np.abs(sound).max() > 1.0
    assert after is not None
    assert after["measured"]["sample_peak_dbfs"] == pytest.approx(20 * math.log10(np.abs(sound).max()), abs=1e-6)
    facts = gather(load_film(film), _profile(film)).facts
    (loud,) = [
        finding for finding in run_rules(facts).findings if finding.code == "PEK003" and finding.outcome == "fail"
    ]
    assert loud.severity == "warning"


def _profile(film: Path) -> Profile:
    declared = load_film(film)
    return load_profile(declared.profile, beside=declared.base)


def test_where_float_is_refused_the_stem_fails_and_nothing_is_clipped(tmp_path: Path) -> None:
    square = np.where((np.arange(88_200) // 50) % 2, 0.999, -0.999)
    film = _vo(tmp_path, np.column_stack([square, square]), 44_100, "PCM_16")
    write(tmp_path / "ch01" / "Tide_ch01_SFX.wav", noise(2, 44_100, seed=8), 44_100)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "strict.toml").write_text(NO_FLOAT, encoding="utf-8")
    film_in(tmp_path, FILM.replace('title = "Tide"', 'title = "Tide"\nprofile = "strict"'))
    result = run(film, tmp_path / "out")
    item = result.items[0].item
    assert item.status is ItemStatus.FAILED
    assert [step.kind for step in item.steps if not step.safe] == ["apply_gain"]
    assert result.has_errors
    # The rest is conformed, and the tree knows the film's own profile.
    assert result.items[1].item.status is ItemStatus.WRITTEN
    assert load_film(tmp_path / "out" / "film.toml").profile == "strict"


def test_the_plan_is_what_runs_and_what_the_receipts_say(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    planned = run(mixed, out, plan_only=True).as_dict()
    assert not out.exists()
    done = run(mixed, out).as_dict()
    receipts = [json.loads(path.read_text()) for path in sorted((out / "receipts").iterdir())]
    by_output = {receipt["output"]["path"]: receipt for receipt in receipts}
    for plan, item in zip(planned["items"], done["items"], strict=True):
        assert (plan["status"], item["status"]) == ("planned", "written")
        receipt = by_output[item["output"]]
        assert plan["steps"] == item["steps"] == receipt["steps"]
        assert receipt["output"]["sha256"] == tree(out)[item["output"]]
        assert receipt["source"]["sha256"] == receipt["source_sha256"]
        assert (receipt["before"], receipt["after"]) == (item["before"], item["after"])
    json.dumps(done, allow_nan=False)


def test_sources_stay_as_they_are_and_the_tree_is_clean(mixed: Path, tmp_path: Path) -> None:
    before, out = tree(mixed.parent), tmp_path / "out"
    result = run(mixed, out)
    assert tree(mixed.parent) == before
    assert not result.has_errors
    conformed = load_film(out / str(result.film_file))
    findings = run_rules(gather(conformed, _profile(out / "film.toml")).facts).findings
    assert [finding.code for finding in findings if finding.is_blocking] == []
    assert not [finding for finding in findings if finding.code in ("FMT001", "FMT002", "FMT003", "FMT005")]


def test_a_second_run_does_nothing_and_says_so(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = run(mixed, out)
    stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    second = run(mixed, out)
    assert (first.has_written, second.has_written) == (True, False)
    assert {done.item.status for done in second.items} == {ItemStatus.UNCHANGED}
    assert all("earlier run" in str(done.item.reason) for done in second.items)
    assert [done.after for done in first.items] == [done.after for done in second.items]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == stamps


def test_conforming_the_conformed_tree_writes_nothing(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(mixed, out)
    again = run(out / "film.toml", tmp_path / "again")
    assert {(done.item.status, done.item.steps) for done in again.items} == {(ItemStatus.UNCHANGED, ())}
    assert again.film_file == str(out / "film.toml")
    assert not (tmp_path / "again").exists()
    assert not run(out / "film.toml", out).has_written


def test_a_changed_source_redoes_only_its_own(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(mixed, out)
    old = tree(out)
    write(mixed.parent / "ch01" / "dialogue.wav", noise(2, 44_100, 1, seed=9), 44_100, "PCM_16")
    result = run(mixed, out)
    assert [done.item.status for done in result.items] == ["written", "unchanged", "unchanged"]
    changed = {name for name, digest in tree(out).items() if old[name] != digest}
    names = ("ch01/Tide_ch01_VO.wav", "ch01/Tide_ch01_VO.wav.json", "receipts/ch01_Tide_ch01_VO.wav.json")
    assert changed == set(names)


def test_a_damaged_output_is_written_again(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(mixed, out)
    good, victim = tree(out), out / "ch01" / "Tide_ch01_VO.wav"
    victim.write_bytes(victim.read_bytes()[:-7])
    (out / "ch01" / "Tide_ch01_SFX.wav").unlink()
    run(mixed, out)
    assert tree(out) == good


def test_the_bytes_are_the_same_whatever_the_number_of_jobs(mixed: Path, tmp_path: Path) -> None:
    trees = []
    for jobs in (1, 4):
        run(mixed, tmp_path / f"out{jobs}", jobs=jobs)
        trees.append(tree(tmp_path / f"out{jobs}"))
    assert trees[0] == trees[1]


def test_right_stems_are_copied_beside_repaired_ones(tmp_path: Path) -> None:
    film = _vo(tmp_path, noise(2, 44_100), 44_100, "PCM_24")
    result = run(film, tmp_path / "out")
    statuses = {str(done.item.role): done.item.status for done in result.items}
    assert statuses == {"VO": "written", "SFX": "unchanged", "MUSIC": "unchanged"}
    for done in result.items[1:]:
        assert (tmp_path / "out" / str(done.item.output)).read_bytes() == done.item.source.read_bytes()


def test_a_right_delivery_is_left_where_it_is(tmp_path: Path) -> None:
    right(tmp_path / "ch01")
    film = film_in(tmp_path)
    result = run(film, tmp_path / "out")
    assert (result.has_written, result.film_file) == (False, str(film))
    assert not (tmp_path / "out").exists()


def test_a_bare_folder_needs_no_film_file(tmp_path: Path) -> None:
    write(tmp_path / "raw" / "vo.wav", noise(1, 44_100), 44_100)
    write(tmp_path / "raw" / "sfx.wav", noise(1, seed=1))
    film = open_film([tmp_path / "raw"])
    result = conform(film, tmp_path / "out", store=FactStore(None))
    assert result.film_file is None
    assert [done.item.status for done in result.items] == ["written", "unchanged"]
    again = conform(open_film([tmp_path / "out"]), tmp_path / "again", store=FactStore(None))
    assert not again.has_written
    assert not (tmp_path / "again").exists()


def test_a_tree_among_the_deliveries_is_no_delivery(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path / f"ch0{number}" / "vo.wav", noise(1, 44_100, seed=number), 44_100)
    results = [conform(open_film([tmp_path]), tmp_path / "out", store=FactStore(None)) for _ in range(2)]
    assert [result.has_written for result in results] == [True, False]
    assert [len(result.items) for result in results] == [2, 2]


@pytest.mark.parametrize("fault", ["nan", "truncated", "text", "empty", "missing"])
def test_a_bad_file_fails_alone(tmp_path: Path, fault: str) -> None:
    sound = noise(2, 44_100)
    if fault == "nan":
        sound[100] = math.nan
    film = _vo(tmp_path, sound, 44_100, "FLOAT")
    write(tmp_path / "ch01" / "Tide_ch01_SFX.wav", noise(2, 44_100, seed=1), 44_100)
    victim = tmp_path / "ch01" / "vo.wav"
    if fault == "truncated":
        victim.write_bytes(victim.read_bytes()[:-1000])
    elif fault in ("text", "empty"):
        victim.write_text("not sound" if fault == "text" else "")
    elif fault == "missing":
        film_in(
            tmp_path,
            FILM.replace('folder = "ch01"', 'stems = { VO = "ch01/none.wav", SFX = "ch01/Tide_ch01_SFX.wav" }'),
        )
    result = run(film, tmp_path / "out")
    assert result.items[0].item.status in (ItemStatus.FAILED, ItemStatus.SKIPPED)
    assert result.items[0].item.reason
    assert result.items[1].item.status is ItemStatus.WRITTEN
    assert result.has_errors
    assert "VO" not in {path.stem[-2:] for path in (tmp_path / "out" / "ch01").glob("*.wav")} or fault == "nan"
    load_film(tmp_path / "out" / "film.toml")


def test_a_source_is_never_written_over(tmp_path: Path) -> None:
    film = _vo(tmp_path, noise(2, 44_100), 44_100, "PCM_24", "Tide_ch01_VO.wav")
    before = tree(tmp_path)
    with pytest.raises(UsageError, match="sources are never touched"):
        run(film, tmp_path)
    assert tree(tmp_path) == before


def test_a_strangers_file_is_never_written_over(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out / "ch01" / "Tide_ch01_VO.wav", noise(1))
    (out / "film.toml").write_text("# mine", encoding="utf-8")
    before = tree(out)
    with pytest.raises(UsageError) as caught:
        run(mixed, out)
    assert len(caught.value.problems) == 2
    assert tree(out) == before


def test_a_full_disk_leaves_nothing(mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(folder: Path, needed: int) -> None:
        del folder, needed

    monkeypatch.setattr("stemkit.workflows._conform_run.require_space", no_space)
    resource = pytest.importorskip("resource")
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, limits[1]))
    try:
        with pytest.raises(OutputError):
            run(mixed, tmp_path / "out", jobs=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, old)
    assert not (tmp_path / "out").exists()


def test_too_little_space_is_seen_before_the_first_byte(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemkit.core.space.free_bytes", lambda folder: 1_000_000)
    with pytest.raises(OutputError, match=r"needs 2 MB"):
        run(mixed, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_names_out_of_all_the_world(tmp_path: Path) -> None:
    title = "潮汐 🌊 / Прилив"
    folder = tmp_path / "ch01"
    write(folder / "旁白 (终).wav", noise(2, 44_100), 44_100)
    write(folder / "音效.wav", noise(2, seed=1))
    write(folder / "Mu\u0308sik music.wav", noise(2, seed=2))
    film = film_in(tmp_path, FILM.replace("Tide", title))
    result = run(film, tmp_path / "out")
    assert not result.has_errors
    assert run(tmp_path / "out" / "film.toml", tmp_path / "again").has_written is False
    assert load_film(tmp_path / "out" / "film.toml").title == title


def test_one_chapter_in_hand_makes_a_tree_of_one_chapter(tmp_path: Path) -> None:
    text = FILM + '\n[[chapter]]\nnumber = 2\nlength = "48f"\nfolder = "ch02"\n[[boundary]]\nafter = 1\nVO = "0s"\n'
    right(tmp_path / "ch01")
    write(tmp_path / "ch02" / "vo.wav", noise(2, 44_100), 44_100)
    write(tmp_path / "ch02" / "sfx.wav", noise(2, seed=1))
    write(tmp_path / "ch02" / "music.wav", noise(2, seed=2))
    film_in(tmp_path, text)
    film = open_film([tmp_path / "ch02"])
    conform(film, tmp_path / "out", store=FactStore(None))
    (chapter,) = load_film(tmp_path / "out" / "film.toml").chapters
    assert chapter.number == 2
    assert load_film(tmp_path / "out" / "film.toml").start_frame == 48


def test_the_coding_history_says_what_was_done(mixed: Path, tmp_path: Path) -> None:
    wavinfo = require_module("wavinfo")
    run(mixed, tmp_path / "out")
    bext = wavinfo.WavInfoReader(str(tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav")).bext
    assert "F=48000,W=24,M=stereo" in bext.coding_history
    assert "resample" in bext.coding_history


@pytest.mark.parametrize("program", ["ffmpeg", "sox"])
def test_other_programs_read_the_same_samples(mixed: Path, tmp_path: Path, program: str) -> None:
    path = require_program(program)
    run(mixed, tmp_path / "out")
    for file in sorted((tmp_path / "out" / "ch01").glob("*.wav")):
        raw = tmp_path / "raw.s32"
        commands: dict[str, list[str | Path]] = {
            "ffmpeg": [path, "-v", "error", "-y", "-i", file, "-f", "s32le", raw],
            "sox": [path, "-V1", "-D", file, "-t", "raw", "-e", "signed", "-b", "32", raw],
        }
        subprocess.run(commands[program], check=True)
        assert np.array_equal(np.fromfile(raw, "<i4").reshape(-1, 2) >> 8, ints(file))


def test_a_copy_of_the_tree_elsewhere_is_complete(mixed: Path, tmp_path: Path) -> None:
    run(mixed, tmp_path / "out")
    shutil.copytree(tmp_path / "out", tmp_path / "moved")
    assert not run(tmp_path / "moved" / "film.toml", tmp_path / "again").has_written
