"""A killed run is gone on with where it stopped: what was finished is measured again and taken, not made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemkit.core.errors import OutputError
from stemkit.core.files import OutputSet
from stemkit.render import stem_file
from stemkit.workflows import _conform_run
from tests.conform.conform_films import film_in, noise, run, tree, write


class Killed(BaseException):
    """Stands for a signal that nobody can hear."""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    for seed, role in enumerate(("vo", "sfx", "music")):
        write(tmp_path / "ch01" / f"{role}.wav", noise(2, 44_100, seed=seed), 44_100, "PCM_16")
    return film_in(tmp_path)


def killed_after(count: int, film: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run die without a chance to clean up, once some files are finished."""
    made: list[object] = []

    def conform_stem(*args: object, **options: object) -> object:
        if len(made) == count:
            raise Killed
        made.append(args)
        return real(*args, **options)  # type: ignore[arg-type]

    real = stem_file.conform_stem
    with monkeypatch.context() as patched:
        patched.setattr(_conform_run, "conform_stem", conform_stem)
        patched.setattr(OutputSet, "_give_up", lambda self: self._lock.release())
        with pytest.raises(Killed):
            run(film, out)


def counted(film: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run again and return how many stems were made."""
    made: list[object] = []

    def conform_stem(*args: object, **options: object) -> object:
        made.append(args)
        return real(*args, **options)  # type: ignore[arg-type]

    real = stem_file.conform_stem
    with monkeypatch.context() as patched:
        patched.setattr(_conform_run, "conform_stem", conform_stem)
        result = run(film, out)
    assert [done.item.status.value for done in result.items] == ["written"] * 3
    return len(made)


def test_only_what_was_not_finished_is_made(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(film, tmp_path / "undisturbed")
    out = tmp_path / "out"
    killed_after(2, film, out, monkeypatch)
    assert len(list(out.glob("ch01/.stemkit-finished-*"))) == 2
    assert not list(out.glob("ch01/*.wav"))
    assert counted(film, out, monkeypatch) == 1
    assert tree(out) == tree(tmp_path / "undisturbed")


def test_a_source_that_changed_meanwhile_is_made_anew(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    killed_after(2, film, out, monkeypatch)
    write(tmp_path / "ch01" / "vo.wav", noise(2, 44_100, seed=9), 44_100, "PCM_16")
    assert counted(film, out, monkeypatch) == 2
    run(film, tmp_path / "undisturbed")
    assert tree(out) == tree(tmp_path / "undisturbed")


def test_what_is_not_wanted_any_more_goes(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    killed_after(2, film, out, monkeypatch)
    for role in ("vo", "sfx", "music"):
        write(tmp_path / "ch01" / f"{role}.wav", noise(2, 44_100, seed=20), 44_100, "PCM_16")
    assert counted(film, out, monkeypatch) == 3
    assert not list(out.rglob(".stemkit-*.partial"))


def test_another_run_that_waits_for_the_folder_takes_nothing_away(film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with OutputSet(out, takes_finished=True) as output:
        output.temporary("ch01/a.wav").write_bytes(b"a")
        output.finished("ch01/a.wav", "0" * 32)
        output.temporary("ch01/b.wav").write_bytes(b"b")
        with pytest.raises(OutputError, match="another run"):
            run(film, out)
        output.commit(["ch01/a.wav", "ch01/b.wav"])
    assert (out / "ch01" / "a.wav").read_bytes() == b"a"
    assert (out / "ch01" / "b.wav").read_bytes() == b"b"
