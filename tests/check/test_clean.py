"""Clean negatives as data: whole chapters of voice, effects and music, judged by every rule there is."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemkit.core.block import Block
from stemkit.core.units import amplitude_from_db
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak
from stemkit.workflows.check import check
from tests.check.deliveries import FILM, write

CHAPTERS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "clean.toml").read_text("utf-8"))["chapter"]
SECONDS, RATE = 12, 48_000
MAKERS: Mapping[str, Callable[[int, int, int], Block]] = {"VO": speak, "SFX": ambience, "MUSIC": compose}
FADE = 2_400


def sound_of(role: str, given: Mapping[str, Any]) -> Block:
    sound = np.array(MAKERS[role](SECONDS * RATE, RATE, given["seed"])) * amplitude_from_db(given.get("gain_db", 0.0))
    fade = np.linspace(0.0, 1.0, FADE)[:, np.newaxis]
    for start_s, end_s in given.get("gaps", ()):
        start, end = round(start_s * RATE), round(end_s * RATE)
        if start:
            sound[start - FADE : start] *= fade[::-1]
        sound[start:end] = 0.0
        sound[end : end + FADE] *= fade[: len(sound) - end]
    return sound


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: str(chapter["name"]))
def test_no_rule_says_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chapter: dict[str, Any]) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    for role, given in chapter["stems"].items():
        write(
            tmp_path / "ch01" / f"Film_ch01_{role}.wav", sound_of(role, given), subtype=given.get("subtype", "PCM_24")
        )
    text = FILM + f'[[chapter]]\nnumber = 1\nlength = "{24 * SECONDS}f"\nfolder = "ch01"\n'
    (tmp_path / "film.toml").write_text(text, "utf-8")
    report = check([tmp_path / "film.toml"]).report
    assert [(one["code"], one["role"], one["message"]) for one in report["findings"]] == []
    assert report["verdict"] == "ready"
    assert report["counts"]["passed"] > 100
