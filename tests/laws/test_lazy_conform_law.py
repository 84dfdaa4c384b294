"""Raw deliveries over an earlier mix: only stems that are read are conformed; the prints are those of a full run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemkit.core.media import MediaInfo
from stemkit.intake.folder import open_film
from stemkit.plan import stretches
from stemkit.render import stem_file
from stemkit.store.facts import FactStore
from stemkit.workflows import _mix_conformed
from stemkit.workflows.excerpt import excerpt
from stemkit.workflows.mix import MixResult, mix

RATE, FPS = 44_100, 24
CHAPTERS, CHAPTER_S, HANDLE_FRAMES = 5, 8, 12
ROLES = ("VO", "SFX", "MUSIC")
LENGTH = CHAPTER_S * RATE + 2 * HANDLE_FRAMES * RATE // FPS


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "_MOST_SEGMENTS", 1)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the stems that were conformed, as they come."""
    found: list[str] = []
    conform = stem_file.conform_stem

    def noted(media: MediaInfo, *given: Any, **options: Any) -> stem_file.StemFile:
        found.append(f"{media.path.parent.name} {media.path.stem}")
        return conform(media, *given, **options)

    monkeypatch.setattr(_mix_conformed, "conform_stem", noted)
    return found


def write(folder: Path, number: int, role: str, *, again: bool = False, subtype: str = "PCM_16") -> None:
    """Write a stem; its new version is the old one backwards, so that the level of the film stays."""
    path = folder / f"ch{number:02}" / f"{role}.wav"
    path.parent.mkdir(exist_ok=True)
    sound = np.random.default_rng(10 * number + ROLES.index(role)).uniform(-0.1, 0.1, (LENGTH, 2))
    sound *= (np.arange(LENGTH) // (RATE // 2) % 2)[:, np.newaxis] if role == "VO" else 1.0
    soundfile.write(path, sound[::-1] if again else sound, RATE, subtype=subtype)


def built(folder: Path, fade: str = "0.5s", extra: str = "") -> Path:
    for number in range(1, CHAPTERS + 1):
        for role in ROLES:
            write(folder, number, role)
    text = f'[film]\ntitle = "Law"\nframe_rate = "{FPS}"\n[mix]\n{extra}\n[defaults]\n'
    text += f'handles = {{ head = "{HANDLE_FRAMES}f", tail = "{HANDLE_FRAMES}f" }}\n'
    text += "".join(f'crossfade.{role} = "{fade}"\n' for role in ROLES)
    for number in range(1, CHAPTERS + 1):
        text += f'[[chapter]]\nnumber = {number}\nlength = "{CHAPTER_S * FPS}f"\nfolder = "ch{number:02}"\n'
    path = folder / "film.toml"
    path.write_text(text, "utf-8")
    return path


def mixed(path: Path, out: Path, store: FactStore, **options: Any) -> MixResult:
    return mix(open_film([path]), out, store=store, **options)


def prints(out: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(out.glob("*.wav")):
        yield path.name, path.read_bytes()


def of_chapters(*numbers: int) -> list[str]:
    return sorted(f"ch{number:02} {role}" for number in numbers for role in ROLES)


def test_a_new_chapter_conforms_itself_and_what_its_joins_read(tmp_path: Path, made: list[str]) -> None:
    path, store = built(tmp_path), FactStore(tmp_path / "cache")
    first = mixed(path, tmp_path / "out", store)
    assert sorted(made) == of_chapters(*range(1, CHAPTERS + 1))
    assert first.data["conformed"] == {"needed": 15, "made": 15}
    made.clear()
    for role in ROLES:
        write(tmp_path, 3, role, again=True)
    again = mixed(path, tmp_path / "out", store)
    assert sorted(made) == of_chapters(2, 3, 4)
    assert again.data["conformed"] == {"needed": 15, "made": 9}
    made.clear()
    assert mixed(path, tmp_path / "out", store).data["conformed"] == {"needed": 15, "made": 0}
    assert not made
    full = mixed(path, tmp_path / "full", FactStore(None))
    assert dict(prints(tmp_path / "out")) == dict(prints(tmp_path / "full"))
    assert full.report is not None
    assert again.report is not None
    for key in ("conform", "boundaries", "prints", "null_test", "findings"):
        assert again.report[key] == full.report[key], key


def test_what_is_known_is_not_conformed_to_plan_or_to_listen(tmp_path: Path, made: list[str]) -> None:
    path, store = built(tmp_path, fade="0s"), FactStore(tmp_path / "cache")
    mixed(path, tmp_path / "out", store)
    mixed(path, tmp_path / "out", store, balance="programme", plan_only=True)
    made.clear()
    plan = mixed(path, tmp_path / "out", store, balance="programme", plan_only=True)
    assert plan.data["conformed"] == {"needed": 15, "made": 0}
    heard = excerpt(open_film([path]), tmp_path / "out", [(3,)], store=store)
    assert sorted(made) == of_chapters(3)
    assert heard.data["excerpts"][0]["as_in_the_mix"] is True


SETTINGS = [
    ("0.5s", ""),
    ("0s", ""),
    ("0.25s", 'balance = "programme"'),
    ("0.5s", "duck = { depth_db = 6.0 }"),
    ("0.5s", 'limiter = "linked"'),
]


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(setting=st.sampled_from(SETTINGS), number=st.integers(1, CHAPTERS), role=st.sampled_from(ROLES))
def test_a_mix_that_conforms_little_equals_a_full_one(setting: tuple[str, str], number: int, role: str) -> None:
    with TemporaryDirectory() as name:
        folder, store = Path(name), FactStore(Path(name, "cache"))
        path = built(folder, *setting)
        mixed(path, folder / "out", store)
        write(folder, number, role, again=True, subtype="PCM_24")
        again = mixed(path, folder / "out", store, jobs=2)
        full = mixed(path, folder / "full", FactStore(None))
        assert dict(prints(folder / "out")) == dict(prints(folder / "full"))
        same = ("level", "limiter", "duck", "balance", "boundaries", "null_test", "prints")
        assert {key: again.data[key] for key in same} == {key: full.data[key] for key in same}


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"), [(44_100, 1, "PCM_16"), (48_000, 2, "FLOAT"), (96_000, 2, "PCM_24")]
)
def test_what_is_planned_of_a_conformed_stem_is_what_is_written(
    tmp_path: Path, rate: int, channels: int, subtype: str
) -> None:
    for role in ROLES:
        sound = np.random.default_rng(1).uniform(-0.1, 0.1, (rate * 2, channels))
        soundfile.write(tmp_path / f"{role}.wav", sound, rate, subtype=subtype)
    # It refuses where a stem is not as planned.
    assert mixed(tmp_path, tmp_path / "out", FactStore(None)).data["null_test"]["exact"] is True
