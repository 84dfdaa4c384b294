"""One mono file for each channel where the profile says so; receipts beside the files and in a place of their own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.audio.probe import probe
from stemkit.core.errors import UsageError
from stemkit.core.manifest import load_film
from stemkit.core.media import Bext
from stemkit.intake.folder import resolve
from stemkit.plan.conform import ItemStatus
from stemkit.report.conform import conform_text
from stemkit.store.facts import FactStore
from stemkit.workflows.check import check_film
from tests.conform.conform_films import FILM, film_in, noise, right, run, tree, write

PROFILE = """
extends = "crowd-film"
title = "one file for each channel"

[format]
packaging = "discrete-mono"
"""
DISCRETE = FILM.replace("[film]", '[film]\nprofile = "studio"')


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A chapter with one stem to convert, for a profile of discrete files."""
    folder = tmp_path / "film"
    right(folder / "ch01", but=("VO",))
    write(folder / "ch01" / "vo.wav", noise(2, 44_100, seed=9), 44_100, "PCM_16")
    (folder / "profiles").mkdir()
    (folder / "profiles" / "studio.toml").write_text(PROFILE)
    return film_in(folder, DISCRETE)


def test_every_channel_is_a_file_of_its_own(film: Path, tmp_path: Path) -> None:
    store, out = FactStore(tmp_path / "cache"), tmp_path / "out"
    plan = run(film, out, plan_only=True)
    assert plan.as_dict()["items"][0]["files"] == ["ch01/Tide_ch01_VO.L.wav", "ch01/Tide_ch01_VO.R.wav"]
    result = run(film, out, store=store)
    wavs = sorted(path.name for path in (out / "ch01").glob("*.wav"))
    assert wavs == [f"Tide_ch01_{role}.{label}.wav" for role in ("MUSIC", "SFX", "VO") for label in "LR"]
    for channel, label in enumerate("LR"):
        copied, _ = soundfile.read(out / "ch01" / f"Tide_ch01_SFX.{label}.wav", dtype="int32")
        source, _ = soundfile.read(film.parent / "ch01" / "Tide_ch01_SFX.wav", dtype="int32", always_2d=True)
        assert np.array_equal(copied, source[:, channel])
        media = probe(out / "ch01" / f"Tide_ch01_VO.{label}.wav")
        assert (media.channels, media.subtype, media.length_samples) == (1, "PCM_24", 96_000)
        assert f"<NAME>DX.{label}</NAME>" in (media.ixml or "")
        assert isinstance(media.bext, Bext)
        assert media.bext.max_true_peak_dbtp is None
        assert media.bext.coding_history.strip().endswith(f"channel {label}")
    receipt = json.loads((out / "receipts" / "ch01_Tide_ch01_VO.wav.json").read_text())
    hashes = {
        name: value for name, value in tree(out).items() if name.startswith("ch01/Tide_ch01_VO.") and "json" not in name
    }
    assert receipt["output"] == {"path": "ch01/Tide_ch01_VO.wav", "files": hashes}
    assert result.items[0].item.status is ItemStatus.WRITTEN


def test_the_tree_is_read_again_as_what_it_is(film: Path, tmp_path: Path) -> None:
    store, out = FactStore(tmp_path / "cache"), tmp_path / "out"
    run(film, out, store=store)
    before = tree(out)
    again = run(film, out, store=store)
    assert not again.has_written
    assert tree(out) == before
    (delivery,) = resolve(load_film(out / "film.toml"), store)
    assert [len(stem.parts) for stem in delivery.stems] == [2, 2, 2]
    findings = check_film(load_film(out / "film.toml"), store=store).run.findings
    assert not [finding for finding in findings if finding.is_blocking]
    assert not run(out / "film.toml", tmp_path / "third", store=store).has_tree


@pytest.mark.parametrize("fault", ["gone", "changed"])
def test_a_channel_that_is_missing_or_damaged_is_written_again(film: Path, tmp_path: Path, fault: str) -> None:
    store, out = FactStore(tmp_path / "cache"), tmp_path / "out"
    run(film, out, store=store)
    before = tree(out)
    channel = out / "ch01" / "Tide_ch01_VO.R.wav"
    channel.unlink() if fault == "gone" else channel.write_bytes(channel.read_bytes()[:-1] + b"\1")
    assert run(film, out, store=FactStore(None)).has_written
    assert tree(out) == before


def test_stems_that_are_right_but_for_the_number_of_their_files_are_work(film: Path, tmp_path: Path) -> None:
    store, folder = FactStore(tmp_path / "cache"), film.parent
    (folder / "ch01" / "vo.wav").unlink()
    write(folder / "ch01" / "Tide_ch01_VO.wav", noise(2, seed=9))
    plan = run(film, tmp_path / "one", plan_only=True, store=store)
    assert {done.item.status for done in plan.items} == {ItemStatus.PLANNED}
    text = conform_text(plan.as_dict(), str, plan_only=True, has_written=False)
    assert "-> ch01/Tide_ch01_VO.L.wav, ch01/Tide_ch01_VO.R.wav" in text
    assert run(film, tmp_path / "one", store=store).has_written
    # And back: for a profile that wants them in one file.
    conformed = tmp_path / "one" / "film.toml"
    conformed.write_text(conformed.read_text().replace('profile = "studio"', 'profile = "crowd-film"'))
    result = run(conformed, tmp_path / "two", store=store)
    assert {done.item.status for done in result.items} == {ItemStatus.WRITTEN}
    for role in ("VO", "SFX", "MUSIC"):
        name = f"Tide_ch01_{role}.wav"
        (source, _), (copy, _) = (soundfile.read(path / "ch01" / name) for path in (folder, tmp_path / "two"))
        assert np.array_equal(source, copy)
    assert not run(tmp_path / "two" / "film.toml", tmp_path / "three", store=store).has_tree


def test_another_packaging_is_another_output(film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(film, out)
    film.write_text(FILM)
    result = run(film, out)
    assert result.has_written
    assert (out / "ch01" / "Tide_ch01_VO.wav").is_file()
    assert 'VO = "ch01/Tide_ch01_VO.wav"' in (out / "film.toml").read_text()


def test_a_receipt_lies_beside_every_file_and_comes_back(film: Path, tmp_path: Path) -> None:
    store, out = FactStore(tmp_path / "cache"), tmp_path / "out"
    film.write_text(FILM)
    run(film, out, store=store)
    for path in (out / "ch01").glob("*.wav"):
        beside = path.with_name(f"{path.name}.json")
        assert beside.read_bytes() == (out / "receipts" / f"ch01_{path.name}.json").read_bytes()
    before = tree(out)
    (out / "ch01" / "Tide_ch01_VO.wav.json").unlink()
    (out / "ch01" / "Tide_ch01_SFX.wav.json").write_text("{}")
    result = run(film, out, store=store)
    assert result.has_written
    assert tree(out) == before
    assert not run(film, out, store=store).has_written
    assert not [one for one in resolve(load_film(out / "film.toml")) if one.unplaced]


def test_a_strangers_file_in_a_receipts_place_is_left(film: Path, tmp_path: Path) -> None:
    film.write_text(FILM)
    stranger = tmp_path / "out" / "ch01" / "Tide_ch01_VO.wav.json"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("mine")
    with pytest.raises(UsageError):
        run(film, tmp_path / "out")
    assert stranger.read_text() == "mine"
