"""Short files of the cuts: the very samples of the print, at their place."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile
from click.testing import CliRunner

from stemkit.audio.probe import probe
from stemkit.cli.commands.mix import command
from tests.mix.test_mix import RATE, film_file, plain_film


def test_each_cut_can_be_heard_alone(tmp_path: Path) -> None:
    plain_film(tmp_path, [96, 24, 96], "[defaults]\ncrossfade.MUSIC = '12f'")
    out = tmp_path / "out"
    args = [str(tmp_path / "film.toml"), "-o", str(out), "--joins", "--json", "--quiet"]
    for _ in range(2):  # a folder that is already as it should be gets them too
        run = CliRunner().invoke(command, args)
        assert run.exit_code == 0, run.output
        data = json.loads(run.stdout)
        assert data["joins"] == ["joins/after_001.wav", "joins/after_002.wav"]
    full, _ = soundfile.read(out / "Prüfung_FULL.wav", dtype="int32")
    for name, cut in zip(data["joins"], (4 * RATE, 5 * RATE), strict=True):
        sound, rate = soundfile.read(out / name, dtype="int32")
        assert rate == RATE
        assert np.array_equal(sound, full[cut - 3 * RATE : cut + 3 * RATE])
    first = probe(out / data["joins"][0])
    assert first.bext is not None
    assert first.bext.time_reference_samples == RATE


def test_cuts_of_an_earlier_film_do_not_stay(tmp_path: Path) -> None:
    plain_film(tmp_path, [24, 24, 24])
    out = tmp_path / "out"
    args = [str(tmp_path / "film.toml"), "-o", str(out), "--json", "--quiet"]
    CliRunner().invoke(command, [*args, "--joins"])
    (out / "joins" / "after_x.wav").write_bytes((out / "joins" / "after_001.wav").read_bytes())
    soundfile.write(out / "joins" / "after_009.wav", np.zeros((10, 2)), RATE)
    film_file(tmp_path, [24, 24])
    told = json.loads(CliRunner().invoke(command, args).stdout)
    assert told["left_over"] == ["joins/after_001.wav", "joins/after_002.wav"]
    told = json.loads(CliRunner().invoke(command, [*args, "--joins"]).stdout)
    assert told["joins"] == ["joins/after_001.wav"]
    # What has another name, or was written by others, is not ours to take away.
    left = {path.name for path in (out / "joins").iterdir()}
    assert left == {"after_001.wav", "after_x.wav", "after_009.wav"}


def test_without_the_wish_there_are_none(tmp_path: Path) -> None:
    plain_film(tmp_path, [24, 24])
    run = CliRunner().invoke(command, [str(tmp_path / "film.toml"), "-o", str(tmp_path / "out"), "--json", "--quiet"])
    assert "joins" not in json.loads(run.stdout)
    assert not (tmp_path / "out" / "joins").exists()
