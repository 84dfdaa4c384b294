"""What was taken out of archives, or joined, is told by the place where it was delivered, never by the cache's."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from stemkit.core.manifest import load_film
from stemkit.intake.unpacked import file_at
from stemkit.report.conform import conform_text
from stemkit.store.facts import FactStore
from stemkit.workflows.check import check_film
from stemkit.workflows.conform import conform
from stemkit.workflows.mix import mix
from tests.conform.conform_films import noise, write

FILM = """\
[film]
title = "Tide"
frame_rate = "24"
[defaults]
handles = { head = "0f", tail = "0f" }
[[chapter]]
number = 1
length = "48f"
folder = "all.zip/ch01"
[[chapter]]
number = 2
length = "48f"
folder = "all.zip/ch02"
[[chapter]]
number = 3
length = "48f"
folder = "ch03"
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two chapters in one archive, with stems to convert, clip, double and doubt; one of discrete channels."""
    folder = tmp_path / "film"
    for number in (1, 2):
        for seed, role in enumerate(("vo", "sfx", "music")):
            rate_hz = 44_100 if role == "vo" else 48_000
            sound = noise(2, rate_hz, seed=10 * number + seed)
            if role == "sfx":
                sound = np.clip(20.0 * sound, -0.9, 0.9)
            write(tmp_path / "made" / f"ch{number:02}" / f"{role}.wav", sound, rate_hz)
    write(tmp_path / "made" / "ch02" / "music take 2.wav", noise(2, seed=7))
    write(tmp_path / "made" / "ch02" / "strange.wav", noise(1))
    for seed, name in enumerate(("vo.L", "vo.R", "sfx.L", "sfx.R")):
        write(folder / "ch03" / f"{name}.wav", 9.0 * noise(2, channels=1, seed=40 + seed))
    write(folder / "ch03" / "music.wav", noise(2, seed=50))
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        for path in sorted((tmp_path / "made").rglob("*.wav")):
            archive.write(path, path.relative_to(tmp_path / "made").as_posix())
    (folder / "film.toml").write_text(FILM)
    return folder / "film.toml"


def test_no_report_and_no_receipt_names_the_cache(film: Path, tmp_path: Path) -> None:
    store, declared = FactStore(tmp_path / "kept away"), load_film(film)
    checked = check_film(declared, store=store)
    texts = [checked.in_format(name) for name in ("text", "markdown", "csv", "html", "junit", "json")]
    result = conform(declared, tmp_path / "out", listen=True, store=store)
    data = result.as_dict()
    texts += [json.dumps(data), conform_text(data, str, plan_only=True, has_written=False)]
    texts += [conform_text(data, str, plan_only=False, has_written=True)]
    texts += [path.read_text("utf-8") for path in (tmp_path / "out").rglob("*.json")]
    texts += [path.read_bytes().decode("latin-1") for path in (tmp_path / "out").rglob("*.wav")]
    mix(declared, tmp_path / "mix", missing_as_silence=True, store=store)
    texts += [(tmp_path / "mix" / name).read_text("utf-8") for name in ("report.json", "report.html")]
    assert not [text for text in texts if "kept away" in text or "unpacked-" in text]
    paths = {item["source"] for item in data["items"]}
    assert str(film.parent / "all.zip" / "ch01" / "vo.wav") in paths
    assert str(film.parent / "ch03" / "vo.L.wav") in paths
    skipped = {item["name"] for item in data["items"] if item["status"] == "skipped"}
    assert str(film.parent / "all.zip" / "ch02" / "strange.wav") in skipped
    report = json.loads((tmp_path / "mix" / "report.json").read_text())
    told = {stem["path"] for chapter in report["chapters"] for stem in chapter["stems"]}
    assert {item["source"] for item in report["conform"]} == {item["path"] for item in report["inputs"]} <= told
    clipped = [one for one in report["findings"] if one["code"] == "PEK002"]
    assert clipped
    assert all(one["evidence"] for one in clipped)


def test_a_place_in_an_archive_is_a_file_again(film: Path, tmp_path: Path) -> None:
    store = FactStore(tmp_path / "cache")
    file = file_at(film.parent / "all.zip" / "ch01" / "vo.wav", store)
    assert file.read_bytes() == (tmp_path / "made" / "ch01" / "vo.wav").read_bytes()
    for plain in (film, film.parent / "all.zip", film.parent / "none.wav"):
        assert file_at(plain, store) == plain
