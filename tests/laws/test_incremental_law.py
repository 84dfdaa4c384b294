"""What is kept of an earlier mix changes nothing: the prints are those of a full render, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemkit.core.block import Block
from stemkit.intake.folder import open_film
from stemkit.plan import stretches
from stemkit.plan.timeline import Fade, Placement
from stemkit.render.limiting import Booth
from stemkit.render.memory import PrintParts
from stemkit.store.facts import FactStore
from stemkit.workflows.mix import MixResult, mix

RATE, FPS = 48_000, 24
CHAPTERS, CHAPTER_S, HANDLE_FRAMES = 8, 3, 12
ROLES = ("VO", "SFX", "MUSIC")
LENGTH = CHAPTER_S * RATE + 2 * HANDLE_FRAMES * RATE // FPS


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "_MOST_SEGMENTS", 1)


def sound_of(kind: str, seed: int) -> Block:
    noise = np.random.default_rng(seed).uniform(-0.1, 0.1, (LENGTH, 2))
    if kind == "hits":
        noise[:: RATE // 2] = 0.9
    return noise * {"plain": 1.0, "hits": 1.0, "quiet": 0.02, "loud": 3.0, "silent": 0.0}[kind]


def write(folder: Path, number: int, role: str, kind: str, seed: int) -> None:
    path = folder / f"ch{number:02}" / f"{role}.wav"
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, sound_of(kind, seed), RATE, subtype="PCM_24")


def film_of(folder: Path, limiter: str, *, fade: str = "0.5s", extra: str = "") -> Path:
    text = f'[film]\ntitle = "Law"\nframe_rate = "{FPS}"\n[mix]\nlimiter = "{limiter}"\n{extra}\n[defaults]\n'
    text += f'handles = {{ head = "{HANDLE_FRAMES}f", tail = "{HANDLE_FRAMES}f" }}\n'
    text += "".join(f'crossfade.{role} = "{fade}"\n' for role in ROLES)
    for number in range(1, CHAPTERS + 1):
        text += f'[[chapter]]\nnumber = {number}\nlength = "{CHAPTER_S * FPS}f"\nfolder = "ch{number:02}"\n'
    path = folder / "film.toml"
    path.write_text(text, "utf-8")
    return path


def built(folder: Path, limiter: str) -> Path:
    for number in range(1, CHAPTERS + 1):
        for at, role in enumerate(ROLES):
            write(folder, number, role, "hits" if (number, role) == (2, "SFX") else "plain", 10 * number + at)
    return film_of(folder, limiter)


def mixed(path: Path, out: Path, store: FactStore, jobs: int = 1) -> MixResult:
    return mix(open_film([path]), out, store=store, jobs=jobs)


def prints(out: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(out.glob("*.wav")):
        yield path.name, path.read_bytes()


CHANGES = st.lists(
    st.tuples(
        st.integers(1, CHAPTERS), st.sampled_from(ROLES), st.sampled_from(["plain", "hits", "quiet", "loud", "silent"])
    ),
    max_size=2,
)
SETTINGS: list[dict[str, str]] = [
    {},
    {},
    {"fade": "0.25s"},
    {"extra": "duck = { depth_db = 6.0 }"},
    {"extra": "[balance]\n4 = -1.5"},
]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limiter=st.sampled_from(["off", "linked"]), changes=CHANGES, setting=st.sampled_from(SETTINGS))
def test_a_mix_over_an_earlier_one_equals_a_full_one(
    limiter: str, changes: list[tuple[int, str, str]], setting: dict[str, str]
) -> None:
    with TemporaryDirectory() as name:
        folder, store = Path(name), FactStore(Path(name, "cache"))
        path = built(folder, limiter)
        mixed(path, folder / "out", store)
        for number, role, kind in changes:
            write(folder, number, role, kind, 1000 + number)
        film_of(folder, limiter, **setting)
        again = mixed(path, folder / "out", store, jobs=2)
        full = mixed(path, folder / "full", FactStore(None))
        assert dict(prints(folder / "out")) == dict(prints(folder / "full"))
        same = ("level", "limiter", "null_test", "prints")
        assert {key: again.data[key] for key in same} == {key: full.data[key] for key in same}


@pytest.mark.parametrize("limiter", ["off", "linked"])
def test_one_new_chapter_renders_its_stretch_and_its_joins(tmp_path: Path, limiter: str) -> None:
    path, store = built(tmp_path, limiter), FactStore(tmp_path / "cache")
    first = mixed(path, tmp_path / "out", store)
    assert first.data["rendering"] == {"stretches": 12, "rendered": 12, "changed": []}
    write(tmp_path, 6, "MUSIC", "plain", 99)
    second = mixed(path, tmp_path / "out", store)
    # Seconds 15 to 18 and their fades, 4 s later and 1 s earlier for what limiter and meters reach.
    assert second.data["rendering"] == {"stretches": 12, "rendered": 6, "changed": []}
    assert second.data["level"]["applied_gain_db"] == first.data["level"]["applied_gain_db"]
    assert second.data["null_test"]["exact"] is True


def _counted(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, calls: list[str]) -> None:
    original = getattr(kind, name)

    def counted(*given: Any) -> Any:
        calls.append(name)
        return original(*given)

    monkeypatch.setattr(kind, name, counted)


def test_what_did_not_change_is_not_listened_to_nor_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, store = built(tmp_path, "linked"), FactStore(tmp_path / "cache")
    calls: list[str] = []
    _counted(monkeypatch, Booth, "_heard", calls)
    _counted(monkeypatch, PrintParts, "keep", calls)
    first = mixed(path, tmp_path / "out", store)
    count = len(first.data["prints"])
    assert calls.count("_heard") > 0
    # What rings on after the last sample is a part of its own, of each print.
    assert calls.count("keep") == (12 + 1) * count
    calls.clear()
    write(tmp_path, 6, "MUSIC", "plain", 99)
    second = mixed(path, tmp_path / "out", store)
    assert calls == ["keep"] * (second.data["rendering"]["rendered"] + 1) * count
    full = mixed(path, tmp_path / "full", FactStore(None))
    assert second.data["limiter"] == full.data["limiter"]
    assert second.data["prints"] == full.data["prints"]


def test_a_gain_that_moves_is_named_and_renders_all(tmp_path: Path) -> None:
    path, store = built(tmp_path, "linked"), FactStore(tmp_path / "cache")
    mixed(path, tmp_path / "out", store)
    write(tmp_path, 6, "MUSIC", "loud", 99)
    rendering = mixed(path, tmp_path / "out", store).data["rendering"]
    assert rendering == {"stretches": 12, "rendered": 12, "changed": ["gain_db"]}


def test_a_print_that_was_touched_since_is_not_believed(tmp_path: Path) -> None:
    path, store = built(tmp_path, "off"), FactStore(tmp_path / "cache")
    first = mixed(path, tmp_path / "out", store)
    touched = tmp_path / "out" / first.data["prints"][1]["path"]
    data = bytearray(touched.read_bytes())
    data[-1000] ^= 1
    touched.write_bytes(data)
    write(tmp_path, 6, "MUSIC", "plain", 99)
    assert mixed(path, tmp_path / "out", store).data["rendering"]["rendered"] == 12
    report: dict[str, Any] = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert len(report["stretches"]["recipes"]) == 12


def test_recipes_know_all_that_places_a_sound() -> None:
    # Who adds a field decides whether it belongs into `stretches._part`.
    known = {"chapter", "role", "source", "span_in_file", "start_in_film", "fade_in", "fade_out", "gain_db"}
    assert {field.name for field in fields(Placement)} == known
    assert {"span", "law", "correlation"} <= {field.name for field in fields(Fade)}
