"""The tour on a film a third as long: every planted fault is found, every repair holds, the prints are proven."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stemkit.core.errors import UsageError
from stemkit.core.manifest import load_film
from stemkit.core.progress import silent
from stemkit.report.demo import demo_lines
from stemkit.store.facts import open_store
from stemkit.workflows import _demo_film as film_of_the_demo
from stemkit.workflows.check import check_film
from stemkit.workflows.demo import DemoResult, demo
from stemkit.workflows.report import report
from tests.oracles import require_program

pytestmark = pytest.mark.slow
WHOLE_FRAMES = sum(scene.frames for scene in film_of_the_demo.SCENES)


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, DemoResult]]:
    with pytest.MonkeyPatch.context() as patch:
        # a file "._" in the current folder makes libsndfile refuse good MP3s
        patch.chdir(tmp_path_factory.mktemp("here"))
        patch.setenv("STEMKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        short = tuple(replace(scene, frames=scene.frames // 3) for scene in film_of_the_demo.SCENES)
        patch.setattr(film_of_the_demo, "SCENES", short)
        folder = tmp_path_factory.mktemp("demo") / "tour"
        yield folder, demo(folder, jobs=2)


def test_every_planted_fault_is_found_by_its_code(tour: tuple[Path, DemoResult]) -> None:
    assert tour[1].missed == ()


def test_no_error_is_found_that_was_not_planted(tour: tuple[Path, DemoResult]) -> None:
    planted = {(fault.code, fault.chapter) for fault in film_of_the_demo.PLANTED}
    errors = {(one["code"], one["chapter"]) for one in tour[1].check.report["findings"] if one["severity"] == "error"}
    assert errors <= planted


def test_the_clean_chapter_is_ready_and_has_nothing_to_look_at(tour: tuple[Path, DemoResult]) -> None:
    checked = tour[1].check.report
    for number in film_of_the_demo.CLEAN_CHAPTERS:
        assert next(c for c in checked["chapters"] if c["number"] == number)["verdict"] == "ready"
        seen = [f for f in checked["findings"] if f["chapter"] == number and f["outcome"] == "fail"]
        assert [f for f in seen if f["severity"] != "info"] == []


def test_the_conformed_tree_is_ready(tour: tuple[Path, DemoResult]) -> None:
    film = load_film(tour[0] / "conformed" / "film.toml")
    assert check_film(film, jobs=2).verdict == "ready"


def test_five_prints_are_proven_and_on_target(tour: tuple[Path, DemoResult]) -> None:
    mix = tour[1].mix.as_dict()
    assert [row["name"] for row in mix["prints"]] == ["FULL", "VO", "SFX", "MUSIC", "ME"]
    assert mix["null_test"]["exact"] is True
    assert mix["level"]["limited_by"] is None
    full = mix["prints"][0]
    assert full["measured"]["programme_loudness_lufs"] == pytest.approx(-23.0, abs=0.06)
    assert mix["length_samples"] == sum(scene.frames for scene in film_of_the_demo.SCENES) * 2000
    for row in mix["prints"]:
        assert (tour[0] / "mix" / row["path"]).is_file()
    assert tour[1].has_errors is False


def test_another_meter_agrees(tour: tuple[Path, DemoResult]) -> None:
    ffmpeg = require_program("ffmpeg")
    row = tour[1].mix.as_dict()["prints"][0]
    command = [
        ffmpeg,
        "-nostats",
        "-i",
        str(tour[0] / "mix" / row["path"]),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    heard = subprocess.run(command, capture_output=True, text=True, check=True).stderr.rsplit("Summary:", 1)[1]
    loudness = re.search(r"I:\s+(-?[\d.]+) LUFS", heard)
    assert loudness is not None
    assert float(loudness[1]) == pytest.approx(row["measured"]["programme_loudness_lufs"], abs=0.1)


def test_the_report_is_a_page_and_the_truth(tour: tuple[Path, DemoResult]) -> None:
    folder = tour[0] / "mix"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Deliverable by crowd-film." in page
    assert "清晨的树林" in page
    data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert data["verdict"] == "ready"
    assert set(data["curves"]) >= {"FULL", "VO", "SFX", "MUSIC"}
    seconds = data["film"]["duration_s"]
    assert data["curves"]["FULL"]["momentary"]["points"] == pytest.approx((seconds - 0.4) * 10 + 1, abs=1)
    again = report(folder, jobs=2)
    assert again.report == data
    assert again.has_errors is False


def test_a_second_tour_does_nothing_twice_and_says_so(tour: tuple[Path, DemoResult]) -> None:
    before = {path: path.stat().st_mtime_ns for path in tour[0].rglob("*") if path.is_file()}
    again = demo(tour[0], store=open_store(), jobs=2, progress=silent)
    assert again.is_new is False
    assert again.mix.is_unchanged is True
    assert {path: path.stat().st_mtime_ns for path in tour[0].rglob("*") if path.is_file()} == before
    lines = "\n".join(demo_lines(again.as_dict()))
    assert "kept from an earlier run" in lines
    assert "conform had nothing to do" in lines
    assert "unchanged since the earlier run" in lines


def test_the_story_says_what_and_where(tour: tuple[Path, DemoResult]) -> None:
    lines = "\n".join(demo_lines(tour[1].as_dict()))
    assert "MISSED" not in lines
    assert "FULL = VO + SFX + MUSIC: exact" in lines
    assert str(tour[0] / "mix" / "report.html") in lines


def test_one_changed_bit_is_found_by_the_report(tour: tuple[Path, DemoResult], tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "mix"
    shutil.copytree(tour[0] / "mix", copy)
    target = copy / tour[1].mix.as_dict()["prints"][3]["path"]
    data = bytearray(target.read_bytes())
    data[len(data) // 6 * 3 + 2] ^= 1
    target.write_bytes(data)
    changed = report(copy, jobs=2)
    assert changed.has_errors
    assert changed.report["verdict"] == "ask"
    assert "MIX002" in {one["code"] for one in changed.report["findings"]}
    assert "Not deliverable yet." in changed.in_format("html")


def test_the_demo_keeps_out_of_folders_that_hold_something_else(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(UsageError) as error:
        demo(tmp_path)
    assert error.value.problems[0].code == "not_empty"
    with pytest.raises(UsageError):
        demo(tmp_path / "thesis.doc")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_the_whole_film_is_two_minutes() -> None:
    assert WHOLE_FRAMES == 120 * 24
