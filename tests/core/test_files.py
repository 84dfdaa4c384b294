"""The files of a run appear as one set, or not at all."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from stemkit.core import files
from stemkit.core.errors import OutputError
from stemkit.core.files import OutputSet, free_bytes, require_space, sha256_of, write_atomically
from stemkit.core.system import RandomReader, identity_of


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_nothing_has_its_name_before_the_set_is_complete(tmp_path: Path) -> None:
    with OutputSet(tmp_path / "out") as output:
        for name in ("a.wav", "ch01/b.wav", "report.json"):
            output.temporary(name).write_text(name)
        assert output.temporary("a.wav") == output.temporary("a.wav")
        assert all(".stemkit-" in name for name in names(tmp_path / "out"))
        output.commit(["a.wav", "ch01/b.wav", "report.json"])
    assert names(tmp_path / "out") == ["a.wav", "ch01/b.wav", "report.json"]
    assert (tmp_path / "out" / "ch01" / "b.wav").read_text() == "ch01/b.wav"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_interrupted_run_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "a.wav").write_text("old")

    def run() -> None:
        with OutputSet(tmp_path) as output:
            output.temporary("a.wav").write_text("new")
            output.temporary("new/folder/b.wav").write_text("new")
            raise error

    with pytest.raises(error):
        run()
    assert [path.name for path in tmp_path.rglob("*")] == ["a.wav"]
    assert (tmp_path / "a.wav").read_text() == "old"


def test_folders_that_were_made_go_again(tmp_path: Path) -> None:
    with OutputSet(tmp_path / "a" / "b") as output:
        output.temporary("c/d.wav").write_text("new")
    assert list(tmp_path.iterdir()) == []


def test_the_last_file_is_renamed_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def replace(source: Path, target: Path) -> None:
        order.append(target.name)
        source.replace(target)

    monkeypatch.setattr(files, "replace_file", replace)
    with OutputSet(tmp_path) as output:
        for name in ("report.json", "b", "a"):
            output.temporary(name).write_text(name)
        output.commit(["a", "b", "report.json"])
    assert order == ["a", "b", "report.json"]


def test_a_rename_that_fails_is_an_error_and_leaves_no_temporaries(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x").write_text("a folder where a file should be")

    def run() -> None:
        with OutputSet(tmp_path) as output:
            for name in ("a", "b", "c"):
                output.temporary(name).write_text(name)
            output.commit()

    with pytest.raises(OutputError, match="cannot write"):
        run()
    assert names(tmp_path) == ["a", "b/x"]


def test_every_file_has_to_be_named_once(tmp_path: Path) -> None:
    with OutputSet(tmp_path) as output:
        output.temporary("a").write_text("a")
        for wrong in ([], ["a", "a"], ["b"]):
            with pytest.raises(ValueError, match="every file"):
                output.commit(wrong)


def test_a_group_is_on_the_disk_before_the_next_gets_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def replace(source: Path, target: Path) -> None:
        seen.append(target.name)
        source.replace(target)

    monkeypatch.setattr(files, "replace_file", replace)
    monkeypatch.setattr(files, "sync_folder", lambda folder: seen.append(f"disk {folder.name}"))
    with OutputSet(tmp_path / "out") as output:
        for name in ("receipts/a", "receipts/b", "ch01/a", "film"):
            output.temporary(name).write_text(name)
        output.commit(["receipts/a", "receipts/b"], ["ch01/a"], [], ["film"])
    assert seen == ["a", "b", "disk receipts", "a", "disk ch01", "film", "disk out"]


@pytest.mark.parametrize("name", ["../a", "/a", "x/../../a"])
def test_no_file_of_a_set_is_outside_its_folder(tmp_path: Path, name: str) -> None:
    with OutputSet(tmp_path) as output, pytest.raises(ValueError, match="not inside"):
        output.temporary(name)


def test_two_runs_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    with OutputSet(tmp_path), pytest.raises(OutputError, match="another run"), OutputSet(tmp_path):
        pass
    with OutputSet(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "ch01").mkdir()
    for left in (".stemkit-0123-0001.partial", "ch01/.stemkit-0123-0002.partial"):
        (tmp_path / left).write_text("half")
    (tmp_path / ".stemkit-lock").write_text("")
    (tmp_path / "notes.partial").write_text("not ours")
    with OutputSet(tmp_path):
        pass
    assert names(tmp_path) == ["notes.partial"]


def test_threads_get_different_names(tmp_path: Path) -> None:
    with OutputSet(tmp_path) as output:
        found: list[Path] = []
        threads = [threading.Thread(target=lambda n=n: found.append(output.temporary(f"{n}"))) for n in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(found)) == 50


def test_a_file_where_the_folder_should_be_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError), OutputSet(tmp_path / "out"):
        pass


def test_small_files_are_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "film.toml"
    write_atomically(path, b"one")
    write_atomically(path, b"two", durable=False)
    assert path.read_bytes() == b"two"
    assert names(tmp_path) == ["deep/film.toml"]
    with pytest.raises(OutputError):
        write_atomically(tmp_path / "deep" / "film.toml" / "x", b"")


def test_space_is_asked_for_before_it_is_used(tmp_path: Path) -> None:
    free = free_bytes(tmp_path / "not" / "there" / "yet")
    assert free > 0
    require_space(tmp_path, 1)
    with pytest.raises(OutputError, match="are free"):
        require_space(tmp_path, free * 1000)


def test_hashes_are_those_of_the_standard(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "x").write_bytes(content)
    pieces: list[int] = []
    assert sha256_of(tmp_path / "x", pieces.append) == hashlib.sha256(content).hexdigest()
    assert sum(pieces) == len(content)


def test_reading_at_a_place_never_gives_more_than_there_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    with RandomReader(tmp_path / "x") as file:
        assert file.read(4, 3) == b"456"
        assert file.read(8, 1 << 60) == b"89"
        assert file.read(50, 10) == b""
    file.close()
    with pytest.raises(OSError, match="regular"):
        RandomReader(tmp_path)
    assert identity_of(tmp_path / "x").size == 10


def test_systems_without_reads_at_a_place_share_one_position(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes(n % 251 for n in range(200_000))
    (tmp_path / "x").write_bytes(content)
    monkeypatch.delattr("os.preadv", raising=False)
    wrong: list[int] = []

    def read_some(file: RandomReader, first: int) -> None:
        for offset in range(first, 190_000, 1999):
            if file.read(offset, 500) != content[offset : offset + 500]:
                wrong.append(offset)

    with RandomReader(tmp_path / "x") as file:
        threads = [threading.Thread(target=read_some, args=(file, first)) for first in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_temporary_name_that_was_given_back_is_not_given_again(tmp_path: Path) -> None:
    with OutputSet(tmp_path) as output:
        output.write("one", b"1")
        output.write("two", b"2")
        output.discard("one")
        output.write("three", b"3")
        output.commit()
    assert (tmp_path / "two").read_bytes() == b"2"
    assert (tmp_path / "three").read_bytes() == b"3"
