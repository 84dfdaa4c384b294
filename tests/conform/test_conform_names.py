"""Names alone are work, and say how the file is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemkit.core.steps import Rename
from stemkit.store.facts import FactStore
from tests.conform.conform_films import FILM, film_in, noise, right, run, tree, write

PROFILE = """
extends = "crowd-film"
title = "names"

[naming]
pattern = "{pattern}"
"""


def _film(folder: Path, pattern: str) -> Path:
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "profiles" / "named.toml").write_text(PROFILE.replace("{pattern}", pattern))
    return film_in(folder, FILM.replace("[film]", '[film]\nprofile = "named"'))


def test_a_right_stem_with_another_name_is_copied_under_the_right_one(tmp_path: Path) -> None:
    right(tmp_path / "ch01", but=("VO",))
    source = write(tmp_path / "ch01" / "voice final 2.wav", noise(2, seed=5))
    film, out, store = film_in(tmp_path), tmp_path / "out", FactStore(tmp_path / "cache")
    result = run(film, out, store=store)
    assert [done.item.status for done in result.items] == ["written", "unchanged", "unchanged"]
    assert (out / "ch01" / "Tide_ch01_VO.wav").read_bytes() == source.read_bytes()
    before = tree(out)
    assert not run(film, out, store=store).has_written
    assert tree(out) == before
    assert not run(out / "film.toml", tmp_path / "again", store=store).has_tree


def test_the_depth_in_a_name_is_that_of_the_file(tmp_path: Path) -> None:
    square = np.where((np.arange(88_200) // 50) % 2, 0.999, -0.999)
    right(tmp_path / "ch01", but=("VO", "SFX", "MUSIC"))
    write(tmp_path / "ch01" / "vo.wav", np.column_stack([square, square]), 44_100, "PCM_16")
    write(tmp_path / "ch01" / "sfx.wav", noise(2, seed=1), 48_000, "FLOAT")
    write(tmp_path / "ch01" / "music.wav", noise(2, seed=2), 48_000, "PCM_16")
    film = _film(tmp_path, "{title}_{number:03}_{mca}_{rate}_{depth}.wav")
    result = run(film, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out" / "ch01").glob("*.wav"))
    assert names == ["Tide_001_DX_48000_32.wav", "Tide_001_FX_48000_32.wav", "Tide_001_MX_48000_24.wav"]
    for done in result.items:
        renamed = [step.name for step in done.item.steps if isinstance(step, Rename)]
        assert renamed == [Path(str(done.item.output)).name]
    assert not run(tmp_path / "out" / "film.toml", tmp_path / "again").has_tree


@pytest.mark.parametrize("choice", ["rename", "resample"])
def test_names_can_be_chosen_and_left_out(tmp_path: Path, choice: str) -> None:
    from stemkit.workflows._conform_choice import choice_of

    right(tmp_path / "ch01", but=("VO",))
    write(tmp_path / "ch01" / "vo.wav", noise(2, seed=5))
    result = run(film_in(tmp_path), tmp_path / "out", choice=choice_of([choice], unsafe=False))
    assert result.has_written is (choice == "rename")
