"""Stems delivered as one mono file for each channel are one stem, bit for bit; what is no such set stays apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.film import Role
from stemkit.core.manifest import load_film
from stemkit.core.profile import load_profile
from stemkit.intake.facts import gather
from stemkit.intake.folder import film_from_paths, resolve
from stemkit.store.facts import FactStore
from stemkit.workflows.conform import conform
from stemkit.workflows.init import init

RNG = np.random.default_rng(11)


def mono(path: Path, *, length: int = 4800, rate_hz: int = 48_000, subtype: str = "PCM_24", channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.2 * RNG.uniform(-1, 1, (length, channels)), rate_hz, subtype=subtype)


def stems_in(folder: Path) -> dict[Role, tuple[str, ...]]:
    (delivery,) = resolve(film_from_paths([folder], "crowd-film"), FactStore(folder.parent / "cache"))
    found = {stem.role: tuple(part.name for part in stem.parts) for stem in delivery.stems}
    return found | {role: tuple(path.name for path in paths) for role, paths in delivery.candidates.items()}


@pytest.mark.parametrize(
    "names",
    [
        ("vo.L.wav", "vo.R.wav"),
        ("ch07_VO_L.wav", "ch07_VO_R.wav"),
        ("Dialog (Left).wav", "Dialog (Right).wav"),
        ("vo-l.WAV", "vo-r.wav"),
        ("vo.L.wav", "vo.R.wav", "vo.C.wav", "vo.LFE.wav", "vo.Ls.wav", "vo.Rs.wav"),
    ],
)
def test_channels_are_joined_in_the_order_of_their_layout(tmp_path: Path, names: tuple[str, ...]) -> None:
    folder, store = tmp_path / "ch07", FactStore(tmp_path / "cache")
    for name in names:
        mono(folder / name)
    (delivery,) = resolve(film_from_paths([folder], "crowd-film"), store)
    (stem,) = delivery.stems
    media = probe(stem.path)
    assert media.layout is not None
    assert media.layout.name == ("stereo" if len(names) == 2 else "5.1")
    joined, _ = soundfile.read(stem.path, dtype="int32", always_2d=True)
    for channel, name in enumerate(names):
        assert np.array_equal(joined[:, channel], soundfile.read(folder / name, dtype="int32")[0])
    assert stem.declared_path == ", ".join([str(folder / names[0]), *names[1:]])
    again = resolve(film_from_paths([folder], "crowd-film"), store)[0].stems
    assert again == (stem,)


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [
        ("flac", "PCM_24"),
        ("flac", "PCM_16"),
        ("aiff", "PCM_24"),
        ("aiff", "FLOAT"),
        ("caf", "PCM_24"),
        ("w64", "PCM_24"),
        ("wav", "PCM_32"),
        ("wav", "PCM_16"),
        ("wav", "FLOAT"),
        ("aiff", "PCM_32"),
    ],
)
def test_channels_in_every_form_without_loss_are_joined_and_keep_their_container(
    tmp_path: Path, suffix: str, subtype: str
) -> None:
    folder, store = tmp_path / "ch07", FactStore(tmp_path / "cache")
    for label in "LR":
        mono(folder / f"vo.{label}.{suffix}", subtype=subtype)
    film = film_from_paths([folder], "crowd-film")
    facts = gather(film, load_profile("crowd-film"), store=store).facts
    (stem,) = facts.chapters[0].stems
    assert stem.media is not None
    container = {"aiff": "AIFF", "caf": "CAF", "flac": "FLAC", "w64": "W64", "wav": "WAV"}[suffix]
    assert (stem.media.container, stem.media.subtype, stem.media.channels) == (container, subtype, 2)
    joined = np.concatenate(list(read_blocks(stem.media)))
    for channel, label in enumerate("LR"):
        assert np.array_equal(joined[:, channel], soundfile.read(folder / f"vo.{label}.{suffix}", dtype="float64")[0])
    plan = conform(film, tmp_path / "out", plan_only=True, store=store)
    planned = {step.kind for done in plan.items for step in done.item.steps}
    assert ("rewrap" in planned) is (container != "WAV")


def test_channels_that_are_no_numbers_are_not_joined_and_told(tmp_path: Path) -> None:
    for label in "LR":
        mono(tmp_path / "ch07" / f"vo.{label}.wav", subtype="FLOAT")
    sound, rate_hz = soundfile.read(tmp_path / "ch07" / "vo.R.wav")
    sound[7] = np.nan
    soundfile.write(tmp_path / "ch07" / "vo.R.wav", sound, rate_hz, subtype="FLOAT")
    assert stems_in(tmp_path / "ch07") == {Role.VO: ("vo.L.wav", "vo.R.wav")}


@pytest.mark.parametrize(
    ("name", "other", "change"),
    [
        ("vo.L.wav", "vo.R.wav", {"length": 4801}),
        ("vo.L.wav", "vo.R.wav", {"rate_hz": 44_100}),
        ("vo.L.wav", "vo.R.wav", {"subtype": "PCM_16"}),
        ("vo.L.wav", "vo.R.wav", {"channels": 2}),
        ("vo.L.wav", "vo.C.wav", {}),
        ("vo.L.wav", "vo_L.wav", {}),
        ("vo one.L.wav", "vo two.R.wav", {}),
        ("vo 1.wav", "vo 2.wav", {}),
    ],
)
def test_what_is_no_set_of_channels_stays_apart(tmp_path: Path, name: str, other: str, change: dict[str, int]) -> None:
    mono(tmp_path / "ch07" / name)
    mono(tmp_path / "ch07" / other, **change)  # type: ignore[arg-type]
    assert set(stems_in(tmp_path / "ch07")[Role.VO]) == {name, other}


def test_one_channel_alone_is_a_mono_stem(tmp_path: Path) -> None:
    mono(tmp_path / "ch07" / "vo.L.wav")
    assert stems_in(tmp_path / "ch07") == {Role.VO: ()}


def test_two_pairs_of_one_role_are_two_candidates(tmp_path: Path) -> None:
    for name in ("amb.L.wav", "amb.R.wav", "fx.L.wav", "fx.R.wav"):
        mono(tmp_path / "ch07" / name)
    assert stems_in(tmp_path / "ch07") == {Role.SFX: ("amb.wav", "fx.wav")}


def test_a_film_file_declares_channels_as_a_list(tmp_path: Path) -> None:
    for name in ("vo.L.wav", "vo.R.wav", "amb.wav", "fx.wav"):
        mono(tmp_path / name)
    text = 'stems = { VO = ["vo.L.wav", "vo.R.wav"], SFX = ["amb.wav", "fx.wav"] }'
    (tmp_path / "film.toml").write_text(
        f'[film]\ntitle = "T"\nframe_rate = "24"\n[[chapter]]\nnumber = 1\nlength = "2s"\n{text}\n'
    )
    (delivery,) = resolve(load_film(tmp_path / "film.toml"))
    assert [stem.declared_path for stem in delivery.stems] == ["vo.L.wav, vo.R.wav", "amb.wav", "fx.wav"]


def test_a_damaged_channel_is_not_joined(tmp_path: Path) -> None:
    mono(tmp_path / "ch07" / "vo.L.wav")
    mono(tmp_path / "ch07" / "vo.R.wav")
    right = tmp_path / "ch07" / "vo.R.wav"
    right.write_bytes(right.read_bytes()[:-100])
    assert stems_in(tmp_path / "ch07") == {Role.VO: ("vo.L.wav", "vo.R.wav")}


def test_init_writes_the_files_of_a_joined_stem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "all"
    for number in (1, 2):
        for role in ("VO", "SFX"):
            mono(folder / f"ch0{number}_{role}.L.wav")
            mono(folder / f"ch0{number}_{role}.R.wav")
    result = init(folder, frame_rate="24")
    assert result.as_dict()["chapters"]
    stems = load_film(result.path).chapters[1].stems
    assert [stem.declared_path for stem in stems] == [
        *("ch02_VO.L.wav", "ch02_VO.R.wav"),
        *("ch02_SFX.L.wav", "ch02_SFX.R.wav"),
    ]
