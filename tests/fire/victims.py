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
import zipfile
from collections.abc import Callable, Mapping
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
FORMS = """
extends = "crowd-film"
title = "Every form"
[delivery]
packaging = "discrete-mono"
container = "flac"
[delivery.leader]
head = "3s"
pop = "2s"
tone = "12f"
tail = "3s"
source = "a test"
"""
# So that a short film has some that stay as they were.
SHORT_STRETCHES = "from stemkit.plan import stretches\nstretches._MOST_SEGMENTS = 1\n"
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


def deliver_long(folder: Path) -> Path:
    """Write a film of chapters of five seconds, of which a change leaves stretches as they were."""
    film = deliver(folder, chapters=3, seconds=5)
    sound(folder / "ch01" / "sfx.wav", seed=1, seconds=5, hits=True)  # what sets the level, whatever changes
    return film


def change_music(folder: Path) -> None:
    """Deliver the last chapter's music again."""
    sound(folder / "ch03" / "music.wav", seed=99, seconds=5)


def sound(path: Path, *, seed: int, seconds: int, hits: bool = False, channels: int = 2) -> None:
    """Write a stem at 48 kHz."""
    noise = np.random.default_rng(seed).uniform(-0.1, 0.1, (seconds * 48_000, channels))
    if hits:
        noise[::24_000] = 0.9
    soundfile.write(path, noise, 48_000, subtype="PCM_16")


