"""Sources that change while they are mixed: the run says so, writes nothing, and keeps nothing of what it measured."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from stemkit.core.errors import RenderError
from stemkit.core.film import Film
from stemkit.intake.folder import open_film
from stemkit.store.facts import FactStore
from stemkit.workflows import _mix_prints, excerpt, mix

ROLES = ("VO", "SFX", "MUSIC")
Change = Callable[[Path], None]


def sound(rate: int, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).uniform(-0.1, 0.1, (2 * rate, 2))


def film_of(folder: Path, rate: int) -> Film:
    text = '[film]\ntitle = "Change"\nframe_rate = "24"\n'
    for number in (1, 2):
        (folder / f"ch{number}").mkdir()
        for at, role in enumerate(ROLES):
            path = folder / f"ch{number}" / f"{role}.wav"
            soundfile.write(path, sound(rate, 10 * number + at), rate, subtype="PCM_24")
        text += f'[[chapter]]\nnumber = {number}\nlength = "48f"\nfolder = "ch{number}"\n'
    (folder / "film.toml").write_text(text, "utf-8")
    return open_film([folder])


def rewritten(path: Path) -> None:
    soundfile.write(path, sound(soundfile.info(path).samplerate, 99), soundfile.info(path).samplerate, subtype="PCM_24")


def with_its_old_time(path: Path) -> None:
    before = path.stat()
    rewritten(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_size == before.st_size


def put_back(path: Path) -> None:
    before, data = path.stat(), path.read_bytes()
    rewritten(path)
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path: Path) -> None:
    other = path.with_name("new.wav")
    shutil.copy2(path, other)
    with_its_old_time(other)
    other.replace(path)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def set_aside(path: Path) -> None:
    rate = soundfile.info(path).samplerate
    path.rename(path.with_name("aside"))
    soundfile.write(path, 0.01 * sound(rate, 99), rate, subtype="PCM_24")


def removed(path: Path) -> None:
    path.unlink()


CHANGES = [(change, 48_000) for change in (rewritten, with_its_old_time, put_back, replaced, cut_short, removed)]


def changing(monkeypatch: pytest.MonkeyPatch, place: object, name: str, path: Path, change: Change) -> None:
    """Change a file just before something is done."""
    do = getattr(place, name)

    def changed_first(*given: Any, **options: Any) -> Any:
        monkeypatch.setattr(place, name, do)
        change(path)
        return do(*given, **options)

    monkeypatch.setattr(place, name, changed_first)


@pytest.mark.parametrize(("change", "rate"), [*CHANGES, (rewritten, 44_100), (put_back, 44_100)])
def test_a_source_that_changes_while_the_prints_are_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, rate: int
) -> None:
    film, path = film_of(tmp_path, rate), tmp_path / "ch2" / "SFX.wav"
    changing(monkeypatch, _mix_prints, "write_prints", path, change)
    with pytest.raises(RenderError) as caught:
        mix.mix(film, tmp_path / "out", store=FactStore(None))
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("changed_meanwhile", str(path))
    assert "chapter 2 SFX" in problem.message
    assert not (tmp_path / "out").exists()


def test_an_earlier_mix_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film, out = film_of(tmp_path, 48_000), tmp_path / "out"
    mix.mix(film, out, store=FactStore(None))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    rewritten(tmp_path / "ch1" / "VO.wav")
    changing(monkeypatch, _mix_prints, "write_prints", tmp_path / "ch2" / "SFX.wav", rewritten)
    with pytest.raises(RenderError):
        mix.mix(film, out, store=FactStore(None))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("rate", [48_000, 44_100], ids=["in place", "conformed"])
def test_what_was_measured_of_a_changed_source_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    film, path, store = film_of(tmp_path, rate), tmp_path / "ch2" / "SFX.wav", FactStore(tmp_path / "cache")
    changing(monkeypatch, mix, "ConformedStems", path, set_aside)
    with pytest.raises(RenderError):
        mix.mix(film, tmp_path / "out", store=store)
    path.with_name("aside").replace(path)
    mix.mix(film, tmp_path / "out", store=store)
    mix.mix(film, tmp_path / "full", store=FactStore(None))
    for one in sorted((tmp_path / "full").glob("*.wav")):
        assert one.read_bytes() == (tmp_path / "out" / one.name).read_bytes()


def test_an_excerpt_notices_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film, path = film_of(tmp_path, 44_100), tmp_path / "ch2" / "SFX.wav"
    changing(monkeypatch, excerpt, "write_prints", path, rewritten)
    with pytest.raises(RenderError, match="changed while it was mixed"):
        excerpt.excerpt(film, tmp_path / "out", [(2,)], store=FactStore(None))
    assert not (tmp_path / "out").exists()
