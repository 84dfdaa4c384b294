"""Real runs of conform and mix that are shot at, and what must hold after each."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.cli import stemkit
from stemkit.cli._console import run

FILM = """
[film]
title = "Tide"
frame_rate = "24"
[defaults]
handles = { head = "0f", tail = "0f" }
crossfade.MUSIC = "0.5s"
"""
CHAPTER = '[[chapter]]\nnumber = {0}\nlength = "{1}f"\nfolder = "ch{0:02}"\n'
# At the n-th event that touches the output folder the process shoots itself: every moment is one of these.
AIMED = """
import os, signal, sys
left, number, folder = int(sys.argv.pop(1)), int(sys.argv.pop(1)), sys.argv.pop(1)
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.scandir", "os.listdir", "shutil.rmtree"}
def aim(event, arguments):
    global left
    if event in EVENTS and arguments and isinstance(arguments[0], (str, os.PathLike)):
        if os.fspath(arguments[0]).startswith(folder):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), number)
sys.addaudithook(aim)
from stemkit.__main__ import main
try:
    main()
finally:
    if left > 0:
        sys.stderr.write("EVENTS LEFT %d" % left)
"""


def tree(folder: Path) -> dict[str, str]:
    """Return the hash of every file in a folder, by relative path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def deliver(folder: Path, chapters: int = 2, seconds: int = 3) -> Path:
    """Write a film whose stems need work; return its film file."""
    text = FILM
    for number in range(1, chapters + 1):
        home = folder / f"ch{number:02}"
        home.mkdir(parents=True)
        for seed, (role, rate_hz) in enumerate((("vo", 44_100), ("sfx", 48_000), ("music", 44_100))):
            noise = np.random.default_rng(10 * number + seed).uniform(-0.1, 0.1, (seconds * rate_hz, 2))
            soundfile.write(home / f"{role}.wav", noise, rate_hz, subtype="PCM_16")
        text += CHAPTER.format(number, 24 * seconds)
    film = folder / "film.toml"
    film.write_text(text, "utf-8")
    return film


@dataclass
class Range:
    """A place to shoot: sources, an output folder, and what an undisturbed run leaves in it.

    Parameters
    ----------
    command
        ``conform`` or ``mix``.
    """

    command: str
    folder: Path
    film: Path = field(init=False)
    out: Path = field(init=False)
    sources: Mapping[str, str] = field(init=False)
    finished: Mapping[str, str] = field(init=False)
    seconds: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells do for what runs in the background
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.film = deliver(self.folder / "in")
        self.out = self.folder / "out"
        self.sources = tree(self.folder / "in")
        first = self.run()  # compiles the kernels, fills the cache
        assert first.returncode in (0, 1), first.stderr
        shutil.rmtree(self.out)
        self.forget()
        begin = time.monotonic()
        ended = self.run()
        self.seconds = time.monotonic() - begin
        assert ended.returncode in (0, 1), ended.stderr
        self.finished = tree(self.out)
        shutil.rmtree(self.out)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of a run, with a cache of its own."""
        return {**os.environ, "STEMKIT_CACHE": str(self.folder / "cache")}

    def forget(self) -> None:
        """Empty the cache."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def arguments(self) -> list[str]:
        """Return the command line after the program."""
        return [self.command, str(self.film), "-o", str(self.out), "--json", "--jobs", "2"]

    def start(self, program: str | None = None, *more: object) -> subprocess.Popen[str]:
        """Start a run, by itself or inside a program that disturbs it."""
        begin = ["-m", "stemkit"] if program is None else ["-c", textwrap.dedent(program), *map(str, more)]
        return subprocess.Popen(
            [sys.executable, *begin, *self.arguments()],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, program: str | None = None, *more: object) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        process = self.start(program, *more)
        printed, errors = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, printed, errors)

    def shoot(self, number: int, delay_s: float) -> subprocess.CompletedProcess[str]:
        """Send a signal to a run some time after its start."""
        process = self.start()
        time.sleep(delay_s)
        process.send_signal(number)
        printed, errors = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, printed, errors)

    def check(self, ended: subprocess.CompletedProcess[str], *, is_killed: bool = False) -> None:
        """Assert what holds after every run, however it ended."""
        assert tree(self.folder / "in") == self.sources, "a source was touched"
        left = tree(self.out) if self.out.exists() else {}
        for name, digest in left.items():
            if "/.stemkit-" in f"/{name}":
                assert is_killed, f"{name} was left behind; {ended.stderr}"
            else:
                assert self.finished.get(name) == digest, f"{name} has its name and is not complete"
        if not is_killed:
            assert "Traceback" not in ended.stderr, ended.stderr
            assert "Exception ignored" not in ended.stderr, ended.stderr

    def check_next(self) -> None:
        """Assert that the next run ends right, and leave an empty place."""
        printed, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(errors):
            patch.setenv("STEMKIT_CACHE", str(self.folder / "cache"))
            code = run(stemkit, self.arguments())
        assert code in (0, 1), errors.getvalue() + printed.getvalue()
        assert tree(self.out) == self.finished
        shutil.rmtree(self.out)


# An interrupt inside of an exec() makes Python end by SIGINT itself, which a shell shows as 130 too.
ENDED = {
    signal.SIGINT: (130, -signal.SIGINT),
    signal.SIGTERM: (130, -signal.SIGINT, -signal.SIGTERM),
    signal.SIGKILL: (-signal.SIGKILL,),
}