def deliver_packed(folder: Path) -> Path:
    """Write a film of which one chapter is a zip archive and another has a stem of one file a channel."""
    film = deliver(folder)
    for side, seed in (("L", 1), ("R", 2)):
        sound(folder / "ch01" / f"vo.{side}.wav", seed=seed, seconds=3, channels=1)
    (folder / "ch01" / "vo.wav").unlink()
    with zipfile.ZipFile(folder / "ch02.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / "ch02").iterdir()):
            archive.write(path, path.name)
    shutil.rmtree(folder / "ch02")
    film.write_text(film.read_text("utf-8").replace('"ch02"', '"ch02.zip"'), "utf-8")
    return film


def deliver_forms(folder: Path) -> Path:
    """Write a film whose prints are cut into reels and channels, with leaders, in FLAC."""
    film = deliver(folder)
    head = '[film]\nstart_timecode = "01:00:00:00"'
    film.write_text(film.read_text("utf-8").replace("[film]", head), "utf-8")
    (folder / "profiles").mkdir()
    (folder / "profiles" / "forms.toml").write_text(FORMS, "utf-8")
    return film


def deliver_with_picture(folder: Path) -> Path:
    """Write a film with its picture."""
    from tests.oracles import require_program

    film = deliver(folder)
    source = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=24", "-frames:v", "144", str(folder / "picture.mp4")]
    subprocess.run([require_program("ffmpeg"), "-v", "error", *source], check=True)
    return film


@dataclass(frozen=True, slots=True)
class Victim:
    """A run to shoot at: what it is given, and what happens to that between an earlier run and this one."""

    command: str
    deliver: Callable[[Path], Path] = deliver
    options: tuple[str, ...] = ()
    change: Callable[[Path], None] | None = None


VICTIMS: Mapping[str, Victim] = {
    "conform": Victim("conform"),
    "mix": Victim("mix"),
    "mix over an earlier one": Victim("mix", deliver_long, change=change_music),
    "mix in every form": Victim("mix", deliver_forms, ("--reels", "1", "--profile", "forms")),
    "mix under a picture": Victim("mix", deliver_with_picture, ("--picture", "picture.mp4")),
    "excerpts": Victim("mix", options=("--chapters", "1")),
    "conform archives and channels": Victim("conform", deliver_packed),
}


@dataclass
class Range:
    """A place to shoot: sources, an output folder, and what an undisturbed run leaves in it.

    Parameters
    ----------
    name
        One of `VICTIMS`.
    """

    name: str
    folder: Path
    film: Path = field(init=False)
    out: Path = field(init=False)
    sources: Mapping[str, str] = field(init=False)
    finished: Mapping[str, str] = field(init=False)
    earlier: Mapping[str, str] = field(init=False, default_factory=dict)
    seconds: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells do for what runs in the background
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.film = self.victim.deliver(self.folder / "in")
        self.out = self.folder / "out"
        if self.victim.change is not None:
            assert self.run().returncode in (0, 1)
            self.out.rename(self.folder / "earlier")
            self.earlier = tree(self.folder / "earlier")
            self.victim.change(self.folder / "in")
        self.sources = tree(self.folder / "in")
        first = self.run()  # compiles the kernels, fills the cache
        assert first.returncode in (0, 1), first.stderr
        self.finished = tree(self.out)
        self.reset()
        self.forget()
        begin = time.monotonic()
        ended = self.run()
        self.seconds = time.monotonic() - begin
        assert ended.returncode in (0, 1), ended.stderr
        assert tree(self.out) == self.finished, "a run over an earlier one makes something else"
        self.reset()

    @property
    def victim(self) -> Victim:
        """Return what is shot at."""
        return VICTIMS[self.name]

    def reset(self, out: Path | None = None) -> None:
        """Leave in the output folder what lay there before."""
        out = out or self.out
        shutil.rmtree(out, ignore_errors=True)
        if self.earlier:
            shutil.copytree(self.folder / "earlier", out)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of a run, with a cache of its own."""
        return {**os.environ, "STEMKIT_CACHE": str(self.folder / "cache")}

    def forget(self) -> None:
        """Empty the cache."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def arguments(self) -> list[str]:
        """Return the command line after the program."""
        inside = {name: str(self.folder / "in" / name) for name in ("picture.mp4",)}
        options = [inside.get(option, option) for option in self.victim.options]
        return [self.victim.command, str(self.film), "-o", str(self.out), *options, "--json", "--jobs", "2"]

    def start(self, program: str | None = None, *more: object) -> subprocess.Popen[str]:
        """Start a run, by itself or inside a program that disturbs it."""
        program = SHORT_STRETCHES + textwrap.dedent(program or "from stemkit.__main__ import main\nmain()")
        begin = ["-c", program, *map(str, more)]
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
        self.check_left(self.out, is_killed=is_killed)
        if not is_killed:
            assert "Traceback" not in ended.stderr, ended.stderr
            assert "Exception ignored" not in ended.stderr, ended.stderr

    def check_left(self, out: Path, *, is_killed: bool = False) -> None:
        """Assert that what lies in a folder is whole: as an earlier run left it, or as this one finishes it."""
        left = tree(out) if out.exists() else {}
        for name, digest in left.items():
            if "/.stemkit-" in f"/{name}":
                assert is_killed, f"{name} was left behind"
            else:
                known = (self.finished.get(name), self.earlier.get(name))
                assert digest in known, f"{name} has its name and is not complete"
        if self.earlier:
            assert set(self.earlier) <= set(left), "a file of an earlier run is gone"
            if left["report.json"] == self.finished["report.json"]:
                assert self.finished.items() <= left.items(), "the report came before its files"

    def check_next(self) -> None:
        """Assert that the next run ends right, and leave the place as it was."""
        printed, errors = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(errors):
            patch.setenv("STEMKIT_CACHE", str(self.folder / "cache"))
            patch.setattr("stemkit.plan.stretches._MOST_SEGMENTS", 1)
            code = run(stemkit, self.arguments())
        assert code in (0, 1), errors.getvalue() + printed.getvalue()
        assert tree(self.out) == self.finished
        self.reset()


# An interrupt inside of an exec() makes Python end by SIGINT itself, which a shell shows as 130 too.
ENDED = {
    signal.SIGINT: (130, -signal.SIGINT),
    signal.SIGTERM: (130, -signal.SIGINT, -signal.SIGTERM),
    signal.SIGKILL: (-signal.SIGKILL,),
}
