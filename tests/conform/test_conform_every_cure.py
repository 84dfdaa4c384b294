"""Whatever a rule says that a tool can repair is repaired: the finding is gone, and a second run writes nothing.

The rules themselves are asked which those are, so that a new one cannot be forgotten here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stemkit.audio.writer import PrintWriter, WriteFormat
from stemkit.core.layout import LAYOUTS
from stemkit.core.media import Bext
from stemkit.plan.asked import Choice
from stemkit.rules._engine import all_rules
from stemkit.workflows.check import check
from tests.conform.conform_films import FILM, Sound, film_in, noise, right, run, write

_Make = Callable[[Path], object]
SECONDS = 3
UNSAFE = Choice(unsafe=True)
TEXT = FILM.replace('"48f"', f'"{SECONDS * 24}f"')
PROFILE = """
name = "strict"
title = "A test"
revision = "1"
extends = "crowd-film"
{}
"""
NOT_HERE = {
    "FMT006": "a file of 4 GiB",
    "STM005": "the conformed film has no reference mix: see test_conform_shift",
}


def _sound(seed: int = 7, channels: int = 2) -> Sound:
    return noise(SECONDS, channels=channels, seed=seed)


def _low(sign: float) -> Sound:
    low = np.cumsum(_sound(channels=1), axis=0)
    low -= np.linspace(low[0], low[-1], len(low))
    low *= 0.3 / np.abs(low).max()
    return np.concatenate([low, sign * low], axis=1)


def _one_sided() -> Sound:
    sound = _sound()
    sound[:, 1] = 0.0
    return sound


def _two_of_six() -> Sound:
    sound = _sound(channels=6)
    sound[:, 2:] = 0.0
    return sound


def _stating_another_start(folder: Path) -> None:
    for at, role in enumerate(("VO", "SFX", "MUSIC")):
        sound = np.round(_sound(at) * 2.0**23) / 2.0**23
        fmt = WriteFormat(48_000, "PCM_24", LAYOUTS["stereo"], len(sound))
        start = 172_800_000 + (4_800 if role == "VO" else 0)
        with PrintWriter(folder / f"Tide_ch01_{role}.wav", fmt, bext=Bext(time_reference_samples=start)) as writer:
            writer.push(sound)


def _wav_named_flac(folder: Path) -> None:
    write(folder / "vo.wav", _sound()).rename(folder / "Tide_ch01_VO.flac")


LEVEL = """[[loudness]]
of = "stem"
roles = ["VO"]
quantity = "programme"
target_lufs = -30.0
below_lu = 1.0
above_lu = 1.0
severity = "error"
source = "a test"
grade = "project"
"""
NO_FLOAT = "[format]\nfloat_accepted = false\nsource = 'a test'\n"


def _voice(sound: Sound, rate_hz: int = 48_000, name: str = "Tide_ch01_VO.wav", subtype: str = "PCM_24") -> _Make:
    return lambda folder: write(folder / name, sound, rate_hz, subtype)


MAKERS: dict[str, tuple[_Make, str]] = {
    "FMT001": (_voice(noise(SECONDS, 44_100, seed=7), 44_100), ""),
    "FMT002": (_voice(_sound(), subtype="PCM_16"), ""),
    "FMT003": (_voice(_sound(channels=1)), ""),
    "FMT004": (_voice(_sound(), name="Tide_ch01_VO.flac"), ""),
    "FMT005": (_voice(_sound(), name="the vo of tide.wav", subtype="PCM_16"), ""),
    "FMT007": (_wav_named_flac, ""),
    "FMT011": (_voice(_two_of_six()), ""),
    "LEN001": (_voice(noise(SECONDS - 0.01, seed=7)), ""),
    "LEN003": (_stating_another_start, ""),
    "LUD001": (_voice(noise(SECONDS, 44_100, 1, seed=7), 44_100), LEVEL),
    "PEK003": (_voice(20.0 * _sound(), subtype="FLOAT"), NO_FLOAT),
    "SIG002": (_voice(_sound() + 0.05), ""),
    "SIG004": (_voice(_low(-1.0)), ""),
    "SIG005": (_voice(_one_sided()), ""),
}


def fixable(film: Path, code: str) -> list[str]:
    """Return the conditions of a code that a tool says it can repair."""
    findings = check([film]).run.findings
    return [finding.condition for finding in findings if finding.code == code and finding.fixes]


def test_every_rule_that_repairs_is_here() -> None:
    assert {rule.code for rule in all_rules() if rule.fix != "none"} == MAKERS.keys() | NOT_HERE.keys()


@pytest.mark.parametrize("code", sorted(MAKERS))
def test_what_can_be_repaired_is_repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    make, profile = MAKERS[code]
    folder, text = tmp_path / "ch01", TEXT
    right_for(folder)
    make(folder)
    if profile:
        (tmp_path / "profiles").mkdir()
        (tmp_path / "profiles" / "strict.toml").write_text(PROFILE.format(profile), encoding="utf-8")
        text = TEXT.replace('title = "Tide"', 'title = "Tide"\nprofile = "strict"')
    film = film_in(tmp_path, text)
    assert fixable(film, code), "the fault is found"

    result = run(film, tmp_path / "out", choice=UNSAFE)
    assert not result.has_defect
    assert result.items[0].item.status.value == "written", result.items[0].item.reason
    conformed = tmp_path / "out" / "film.toml"
    assert fixable(conformed, code) == []
    assert not run(film, tmp_path / "out", choice=UNSAFE).has_written
    assert not run(conformed, tmp_path / "again", choice=UNSAFE).has_written


def right_for(folder: Path) -> None:
    """Write the other stems of the chapter as they should be."""
    right(folder, but=("VO", "SFX", "MUSIC"))
    for seed, role in ((1, "SFX"), (2, "MUSIC")):
        write(folder / f"Tide_ch01_{role}.wav", _sound(seed))
