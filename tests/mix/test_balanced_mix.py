"""Balance and limiter in whole mixes: what was asked for is in the files, and the stems still are the mix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemkit.core.errors import UsageError
from stemkit.core.film import Film
from stemkit.intake.folder import open_film
from stemkit.workflows._balance_table import read_trims
from tests.mix.test_mix import RATE, ROLES, film_file, hashes, ints, mixed, noise, write


def uneven_film(folder: Path, head: str = "") -> Film:
    for number, rms in enumerate((0.02, 0.04, 0.01), 1):
        for index, role in enumerate(ROLES):
            write(folder / f"ch{number:02}" / f"{role}.wav", noise(6 * RATE, 10 * number + index, rms))
    return film_file(folder, [96, 96, 96], '[defaults]\nhandles = { head = "24f", tail = "24f" }\n' + head)


def test_the_plan_writes_nothing_and_the_mix_does_what_it_said(tmp_path: Path) -> None:
    film = uneven_film(tmp_path, 'crossfade.MUSIC = "12f"')
    planned = mixed(film, tmp_path / "out", balance="programme", plan_only=True)
    assert not (tmp_path / "out").exists()
    assert planned.has_errors is False
    trims = {each["chapter"]: each["trim_db"] for each in planned.data["balance"]["chapters"]}
    assert trims[2] < trims[1] < trims[3]
    result = mixed(film, tmp_path / "out", balance="programme")
    assert result.data["balance"] == planned.data["balance"]
    assert result.data["null_test"]["exact"] is True
    plain = mixed(film, tmp_path / "plain")
    gain = result.data["level"]["applied_gain_db"] - plain.data["level"]["applied_gain_db"]
    here, there = (ints(tmp_path / out, each, "VO") for out, each in (("out", result), ("plain", plain)))
    middle = slice(5 * RATE, 7 * RATE)
    ratio = 20 * np.log10(np.std(here[middle]) / np.std(there[middle]))
    assert ratio == pytest.approx(trims[2] + gain, abs=0.01)


def test_an_edited_table_is_honoured(tmp_path: Path) -> None:
    film = uneven_film(tmp_path)
    first = mixed(film, tmp_path / "one", balance="programme")
    table = tmp_path / "one" / "balance.csv"
    assert read_trims(table, [1, 2, 3]) == {e["chapter"]: e["trim_db"] for e in first.data["balance"]["chapters"]}
    table.write_text("chapter;trim_db\n1;\n2;−1,5\n3;0\n", "utf-8")
    edited = mixed(film, tmp_path / "two", trims_db=read_trims(table, [1, 2, 3]))
    assert [each["trim_db"] for each in edited.data["balance"]["chapters"]] == [0.0, -1.5, 0.0]
    text = (
        (tmp_path / "film.toml")
        .read_text("utf-8")
        .replace("[[chapter]]", "[balance]\n2 = -1.5\n3 = 0.0\n[[chapter]]", 1)
    )
    (tmp_path / "film.toml").write_text(text, "utf-8")
    written = mixed(open_film([tmp_path / "film.toml"]), tmp_path / "three")
    assert hashes(written) == hashes(edited)


def test_a_wrong_table_says_every_mistake(tmp_path: Path) -> None:
    table = tmp_path / "balance.csv"
    table.write_text("chapter,trim_db\n1,loud\n9,1.0\n2,99\n", "utf-8")
    with pytest.raises(UsageError) as caught:
        read_trims(table, [1, 2])
    assert [problem.line for problem in caught.value.problems] == [2, 3, 4]


def peaky_film(folder: Path, head: str = "") -> Film:
    for number in (1, 2):
        for index, role in enumerate(ROLES):
            sound = noise(4 * RATE, 10 * number + index, 0.02)
            if role == "SFX":
                sound[RATE : RATE + 200] = noise(200, 99, 0.3) * 2.4
            write(folder / f"ch{number:02}" / f"{role}.wav", sound)
    return film_file(folder, [96, 96], head)


def test_the_limited_film_is_on_target_under_the_limit_and_its_stems_are_the_mix(tmp_path: Path) -> None:
    film = peaky_film(tmp_path, '[mix]\nlimiter = "linked"')
    assert film.mix.limiter == "linked"
    result = mixed(film, tmp_path / "out", jobs=3)
    assert result.data["null_test"]["exact"] is True
    assert all(each["measured"]["true_peak_dbtp"] <= -1.0 for each in result.data["prints"])
    assert result.data["prints"][0]["measured"]["programme_loudness_lufs"] == pytest.approx(-23.0, abs=0.06)
    limiter = result.data["limiter"]
    assert limiter["deepest_db"] > 0.5
    assert limiter["true_peak_dbtp"]["8x"] <= -1.0
    assert [1.0 <= each["deepest_at_s"] < 1.1 or 5.0 <= each["deepest_at_s"] < 5.1 for each in limiter["reductions"]]
    assert hashes(mixed(film, tmp_path / "again", jobs=1)) == hashes(result)
    second = mixed(film, tmp_path / "out")
    assert second.is_unchanged
    assert second.data["limiter"] == limiter


def test_without_a_limiter_it_is_said_what_one_would_have_to_do(tmp_path: Path) -> None:
    film = peaky_film(tmp_path)
    off, on = mixed(film, tmp_path / "off"), mixed(film, tmp_path / "on", limiter="linked")
    level = off.data["level"]
    assert off.data["limiter"] is None
    assert off.has_errors
    assert level["applied_gain_db"] == level["allowed_gain_db"] < level["wanted_gain_db"]
    assert level["limiter_needed"]["deepest_db"] == pytest.approx(on.data["limiter"]["deepest_db"], abs=1.0)
    assert level["limiter_needed"]["seconds"] > 0.1
    assert off.report is not None
    assert "MIX001" in {finding["code"] for finding in off.report["findings"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column chapter and no trim_db"),
        ("chapter;before_lufs\n1;2\n", "no column trim_db"),
        ("chapter,trim_db\n1,2\n1,-2\n", "chapter 1 is there twice"),
    ],
)
def test_a_table_that_says_nothing_or_two_things_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "balance.csv").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=message):
        read_trims(tmp_path / "balance.csv", [1, 2])
