"""Music and effects under the voice in whole mixes: ducked prints are the mix, an undipped M&E stands apart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from stemkit.cli.commands.mix import command
from stemkit.core.errors import RenderError, UsageError
from stemkit.core.film import Film
from stemkit.intake.folder import open_film
from stemkit.report.curves import decode
from stemkit.signals.voice import speak
from stemkit.workflows.mix import MixResult
from stemkit.workflows.verify import verify_mix
from tests.mix.test_mix import PRINTS, RATE, film_file, hashes, ints, mixed, noise, write

SECONDS = 12
DUCK = "[mix]\nduck = { depth_db = 8 }\n"


def film_of(folder: Path, head: str = DUCK, rms: float = 0.03) -> Film:
    """Return two chapters; in each somebody speaks from the third second to the sixth."""
    for number in (1, 2):
        voice = np.zeros((SECONDS * RATE, 2))
        voice[3 * RATE : 6 * RATE] = speak(3 * RATE, RATE, number)
        write(folder / f"ch{number:02}" / "VO.wav", voice)
        for index, role in enumerate(("SFX", "MUSIC")):
            write(folder / f"ch{number:02}" / f"{role}.wav", noise(SECONDS * RATE, 10 * number + index, rms))
    return film_file(folder, [SECONDS * 24] * 2, '[defaults]\nhandles = { head = "0f", tail = "0f" }\n' + head)


def level_db(sound: np.ndarray[Any, np.dtype[np.int64]], start_s: float, end_s: float) -> float:
    return float(20.0 * np.log10(np.std(sound[round(start_s * RATE) : round(end_s * RATE)].astype(np.float64))))


def test_music_and_effects_are_down_while_somebody_speaks_and_the_stems_still_are_the_mix(tmp_path: Path) -> None:
    film = film_of(tmp_path)
    result, plain = mixed(film, tmp_path / "out"), mixed(film, tmp_path / "plain", duck_db=0.0)
    assert plain.data["duck"] is None
    assert result.data["null_test"]["exact"] is True
    assert all(each["exact"] for each in result.data["null_test"]["sums"])
    gain = result.data["level"]["applied_gain_db"] - plain.data["level"]["applied_gain_db"]
    for role in ("SFX", "MUSIC"):
        here, there = (ints(tmp_path / out, each, role) for out, each in (("out", result), ("plain", plain)))
        for chapter in (0.0, SECONDS):
            dip = level_db(here, chapter + 4.0, chapter + 5.0) - level_db(there, chapter + 4.0, chapter + 5.0)
            assert dip == pytest.approx(gain - 8.0, abs=0.05)
            rest = level_db(here, chapter + 9.0, chapter + 11.0) - level_db(there, chapter + 9.0, chapter + 11.0)
            assert rest == pytest.approx(gain, abs=0.01)
    duck = result.data["duck"]
    assert (duck["depth_db"], duck["roles"], duck["count"]) == (8.0, ["SFX", "MUSIC"], 2)
    assert 6.0 < duck["seconds"] < 12.0
    curve = decode(duck["curve"])
    assert (len(curve), min(curve), curve[100]) == (20 * SECONDS, -8.0, 0.0)
    assert result.report is not None
    assert result.report["duck"] == duck


def test_away_from_the_voice_not_a_bit_changes(tmp_path: Path) -> None:
    text = 'extends = "crowd-film"\nloudness = "not published: a test"\n'
    (tmp_path / "loose.toml").write_text('name = "loose"\ntitle = "t"\nsource = "s"\n' + text, "utf-8")
    film = film_of(tmp_path, DUCK + 'profile = "loose.toml"\n')
    result, plain = mixed(film, tmp_path / "out"), mixed(film, tmp_path / "plain", duck_db=0.0)
    spans = [(dip["start_s"], dip["end_s"]) for dip in result.data["duck"]["dips"]]
    away = np.ones(2 * SECONDS * RATE, dtype=bool)
    for start, end in spans:
        away[round(start * RATE) : round(end * RATE)] = False
    for role in ("SFX", "MUSIC"):
        here, there = (ints(tmp_path / out, each, role) for out, each in (("out", result), ("plain", plain)))
        assert np.array_equal(here[away], there[away])
        assert not np.array_equal(here[~away], there[~away])


def test_bytes_do_not_depend_on_jobs_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    film = film_of(tmp_path)
    first = mixed(film, tmp_path / "a", jobs=1)
    assert hashes(first) == hashes(mixed(film, tmp_path / "b", jobs=3))
    again = mixed(film, tmp_path / "a")
    assert again.is_unchanged
    assert (again.data["duck"], again.data["me"]) == (first.data["duck"], first.data["me"])
    assert not mixed(film, tmp_path / "a", duck_db=3.0).is_unchanged


def stored(folder: Path, number: int, role: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    sound, _ = soundfile.read(folder / f"ch{number:02}" / f"{role}.wav", dtype="int32")
    return np.asarray(sound >> 8, np.float64)


def undipped(result: MixResult) -> list[tuple[str, tuple[str, ...], Any, Any]]:
    sums = result.data["null_test"]["sums"]
    return [(each["sum"], tuple(each["of"]), each["exact"], each["reason"]) for each in sums]


@pytest.mark.parametrize("limiter", ["off", "linked"])
def test_an_undipped_me_is_what_it_was_before(tmp_path: Path, limiter: str) -> None:
    film = film_of(tmp_path, DUCK + f'me = "undipped"\nlimiter = "{limiter}"\n')
    result = mixed(film, tmp_path / "out")
    assert undipped(result) == [
        ("FULL", ("VO", "SFX", "MUSIC"), True, None),
        ("FULL", ("VO", "ME"), None, "undipped"),
        ("ME", ("SFX", "MUSIC"), None, "undipped"),
    ]
    assert result.data["null_test"]["exact"] is True
    assert result.data["me"]["print"] == "ME"
    assert [each["name"] for each in result.data["prints"]] == list(PRINTS)
    bus = sum(np.concatenate([stored(tmp_path, number, role) for number in (1, 2)]) for role in ("SFX", "MUSIC"))
    wanted = bus * 10.0 ** (result.data["level"]["applied_gain_db"] / 20.0)
    assert np.abs(ints(tmp_path / "out", result, "ME") - wanted).max() <= 1.5
    assert result.has_errors is False
    assert verify_mix(tmp_path / "out").is_proven


def test_without_ducking_and_limiter_undipped_is_the_mix(tmp_path: Path) -> None:
    film = film_of(tmp_path, '[mix]\nme = "undipped"\n')
    result = mixed(film, tmp_path / "out")
    assert result.data["me"] is None
    assert all(each["exact"] for each in result.data["null_test"]["sums"])


def test_an_undipped_me_over_its_limit_is_an_error_and_a_gain_is_proposed_only(tmp_path: Path) -> None:
    film = film_of(tmp_path, "[mix]\nduck = { depth_db = 16.5, hold_s = 10, lookahead_s = 4 }\nme = 'undipped'\n", 0.06)
    result = mixed(film, tmp_path / "out")
    me = result.data["me"]
    assert me["true_peak_dbtp"] > me["limit_dbtp"] == -1.0
    assert me["true_peak_dbtp"] + me["proposed_gain_db"] <= me["limit_dbtp"]
    assert me["proposed_gain_db"] == round(me["proposed_gain_db"], 1)
    assert (me["gain_db"], me["proposed_gain_db"] < 0.0) == (0.0, True)
    assert result.has_errors
    assert result.report is not None
    (error,) = (each for each in result.report["findings"] if each["severity"] == "error")
    assert (error["code"], round(error["observed"], 2)) == ("PEK001", round(me["true_peak_dbtp"], 2))
    lower = mixed(film, tmp_path / "out", me_gain_db=me["proposed_gain_db"])
    assert lower.data["me"]["gain_db"] == me["proposed_gain_db"]
    assert lower.data["me"]["proposed_gain_db"] is None
    assert not lower.has_errors


def test_a_gain_for_an_me_that_is_part_of_the_mix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--me-gain is for an M&E that stands apart"):
        mixed(film_of(tmp_path, ""), tmp_path / "out", me_gain_db=-1.0)


def test_an_undipped_me_that_does_not_fit_is_refused_with_a_reason(tmp_path: Path) -> None:
    film = film_of(tmp_path, "[mix]\nduck = { depth_db = 40, hold_s = 10, lookahead_s = 4 }\nme = 'undipped'\n", 0.13)
    with pytest.raises(RenderError, match="undipped ME would exceed full scale") as caught:
        mixed(film, tmp_path / "out")
    hint = caught.value.problems[0].hint
    assert "follow" in hint
    asked = re.search(r"me_gain_db = (-[0-9.]+)", hint)
    assert asked is not None
    text = (tmp_path / "film.toml").read_text("utf-8").replace("[mix]", f"[mix]\nme_gain_db = {asked[1]}")
    (tmp_path / "film.toml").write_text(text, "utf-8")
    result = mixed(open_film([tmp_path / "film.toml"]), tmp_path / "lower")
    assert result.data["me"]["gain_db"] == float(asked[1])
    assert result.data["null_test"]["exact"] is True
    assert not list((tmp_path / "out").glob("*.wav"))


def test_the_command_asks_for_it_and_says_what_it_did(tmp_path: Path) -> None:
    film_of(tmp_path, "")
    asked = [
        str(tmp_path / "film.toml"),
        "-o",
        str(tmp_path / "out"),
        "--duck",
        "6",
        "--me",
        "undipped",
        "--no-progress",
    ]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 0, done.output
    assert "ducking: music and effects 6.0 dB under the voice, 2 times" in done.output
    assert "ME is as before ducking and limiter" in done.output
    assert CliRunner().invoke(command, [*asked, "--duck", "-3"]).exit_code == 2


def test_the_film_file_says_how(tmp_path: Path) -> None:
    film = film_of(tmp_path, "[mix]\nduck = { depth_db = 6, attack_s = 0.1, release_s = 2 }\n")
    assert open_film([tmp_path / "film.toml"]).mix == film.mix
    assert (film.mix.duck.depth_db, film.mix.duck.attack_s, film.mix.duck.release_s) == (6.0, 0.1, 2.0)
    assert (film.mix.duck.lookahead_s, film.mix.duck.hold_s, film.mix.me) == (0.3, 0.4, "follow")
