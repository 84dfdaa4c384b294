"""The calls that differ between systems, and what a run leaves when it is killed."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from stemkit.core import system
from stemkit.core.errors import OutputError
from stemkit.core.files import OutputSet, sha256_of, tidy, write_atomically
from stemkit.core.folder_lock import FolderLock
from stemkit.core.interrupts import Unbroken
from stemkit.core.leftovers import finished_path, leftover_bytes, remove_leftovers
from stemkit.core.system import RandomReader, lock_file, read_whole, replace_file, sync_folder, system_path


class Windows:
    """What `os` says of itself there."""

    name = "nt"
    fspath = staticmethod(os.fspath)


@pytest.mark.skipif(os.name == "nt", reason="there it is tried by every test")
@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/short/vo.wav", "/short/vo.wav"),
        ("/" + "x" * 300, "\\\\?\\/" + "x" * 300),
        ("\\\\server\\share\\" + "x" * 300, None),
        ("\\\\?\\C:\\" + "x" * 300, None),
    ],
)
def test_long_paths_get_windows_own_prefix(
    path: str, given: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Absolute:
        def absolute(self) -> str:
            return path

    monkeypatch.setattr(system, "os", Windows)
    told = system_path(Absolute())  # type: ignore[arg-type]
    if path.startswith("\\\\?\\"):
        assert told == path
    elif path.startswith("\\\\"):
        assert told == "\\\\?\\UNC\\" + path[2:]
    else:
        assert told == given


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "vo.wav")
    with pytest.raises(OSError, match="not a regular file"):
        RandomReader(tmp_path / "vo.wav")


def test_a_reader_is_closed_twice_and_reads_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abcdef")
    with RandomReader(tmp_path / "a") as reader:
        assert reader.read(4, 1 << 40) == b"ef"
        assert reader.read(9, 4) == b""
    reader.close()
    assert read_whole(tmp_path / "a") == b"abcdef"


def test_a_hash_tells_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(3 << 19))
    pieces: list[int] = []
    sha256_of(tmp_path / "a", pieces.append)
    assert pieces == [1 << 20, 1 << 19]


@pytest.mark.skipif(os.name == "nt", reason="locks of another kind")
def test_a_file_system_without_locks_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(handle: int, kind: int) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr("stemkit.core.system.fcntl.flock", no_locks)
    handle = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    try:
        lock_file(handle)
    finally:
        os.close(handle)


def test_a_folder_that_cannot_be_forced_to_the_disk_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: int) -> None:
        raise OSError(errno.EINVAL, "not here")

    monkeypatch.setattr(os, "fsync", refuse)
    sync_folder(tmp_path)
    sync_folder(tmp_path / "not there")


def test_a_refused_rename_is_tried_as_often_as_the_system_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, real = [0], os.replace

    def busy(source: str, target: str) -> None:
        calls[0] += 1
        if calls[0] < 3:
            raise PermissionError(errno.EACCES, "open elsewhere")
        real(source, target)

    (tmp_path / "a").write_text("new")
    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(PermissionError):
        replace_file(tmp_path / "a", tmp_path / "b")
    monkeypatch.setattr("stemkit.core.system.sys.platform", "win32")
    replace_file(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "new"
    assert calls[0] == 3


def test_what_a_killed_run_left_is_known_by_its_name(tmp_path: Path) -> None:
    inside = tmp_path / "ch01"
    inside.mkdir()
    (tmp_path / ".stemkit-ab-0001.partial").write_bytes(b"12345")
    (inside / ".stemkit-ab-0002.partial").write_bytes(b"123")
    waiting = finished_path(inside / "VO.wav", "key")
    waiting.write_bytes(b"1")
    folder = tmp_path / ".stemkit-ab-stems.partial"
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"1")
    (tmp_path / "mine.wav").write_bytes(b"1")
    link = tmp_path / ".stemkit-link.partial"
    link.symlink_to(tmp_path / "mine.wav")
    assert leftover_bytes(tmp_path) >= 9
    remove_leftovers(tmp_path, keep_finished=True)
    assert waiting.exists()
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["ch01", "mine.wav"]


def test_tidying_takes_leftovers_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.wav").write_bytes(b"1")
    tidy(tmp_path)
    (tmp_path / ".stemkit-ab-0001.partial").write_bytes(b"1")
    with OutputSet(tmp_path):
        tidy(tmp_path)  # another run is at work here: that is left to it
    (tmp_path / ".stemkit-ab-0001.partial").write_bytes(b"1")
    tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.wav"]


def test_a_finished_file_waits_and_is_adopted(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def first() -> None:
        output = OutputSet(tmp_path, takes_finished=True).__enter__()
        output.temporary("ch01/VO.wav").write_bytes(b"sound")
        output.finished("ch01/VO.wav", "key")
        output._lock.release()  # as a kill does

    first()
    with OutputSet(tmp_path, takes_finished=True) as output:
        assert output.adopt("ch01/VO.wav", "other") is None
        path = output.adopt("ch01/VO.wav", "key")
        assert path is not None
        assert path.read_bytes() == b"sound"
        assert output.adopt("ch01/MUSIC.wav", "key") is None
        output.commit()
    assert (tmp_path / "ch01" / "VO.wav").read_bytes() == b"sound"


def test_what_is_taken_out_of_a_set_goes(tmp_path: Path) -> None:
    with OutputSet(tmp_path / "out") as output:
        path = output.temporary("a.wav")
        path.write_bytes(b"1")
        output.discard("a.wav")
        output.discard("a.wav")
        assert not path.exists()
        output.write("b.txt", "ü")
        output.commit()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.txt"]


REQUESTS: dict[str, Callable[[OutputSet], object]] = {
    "temporary": lambda output: output.temporary("ch01/a.wav"),
    "write": lambda output: output.write("a.txt", b"1"),
    "scratch": lambda output: output.scratch("stems"),
}


@pytest.mark.parametrize("asked", REQUESTS)
def test_a_set_that_cannot_be_written_says_so(tmp_path: Path, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with OutputSet(tmp_path / "out") as output:
        monkeypatch.setattr(Path, "write_bytes", full)
        monkeypatch.setattr(Path, "mkdir", full)
        with pytest.raises(OutputError, match="No space left"):
            REQUESTS[asked](output)
        monkeypatch.undo()
    assert not (tmp_path / "out").exists()


def test_a_file_that_goes_before_it_is_renamed_is_an_error(tmp_path: Path) -> None:
    with OutputSet(tmp_path) as output:
        output.temporary("a.wav")
        with pytest.raises(OutputError):
            output.commit()
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(OutputError):
        write_atomically(tmp_path / "a" / "b", b"")


def test_a_lock_file_that_was_taken_away_in_between_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = system.identity_of, [0]

    def vanish(path: Path) -> system.FileIdentity:
        calls[0] += 1
        if calls[0] == 1:
            path.unlink()
        return real(path)

    monkeypatch.setattr("stemkit.core.folder_lock.identity_of", vanish)
    lock = FolderLock(tmp_path)
    lock.acquire()
    assert calls[0] == 2
    lock.release()
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_systems_that_keep_open_files_remove_the_lock_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemkit.core.folder_lock.CAN_REMOVE_OPEN_FILES", False)
    lock = FolderLock(tmp_path)
    lock.acquire()
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_signal_waits_for_the_end_and_comes_once() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    ignored = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Unbroken():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            assert came == []
        assert came == [signal.SIGINT]
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, ignored)


def test_outside_of_the_main_thread_nothing_is_to_be_done() -> None:
    handlers: list[object] = []

    def work() -> None:
        with Unbroken():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGINT)]


@pytest.mark.parametrize("platform", ["darwin", "linux"])
def test_keeping_freed_memory_is_for_glibc_alone(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes

    asked: list[object] = []

    def without_mallopt(name: object) -> object:
        asked.append(name)
        return object()

    monkeypatch.setattr(ctypes, "CDLL", without_mallopt)
    monkeypatch.setattr("stemkit.core.system.sys.platform", platform)
    system.keep_freed_memory()
    assert asked == ([None] if platform == "linux" else [])
