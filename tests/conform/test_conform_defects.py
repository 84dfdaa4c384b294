"""A repairable fault that is still there after its repair is a defect of stemkit: exit code 4, and no such file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemkit.cli import stemkit
from stemkit.cli._console import run as run_command
from stemkit.core.block import Block, Stream
from stemkit.render import stem_file
from tests.conform.conform_films import FILM, film_in, right, tree, write

LONG = FILM.replace('"48f"', '"288f"')
TIME = np.arange(12 * 48_000) / 48_000


def _voice(change: Callable[[Block], Block]) -> Block:
    sound = 0.01 * np.random.default_rng(3).standard_normal((len(TIME), 2))
    sound += (0.2 * np.sin(2.0 * np.pi * 220.0 * TIME) * (0.6 + 0.4 * np.sin(2.0 * np.pi * 3.0 * TIME)))[:, np.newaxis]
    return change(sound)


def _turned(sound: Block) -> Block:
    return np.asarray(sound * [1.0, -1.0])


def _one_sided(sound: Block) -> Block:
    return np.asarray(sound * [1.0, 0.0])


def _nothing(stream: Stream, step: object) -> Stream:
    del step
    return stream


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Effects and music that are right; the voice is for the test to write."""
    right(tmp_path / "ch01", but=("VO", "SFX", "MUSIC"))
    for seed, role in enumerate(("SFX", "MUSIC")):
        sound = np.random.default_rng(seed).normal(0.0, 0.03, (len(TIME), 2))
        write(tmp_path / "ch01" / f"Tide_ch01_{role}.wav", sound)
    return film_in(tmp_path, LONG)


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")


@pytest.mark.parametrize(
    ("function", "code", "change"),
    [
        ("without_offset", "SIG002", lambda sound: sound + 0.05),
        ("turned_over", "SIG004", _turned),
        ("copied", "SIG005", _one_sided),
    ],
)
def test_a_step_that_does_nothing_is_found_out(
    film: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    function: str,
    code: str,
    change: Callable[[Block], Block],
) -> None:
    write(tmp_path / "ch01" / "Tide_ch01_VO.wav", _voice(change))
    before, out = tree(tmp_path), tmp_path / "out"
    command = ["conform", str(film), "-o", str(out), "--unsafe-fixes", "--json", "--no-progress"]
    monkeypatch.setattr(f"stemkit.render.conform.{function}", _nothing)
    assert run_command(stemkit, command) == 4
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    (failed,) = [item for item in data["items"] if item["status"] == "failed"]
    assert (failed["role"], failed["output"]) == ("VO", None)
    assert f"{code} is still there after its repair" in failed["reason"]
    assert not [name for name in tree(out) if "VO" in name]
    assert {name: value for name, value in tree(tmp_path).items() if not name.startswith("out/")} == before
    # The step works again: the next run ends right.
    monkeypatch.undo()
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    assert run_command(stemkit, command) == 0
    assert (out / "ch01" / "Tide_ch01_VO.wav").is_file()


def test_a_file_that_is_stored_wrongly_is_found_out(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "ch01" / "vo.wav", _voice(lambda sound: sound), 48_000, "PCM_16")
    right_form = stem_file.stem_format
    monkeypatch.setattr(stem_file, "stem_format", lambda *given: replace(right_form(*given), subtype="PCM_16"))
    command = ["conform", str(film), "-o", str(tmp_path / "out"), "--no-progress"]
    assert run_command(stemkit, command) == 4
    assert "FMT002 is still there after its repair: a defect of stemkit" in capsys.readouterr().out


def test_the_program_ends_with_4_and_without_a_traceback(film: Path, tmp_path: Path) -> None:
    write(tmp_path / "ch01" / "Tide_ch01_VO.wav", _voice(lambda sound: sound + 0.05))
    patches = tmp_path / "patches"
    patches.mkdir()
    lines = ("from stemkit.render import conform", "conform.without_offset = lambda stream, step: stream")
    (patches / "sitecustomize.py").write_text("\n".join(lines))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(patches), *sys.path])}
    command = [sys.executable, "-m", "stemkit", "conform", str(film), "-o", str(tmp_path / "out"), "--unsafe-fixes"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 4, done
    assert "SIG002 is still there" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
