"""Several sound tracks in one video file, each the stem of a role; video files among a chapter's stems."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.core.errors import ManifestError
from stemkit.core.manifest import load_film
from stemkit.intake.folder import film_from_paths, resolve
from stemkit.store.facts import FactStore
from stemkit.workflows.check import check_film
from stemkit.workflows.conform import conform
from tests.oracles import require_module, require_program

FILM = """\
[film]
title = "Tide"
frame_rate = "24"
[[chapter]]
number = 1
length = "48f"
stems = {{ VO = {{ file = "x.mov", track = {} }}, SFX = [{{ file = "x.mov", track = 1 }}], MUSIC = "mx.wav" }}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A chapter whose voice and effects are tracks of one video file."""
    require_module("av")
    sounds = [0.1 * np.random.default_rng(seed).uniform(-1, 1, (96_000, 2)) for seed in range(3)]
    names = ("fx.wav", "vo.wav", "mx.wav")
    for name, sound in zip(names, sounds, strict=True):
        soundfile.write(tmp_path / name, sound, 48_000, subtype="PCM_24")
    program, titled = require_program("ffmpeg"), ("-metadata:s:a:1", "handler_name=Dialog")
    given = ("-i", "fx.wav", "-i", "vo.wav", "-map", "0", "-map", "1", "-c:a", "pcm_s24le", *titled, "x.mov")
    subprocess.run([program, "-v", "error", *given], cwd=tmp_path, check=True, stdin=subprocess.DEVNULL)
    return tmp_path


@pytest.mark.parametrize("track", ["2", '"dialog"'])
def test_tracks_are_stems_like_files(folder: Path, track: str) -> None:
    (folder / "film.toml").write_text(FILM.format(track))
    film, store = load_film(folder / "film.toml"), FactStore(folder / "cache")
    codes = {finding.code for finding in check_film(film, store=store).run.findings}
    assert "FMT004" in codes
    assert not codes & {"FMT007", "STM001", "STM004", "STM007", "FMT010"}
    result = conform(film, folder / "out", store=store)
    outputs = {done.item.role: done.item.output for done in result.items}
    assert [done.item.declared_path for done in result.items][1] == "x.mov (track 1)"
    for role, name in (("VO", "vo.wav"), ("SFX", "fx.wav")):
        read = [soundfile.read(path)[0] for path in (folder / "out" / str(outputs[role]), folder / name)]  # type: ignore[index]
        assert np.array_equal(*read)
    assert not conform(film, folder / "out", store=store).has_written


@pytest.mark.parametrize(("track", "said"), [("3", "no sound track 3"), ('"Music"', "no sound track 'Music'")])
def test_a_track_that_is_not_there_is_a_mistake_of_the_film_file(folder: Path, track: str, said: str) -> None:
    (folder / "film.toml").write_text(FILM.format(track))
    with pytest.raises(ManifestError) as caught:
        check_film(load_film(folder / "film.toml"), store=FactStore(None))
    (problem,) = caught.value.problems
    assert said in problem.message
    assert "2 Dialog" in problem.hint


@pytest.mark.parametrize("body", [None, b"", b"\0\0\0\x20ftypqt  "])
def test_a_video_that_is_not_there_or_damaged_is_a_finding(folder: Path, body: bytes | None) -> None:
    (folder / "film.toml").write_text(FILM.format("2"))
    (folder / "x.mov").unlink()
    if body is not None:
        (folder / "x.mov").write_bytes(body)
    result = check_film(load_film(folder / "film.toml"), store=FactStore(None))
    wanted = "STM001" if body is None else "FMT007"
    assert [finding.code for finding in result.run.findings if finding.is_blocking].count(wanted) == 2


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('{ file = "x.mov" }', "chapter[1].stems.VO.track"),
        ('{ file = "x.mov", track = 0 }', "chapter[1].stems.VO.track"),
        ('{ file = "x.mov", track = true }', "chapter[1].stems.VO.track"),
        ('{ file = "../x.mov", track = 1 }', "chapter[1].stems.VO"),
        ('{ path = "x.mov", track = 1 }', "chapter[1].stems.VO.path"),
    ],
)
def test_mistakes_are_told_with_their_key(tmp_path: Path, written: str, key: str) -> None:
    text = f'[film]\nframe_rate = "24"\n[[chapter]]\nnumber = 1\nlength = "2s"\nstems = {{ VO = {written} }}\n'
    (tmp_path / "film.toml").write_text(text)
    with pytest.raises(ManifestError) as caught:
        load_film(tmp_path / "film.toml")
    assert key in [problem.key for problem in caught.value.problems]
    assert {problem.line for problem in caught.value.problems} == {6}


def test_a_video_is_a_stem_where_its_name_says_so(tmp_path: Path) -> None:
    for name in ("ch07_VO.mov", "music.MP4", "ch07_picture.mov", "ch07 mix.mp4", "ref_VO_SFX.mkv", "sfx.wav"):
        (tmp_path / name).write_bytes(b"RIFF")
    (delivery,) = resolve(film_from_paths([tmp_path], "crowd-film"))
    assert {stem.path.name for stem in delivery.stems} == {"ch07_VO.mov", "music.MP4", "sfx.wav"}
    assert delivery.unplaced == ()
