"""A run that is killed, interrupted or run twice at once: nothing half written, and the next run ends right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from stemkit.core.files import FolderLock
from tests.conform.conform_films import FILM, film_in, noise, run, tree, write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
SECONDS = 60


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stems that all need work."""
    folder = tmp_path_factory.mktemp("long")
    for seed, role in enumerate(("vo", "sfx", "music")):
        write(folder / "ch01" / f"{role}.wav", noise(SECONDS, 44_100, seed=seed), 44_100, "PCM_16")
    return film_in(folder, FILM.replace("48f", f"{SECONDS * 24}f"))


@pytest.fixture(scope="module")
def finished(long_film: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an undisturbed run leaves."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run(long_film, out)
    return tree(out)


def _start(film: Path, out: Path, cache: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "stemkit", "conform", str(film), "-o", str(out), "--json", "--jobs", "2"]
    environment = {**os.environ, "STEMKIT_CACHE": str(cache)}
    pipe = subprocess.PIPE
    # A shell that runs us in the background lets its children ignore Ctrl-C; a user's shell does not.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True, preexec_fn=heard)  # noqa: PLW1509


def _wait_for_writing(out: Path, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if any(path.stat().st_size > 100_000 for path in out.glob("*/.stemkit-*.partial")):
            return
        time.sleep(0.001)


@pytest.mark.slow
def test_ctrl_c_leaves_nothing(long_film: Path, tmp_path: Path) -> None:
    before = tree(long_film.parent)
    process = _start(long_film, tmp_path / "out", tmp_path / "cache")
    _wait_for_writing(tmp_path / "out", process)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert '"interrupted"' in printed
    assert "Traceback" not in errors
    assert not (tmp_path / "out").exists()
    assert tree(long_film.parent) == before


@pytest.mark.slow
@pytest.mark.parametrize("delay_s", [0.0, 0.1])
def test_a_killed_run_leaves_no_final_name_and_the_next_completes_it(
    long_film: Path, finished: dict[str, str], tmp_path: Path, delay_s: float
) -> None:
    out = tmp_path / "out"
    process = _start(long_film, out, tmp_path / "cache")
    _wait_for_writing(out, process)
    time.sleep(delay_s)
    process.kill()
    process.communicate(timeout=60)
    for name, digest in tree(out).items():
        assert ".partial" in name or "lock" in name or finished[name] == digest
    result = run(long_film, out)
    assert not result.has_errors
    assert tree(out) == finished


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    from stemkit.core.errors import OutputError

    write(tmp_path / "ch01" / "vo.wav", noise(2, 44_100), 44_100)
    film, out = film_in(tmp_path), tmp_path / "out"
    out.mkdir()
    lock = FolderLock(out)
    lock.acquire()
    try:
        with pytest.raises(OutputError, match="another run"):
            run(film, out)
    finally:
        lock.release()
    assert not any(out.iterdir())


@pytest.mark.parametrize("missing", [("film.toml",), ("film.toml", "ch01/Tide_ch01_VO.wav", "ch01/Tide_ch01_SFX.wav")])
def test_a_run_that_stopped_between_two_names_is_completed(
    long_film: Path, finished: dict[str, str], tmp_path: Path, missing: tuple[str, ...]
) -> None:
    # The names appear one by one, receipts first and the film file last; a machine may stop at any of them.
    out = tmp_path / "out"
    run(long_film, out)
    for name in missing:
        (out / name).unlink()
    run(long_film, out)
    assert tree(out) == finished
