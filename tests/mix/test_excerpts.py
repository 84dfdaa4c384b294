"""Excerpts are the very samples of the full mix, at its gain, and touch nothing else in its folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from stemkit.audio.probe import probe
from stemkit.cli.commands.mix import command
from stemkit.core.film import Film
from stemkit.store.facts import FactStore
from stemkit.workflows.excerpt import ExcerptResult, excerpt
from stemkit.workflows.mix import mix
from tests.mix.test_mix import PRINTS, RATE, ROLES, film_file, mixed, noise, write

HEAD = """[defaults]
handles = { head = "12f", tail = "12f" }
crossfade.SFX = "12f"
crossfade.MUSIC = { before = "10f", after = "6f", law = "auto" }
"""
LENGTH = 48


def film_of(folder: Path, mix_part: str = "", *, peak: float = 0.0, rate: int = RATE) -> Film:
    for number in range(1, 6):
        for index, role in enumerate(ROLES):
            sound = noise((LENGTH + 24) * rate // 24, 10 * number + index, 0.02)
            if peak and role == "SFX":
                at = len(sound) // 2
                sound[at : at + 200] = peak * np.sign(sound[at : at + 200])
            write(folder / f"ch{number:02}" / f"{role}.wav", sound, rate)
    return film_file(folder, [LENGTH] * 5, HEAD + mix_part)


def excerpted(film: Film, out: Path, *runs: tuple[int, ...], **options: Any) -> ExcerptResult:
    return excerpt(film, out, runs, store=FactStore(None), **options)


def held(path: Path) -> np.ndarray[Any, np.dtype[np.int32]]:
    return np.asarray(soundfile.read(path, dtype="int32", always_2d=True)[0])


def stretch(out: Path, name: str, first: int, last: int) -> np.ndarray[Any, np.dtype[np.int32]]:
    frame = RATE // 24
    return held(out / f"Prüfung_{name}.wav")[(first - 1) * LENGTH * frame : last * LENGTH * frame]


def files_in(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("mix_part", "peak"),
    [("", 0.0), ('[mix]\nlimiter = "linked"', 0.9), ('[mix]\nbalance = "programme"\nduck = { depth_db = 9.0 }', 0.0)],
    ids=["plain", "limited", "balanced and ducked"],
)
def test_an_excerpt_is_the_stretch_of_the_full_mix(tmp_path: Path, mix_part: str, peak: float) -> None:
    film, out = film_of(tmp_path, mix_part, peak=peak), tmp_path / "out"
    full = mixed(film, out)
    if peak:
        assert full.data["limiter"]["seconds"] > 0
    before = files_in(out)
    result = excerpted(film, out, (2, 3), (5,))
    assert files_in(out) == before
    assert result.has_errors is False
    assert result.data["level"]["from"] == "mix"
    for one, (first, last) in zip(result.data["excerpts"], ((2, 3), (5, 5)), strict=True):
        assert one["as_in_the_mix"] is True
        assert one["null_test"]["exact"] is True
        assert one["applied_gain_db"] == full.data["level"]["applied_gain_db"]
        assert [each["name"] for each in one["prints"]] == list(PRINTS)
        for each in one["prints"]:
            assert np.array_equal(held(out / each["path"]), stretch(out, each["name"], first, last)), each["name"]
            assert hashlib.sha256((out / each["path"]).read_bytes()).hexdigest() == each["sha256"]
    bext = probe(out / result.data["excerpts"][0]["prints"][0]["path"]).bext
    assert bext is not None
    assert bext.time_reference_samples == LENGTH * RATE // 24
    assert mixed(film, out).is_unchanged


def test_raw_deliveries_are_conformed_for_an_excerpt_too(tmp_path: Path) -> None:
    film, out = film_of(tmp_path, rate=44_100), tmp_path / "out"
    mixed(film, out)
    result = excerpted(film, out, (3, 4))
    path = result.data["excerpts"][0]["prints"][0]["path"]
    assert np.array_equal(held(out / path), stretch(out, "FULL", 3, 4))


def test_without_a_mix_the_stems_keep_their_level_and_never_clip(tmp_path: Path) -> None:
    film, out = film_of(tmp_path), tmp_path / "out"
    result = excerpted(film, out, (1, 2))
    assert result.data["level"]["from"] == "stems"
    assert [one["applied_gain_db"] for one in result.data["excerpts"]] == [0.0]
    assert result.data["excerpts"][0]["as_in_the_mix"] is None
    assert {path.name for path in out.iterdir()} == {"excerpts"}
    write(tmp_path / "ch01" / "SFX.wav", np.full(((LENGTH + 24) * 2000, 2), 0.95))
    loud = excerpted(film, out, (1, 2)).data["excerpts"][0]
    assert -1.0 < loud["applied_gain_db"] < 0.0
    assert 0.97 < np.abs(held(out / loud["prints"][0]["path"]) / 2**31).max() < 1.0


def test_a_stem_that_changed_since_is_said(tmp_path: Path) -> None:
    film, out = film_of(tmp_path), tmp_path / "out"
    mixed(film, out)
    write(tmp_path / "ch03" / "VO.wav", noise((LENGTH + 24) * 2000, 99, 0.02))
    result = excerpted(film, out, (1,), (3,))
    assert [one["as_in_the_mix"] for one in result.data["excerpts"]] == [True, False]


def test_only_what_sounds_in_an_excerpt_is_asked_for(tmp_path: Path) -> None:
    film, out = film_of(tmp_path), tmp_path / "out"
    (tmp_path / "ch05" / "VO.wav").unlink()
    (tmp_path / "ch02" / "VO.wav").write_bytes(b"no sound")
    assert excerpted(film, out, (4,)).data["refused"][0]["chapter"] == 5
    assert not out.exists()
    assert excerpted(film, out, (4,), missing_as_silence=True).data["missing"][0]["chapter"] == 5
    refused = excerpted(film, out, (1,))
    assert refused.has_errors
    assert {each["chapter"] for each in refused.data["refused"]} == {2}


def test_excerpts_from_a_mix_of_reels_with_leader(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    text = 'extends = "film-turnover"\ntitle = "x"\n[delivery]\ncontainer = "flac"\npackaging = "discrete-mono"\n'
    (tmp_path / "profiles" / "split.toml").write_text(text, "utf-8")
    film = film_of(tmp_path, '[mix]\nprofile = "split"\nreels = [2]\n')
    text = (tmp_path / "film.toml").read_text("utf-8").replace("[film]\n", '[film]\nstart_timecode = "01:00:00:00"\n')
    (tmp_path / "film.toml").write_text(text, "utf-8")
    from stemkit.core.manifest import load_film

    film = load_film(tmp_path)
    mix(film, tmp_path / "out", store=FactStore(None))
    one = excerpted(film, tmp_path / "out", (2, 3)).data["excerpts"][0]
    assert one["as_in_the_mix"] is True
    media = probe(tmp_path / "out" / one["prints"][0]["path"])
    assert (media.container, media.channels, media.length_samples) == ("WAV", 2, 2 * LENGTH * 2000)


def test_the_command_tells_level_and_files(tmp_path: Path) -> None:
    film_of(tmp_path)
    args = [str(tmp_path / "film.toml"), "-o", str(tmp_path / "out"), "--chapters", "2-3,5", "--no-progress"]
    run = CliRunner().invoke(command, args)
    assert run.exit_code == 0, run.output
    assert "chapters 2 to 3, 0:02 to 0:06 of the film" in run.stdout
    assert "excerpts/Prüfung_FULL_ch002-003.wav" in run.stdout
    assert "excerpts/Prüfung_FULL_ch005.wav" in run.stdout
    assert "level: as the stems are" in run.stdout
    run = CliRunner().invoke(command, [*args, "--json", "--quiet"])
    assert json.loads(run.stdout)["schema"] == "stemkit/excerpt/1"
