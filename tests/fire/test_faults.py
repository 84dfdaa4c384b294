"""Disks that are full, fail or go away; machines without a home, a language, memory or a terminal."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import pytest
import soundfile

from stemkit.cli import stemkit
from stemkit.cli._console import run
from stemkit.core.system import RandomReader
from tests.fire.victims import AIMED, ENDED, VICTIMS, Range, tree

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="mounts, signals and limits are POSIX"),
]
Usage = namedtuple("Usage", "total used free")
MIB = 1 << 20


@pytest.fixture(scope="module", params=VICTIMS)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Range:
    """Sources and what an undisturbed run makes of them."""
    return Range(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    monkeypatch.setattr("stemkit.plan.stretches._MOST_SEGMENTS", 1)


def here(place: Range, out: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run in this process, where faults can be injected."""
    printed, errors = io.StringIO(), io.StringIO()
    arguments = place.arguments()
    if out is not None:
        arguments[arguments.index("-o") + 1] = str(out)
    with redirect_stdout(printed), redirect_stderr(errors):
        code = run(stemkit, arguments)
    return subprocess.CompletedProcess(arguments, code, printed.getvalue(), errors.getvalue())


def refused(ended: subprocess.CompletedProcess[str]) -> str:
    """Assert that a run said what was wrong, as one JSON object, and return the message."""
    assert ended.returncode == 3, ended.stderr + ended.stdout
    data = json.loads(ended.stdout)
    assert data["schema"] == "stemkit/error/1"
    assert data["errors"][0]["message"]
    return str(data["errors"][0]["message"])


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a disk of a size, which only root may."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "stemkit-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        # Lazily: what has just ended may still hold the disk for a moment.
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.35, 0.6, 0.9])
def test_a_disk_that_fills_up_after_it_was_asked(
    place: Range, tmp_path: Path, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a run needs at most: mix has conformed stems and prints there at once.
    needed = sum((place.folder / "in").joinpath(name).stat().st_size for name in place.sources) * 3
    there = (
        sum((place.folder / "earlier").joinpath(name).stat().st_size for name in place.earlier)
        + len(place.earlier) * 4096
    )
    monkeypatch.setattr("stemkit.core.files.shutil.disk_usage", lambda _: Usage(1 << 50, 0, 1 << 50))
    with small_disk(tmp_path / "disk", there + max(4096, int(share * needed))) as disk:
        place.reset(disk / "out")
        ended = here(place, disk / "out")
        if ended.returncode != 0:
            assert "No space left" in refused(ended)
            place.check_left(disk / "out")
            if not place.earlier and not place.victim.options:  # a picture comes after a whole mix
                assert list(disk.iterdir()) == []
    assert tree(place.folder / "in") == place.sources


def test_a_small_disk_is_seen_before_anything_is_written(place: Range, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", MIB) as disk:
        assert "are free" in refused(here(place, disk / "out"))
        assert list(disk.iterdir()) == []


def test_an_output_folder_that_may_not_be_written(place: Range, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 64 * MIB) as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert "Read-only" in refused(here(place, disk / "out"))


def test_a_file_where_the_output_folder_should_be(place: Range, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    assert here(place, tmp_path / "out").returncode in (2, 3)
    assert (tmp_path / "out").read_text() == "a file"


def test_an_output_folder_that_vanishes(place: Range, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    real, calls = os.fsync, [0]

    def vanish(handle: int) -> None:
        calls[0] += 1
        if calls[0] == 2:
            shutil.rmtree(out)
        real(handle)

    monkeypatch.setattr(os, "fsync", vanish)
    refused(here(place, out))
    assert not out.exists()
    assert tree(place.folder / "in") == place.sources


FAULTS: dict[str, tuple[str, int]] = {
    "reads": ("preadv", errno.EIO),
    "syncs": ("fsync", errno.EIO),
    "renames": ("replace", errno.EROFS),
    "stat": ("stat", errno.EIO),
    "opens": ("open", errno.EMFILE),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", range(2))
def test_calls_that_fail_now_and_then(place: Range, fault: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name, code = FAULTS[fault]
    dice, real, thrown = random.Random(seed), getattr(os, name), [0]
    after = dice.randrange(2, 60)

    def shaken(*arguments: object, **options: object) -> object:
        thrown[0] += 1
        if thrown[0] == after:
            raise OSError(code, os.strerror(code))
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, shaken)
        ended = here(place)
    assert ended.returncode in (0, 1, 2, 3), ended.stdout
    assert "Traceback" not in ended.stderr
    json.loads(ended.stdout)
    if ended.returncode not in (0, 1):
        place.check_left(place.out)
    place.reset()
    assert tree(place.folder / "in") == place.sources
    place.check_next()


def test_a_damaged_cache_is_never_believed(place: Range) -> None:
    place.run()
    place.reset()
    dice = random.Random(8)
    kept = [path for path in (place.folder / "cache").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        content = bytearray(path.read_bytes())
        for _ in range(dice.choice((1, 3, 40))):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        del content[dice.choice((len(content), len(content) // 2, 0)) :]
        times = path.stat()
        path.write_bytes(content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    place.check_next()


ENVIRONMENTS: dict[str, dict[str, str | None]] = {
    "no home": {"HOME": None, "XDG_CACHE_HOME": None, "STEMKIT_CACHE": None},
    "LANG=C": {"LANG": "C", "LC_ALL": "C"},
    "a language without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a Windows code page": {"PYTHONIOENCODING": "cp1252"},
    "no bytecode": {"PYTHONDONTWRITEBYTECODE": "1"},
    "a cache that cannot be": {"STEMKIT_CACHE": "/proc/nowhere", "NUMBA_CACHE_DIR": "/proc/nowhere"},
    "nothing at all": dict.fromkeys(os.environ),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_strange_environments(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "in 宮崎"
    place = Range.__new__(Range)
    place.name, place.folder, place.out = "mix", folder, folder / "out"
    from tests.fire.victims import deliver

    place.film = deliver(folder / "in", chapters=1, seconds=1)
    changed = {key: value for key, value in os.environ.items() if ENVIRONMENTS[name].get(key, value) is not None}
    changed |= {key: value for key, value in ENVIRONMENTS[name].items() if value is not None}
    if not changed.get("PYTHONPATH"):
        changed["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-m", "stemkit", *place.arguments()]
    ended = subprocess.run(
        command, env=changed, capture_output=True, check=False, stdin=subprocess.DEVNULL, start_new_session=True
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["null_test"]["exact"] is True


@pytest.mark.parametrize("where", ["/dev/full", "closed", "read by nobody"])
def test_a_standard_output_that_takes_nothing(where: str) -> None:
    program = f'"{sys.executable}" -m stemkit rules --json'
    tails = {"/dev/full": " >/dev/full", "closed": " >&-", "read by nobody": " | true; exit ${PIPESTATUS[0]}"}
    ended = subprocess.run(["bash", "-c", program + tails[where]], stderr=-1, text=True, check=False)
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_little_memory_is_said(tmp_path: Path) -> None:
    import resource

    from tests.fire.victims import deliver

    film = deliver(tmp_path / "in", chapters=1, seconds=1)
    command = [sys.executable, "-m", "stemkit", "mix", str(film), "-o", str(tmp_path / "out"), "--json", "--jobs", "2"]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

    def limit(size: int) -> Callable[[], None]:
        return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))

    for mib in (300, 600, 900, 1200):
        ended = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=limit(mib * MIB),
        )
        if ended.returncode == 0:
            break
        left = list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else []
        assert not [path for path in left if not path.name.startswith(".stemkit-")]
    assert ended.returncode == 0, ended.stderr


def address_space_of_libraries() -> int:
    """Return how much of it a process has once it has loaded what a mix needs."""
    program = "import stemkit.workflows.mix, stemkit.cli, soundfile, soxr\nprint(open('/proc/self/status').read())"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    return next(int(line.split()[1]) << 10 for line in shown.splitlines() if line.startswith("VmPeak"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_half_a_gibibyte_above_the_libraries_is_enough(tmp_path: Path) -> None:
    import resource

    from tests.fire.victims import deliver

    film = deliver(tmp_path / "in", chapters=2, seconds=20)
    size = address_space_of_libraries() + 512 * MIB
    command = [sys.executable, "-m", "stemkit", "mix", str(film), "-o", str(tmp_path / "out"), "--json"]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)),
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["null_test"]["exact"] is True


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_one_core_makes_the_same_prints(tmp_path: Path) -> None:
    from tests.fire.victims import deliver

    film = deliver(tmp_path / "in", chapters=2, seconds=2)
    prints: list[dict[str, str]] = []
    for cores in (os.sched_getaffinity(0), {min(os.sched_getaffinity(0))}):
        out = tmp_path / f"on {len(cores)} {len(prints)}"
        command = [sys.executable, "-m", "stemkit", "mix", str(film), "-o", str(out), "--json"]
        limit = partial(os.sched_setaffinity, 0, cores)
        ended = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit)
        assert ended.returncode == 0, ended.stderr
        prints.append({each["name"]: each["sha256"] for each in json.loads(ended.stdout)["prints"]})
    assert prints[0] == prints[1]


def test_a_cache_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Range("mix", tmp_path)
    with small_disk(tmp_path / "disk", 64 * MIB) as disk:
        monkeypatch.setenv("STEMKIT_CACHE", str(disk / "cache"))
        for _ in range(2):  # an empty one, and one that knows everything
            subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
            ended = here(place)
            assert ended.returncode in (0, 1), ended.stderr
            assert tree(place.out) == place.finished
            place.reset()
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
            assert here(place).returncode in (0, 1)
            place.reset()


def test_what_is_kept_is_believed_at_its_own_place_only(tmp_path: Path) -> None:
    place = Range("mix", tmp_path)
    place.run()
    place.reset()
    for suffix in (".facts", ".json"):
        kept = sorted(path for path in (place.folder / "cache").rglob(f"*{suffix}") if path.is_file())
        contents = [path.read_bytes() for path in kept]
        assert len(set(contents)) > 1
        for path, content in zip(kept, [*contents[1:], contents[0]], strict=True):
            path.write_bytes(content)
    place.check_next()


@pytest.mark.parametrize("after", [4, 30, 120])
@pytest.mark.parametrize("command", ["check", "conform", "mix"])
def test_sources_that_cannot_be_read_to_their_end(
    command: str, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.fire.victims import deliver

    film = deliver(tmp_path / "in", chapters=1, seconds=2)
    for path in (tmp_path / "in" / "ch01").glob("*.wav"):
        sound, rate_hz = soundfile.read(path)
        soundfile.write(path.with_suffix(".flac"), sound, rate_hz)
        path.unlink()
    sources = tree(tmp_path / "in")
    real, calls = RandomReader.read_into, [0]

    def fail(self: RandomReader, offset: int, buffer: memoryview) -> int:
        calls[0] += 1
        if calls[0] > after:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(self, offset, buffer)

    monkeypatch.setattr(RandomReader, "read_into", fail)
    out = tmp_path / "out"
    printed, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(errors):
        code = run(stemkit, [command, str(film), *(["-o", str(out)] if command != "check" else []), "--json"])
    assert code in (1, 2, 3), errors.getvalue()
    assert "Traceback" not in errors.getvalue()
    json.loads(printed.getvalue())
    assert not [path for path in out.rglob("*") if path.is_file()] or command == "conform"
    assert tree(tmp_path / "in") == sources


@pytest.mark.parametrize("event", [2, 30, 70])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_shots_at_a_run(place: Range, event: int, number: signal.Signals) -> None:
    # `python -m tests.fire` shoots at every event and at random moments.
    ended = place.run(AIMED, event, int(number), place.out)
    place.check(ended, is_killed=number is signal.SIGKILL)
    assert ended.returncode in (*ENDED[number], 0), ended.stderr
    place.check_next()


@pytest.mark.parametrize("event", [290, 299])
def test_shots_while_threads_read_the_prints(place: Range, event: int) -> None:
    if place.name != "mix in every form":
        pytest.skip("only its prints are put together again from many files")
    ended = place.run(AIMED, event, int(signal.SIGTERM), place.out)
    place.check(ended)
    assert ended.returncode in (*ENDED[signal.SIGTERM], 0), ended.stderr
    place.check_next()
