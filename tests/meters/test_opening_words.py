"""Slates on real paths: a voice stem with words in its head, judged by profiles that forbid leaders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from stemkit.core.layout import STEREO
from stemkit.meters.opening_words import REACH_S, read
from stemkit.meters.scan import Scanner
from stemkit.signals.voice import speak
from stemkit.workflows.check import check

RATE = 48_000
FILM = """
[film]
title = "Film"
frame_rate = "24"
profile = "amazon-mgm-2.0"
[[chapter]]
number = 1
length = "240f"
handles = { head = "72f", tail = "0f" }
folder = "ch01"
"""


def voice(*spans: tuple[float, float], length_s: int = 13) -> np.ndarray:
    """Return speech at given seconds, in a room."""
    sound = 1e-4 * np.random.default_rng(3).normal(0.0, 1.0, (length_s * RATE, 2))
    for seed, (start, end) in enumerate(spans, 1):
        first, last = round(start * RATE), round(end * RATE)
        sound[first:last] += speak(last - first, RATE, seed)
    return sound


def test_only_words_that_begin_near_the_head_are_told() -> None:
    scanner = Scanner(RATE, 2, STEREO)
    scanner.push(voice((1.0, 2.0), (35.0, 36.0), length_s=40))
    spans = read(scanner.result()).spans_s
    assert spans
    assert all(0.9 < start < end < 2.3 for start, end in spans)
    assert REACH_S < 35.0


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        (((0.4, 1.6), (4.0, 12.0)), ["possible_slate"]),
        (((4.0, 12.0),), []),
        (((2.0, 12.0),), []),
    ],
)
def test_a_slate_is_found_where_it_is_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spans: tuple[tuple[float, float], ...], found: list[str]
) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    (tmp_path / "film.toml").write_text(FILM, "utf-8")
    (tmp_path / "ch01").mkdir()
    soundfile.write(tmp_path / "ch01" / "VO.wav", voice(*spans), RATE, "PCM_24")
    findings = check([tmp_path / "film.toml"], select=["LEN005"]).report["findings"]
    assert [one["condition"] for one in findings] == found
    if found:
        assert findings[0]["severity"] == "warning"
        assert 0.3 < findings[0]["start_s"] < 1.0
        assert 1.3 < findings[0]["end_s"] < 2.0
    assert check([tmp_path / "film.toml"], profile="crowd-film", select=["LEN005"]).report["findings"] == []
