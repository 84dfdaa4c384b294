"""A mix that is interrupted, killed or doubled leaves no half, and the next run ends right."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

NAMES = {"Short_FULL.wav", "Short_ME.wav", "Short_MUSIC.wav", "Short_SFX.wav", "Short_VO.wav"}
WHOLE = NAMES | {"report.html", "report.json"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are those of POSIX"),
]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    text = '[film]\ntitle = "Short"\nframe_rate = "24"\n[defaults]\ncrossfade.MUSIC = "12f"\n'
    for number in (1, 2, 3):
        (folder / f"ch{number:02}").mkdir()
        for index, role in enumerate(("VO", "SFX", "MUSIC")):
            rate = (48_000, 44_100)[index % 2]
            sound = np.random.default_rng(10 * number + index).normal(0.0, 0.05, (10 * rate, 2))
            soundfile.write(folder / f"ch{number:02}" / f"{role}.wav", sound, rate, subtype="PCM_24")
        text += f'[[chapter]]\nnumber = {number}\nlength = "240f"\nfolder = "ch{number:02}"\n'
    (folder / "film.toml").write_text(text, "utf-8")
    return folder


def start(film: Path, out: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "stemkit", "mix", str(film), "-o", str(out), "--json"]
    environment = {**os.environ, "STEMKIT_CACHE": str(film / "cache")}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finished(film: Path, out: Path) -> dict[str, object]:
    process = start(film, out)
    told, errors = process.communicate(timeout=300)
    assert process.returncode == 0, (told, errors)
    assert {path.name for path in out.iterdir()} == WHOLE
    data: dict[str, object] = json.loads(told)
    return data


def until(process: subprocess.Popen[str], task: str) -> None:
    """Read progress until a task has begun."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(task):
            return
    raise AssertionError(f"the run ended before {task!r}")


TASKS = ("conforming", "measuring the mix", "writing the prints", "measuring the prints", "proving the null")


@pytest.mark.parametrize(("task", "delay_s"), list(zip(TASKS, (0.0, 0.1, 0.0, 0.1, 0.0), strict=True)))
def test_ctrl_c_leaves_nothing_and_the_next_run_ends_right(
    film: Path, tmp_path: Path, task: str, delay_s: float
) -> None:
    process = start(film, tmp_path / "out")
    until(process, task)
    time.sleep(delay_s)
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=120)
    assert "Traceback" not in errors
    assert process.returncode in (130, 0), (told, errors)
    if process.returncode == 130:
        assert json.loads(told)["exit_code"] == 130
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("task", ["conforming", "writing the prints", "proving the null"])
def test_a_killed_run_has_no_final_names_and_the_next_one_cleans_up(film: Path, tmp_path: Path, task: str) -> None:
    process = start(film, tmp_path / "out")
    until(process, task)
    process.kill()
    process.communicate(timeout=120)
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert not left & WHOLE or left >= WHOLE
    first = finished(film, tmp_path / "out")
    again = finished(film, tmp_path / "other")
    assert first["prints"] == again["prints"]


def test_of_two_runs_at_once_into_one_folder_one_refuses(film: Path, tmp_path: Path) -> None:
    first = start(film, tmp_path / "out")
    until(first, "measuring the mix")
    second = start(film, tmp_path / "out")
    told, _ = second.communicate(timeout=120)
    first.communicate(timeout=120)
    assert first.returncode == 0
    if second.returncode:
        assert json.loads(told)["errors"][0]["code"] == "busy", told
    assert {path.name for path in (tmp_path / "out").iterdir()} == WHOLE
