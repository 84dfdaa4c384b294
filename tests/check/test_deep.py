"""``check --deep``: music is listened to a second time, and says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from stemkit.cli.commands.check import command
from stemkit.core.progress import Event
from stemkit.core.units import amplitude_from_db
from stemkit.meters import _deep_likeness
from stemkit.meters._content import RATE_HZ
from stemkit.meters._deep_likeness import DeepLikeness, listen_deeply
from stemkit.signals.music import compose
from stemkit.workflows.check import check

SECONDS = 15


def test_what_is_held_and_what_is_struck_is_taken_away() -> None:
    t = np.arange(4 * RATE_HZ) / RATE_HZ
    held = 0.2 * np.sin(2 * np.pi * 440.0 * t)
    struck = np.zeros(len(t))
    struck[:: RATE_HZ // 2] = 0.9
    voice = 0.2 * np.sin(2 * np.pi * (300.0 * t + 8.0 * np.sin(2 * np.pi * 4.0 * t)))
    left = _deep_likeness._neither_held_nor_struck(held + struck + voice)
    lines = np.abs(np.fft.rfft(left * np.hanning(len(left)))) ** 2
    hz = np.fft.rfftfreq(len(left), 1 / RATE_HZ)
    near = (hz > 150.0) & (hz < 435.0)
    assert lines[near].sum() > 20.0 * lines[np.abs(hz - 440.0) < 3.0].sum()
    assert listen_deeply(np.zeros(100)) == DeepLikeness()


@pytest.mark.parametrize(("share", "found"), [(0.8, ["voice"]), (0.2, [])])
def test_the_second_opinion_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float, found: list[str]
) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    monkeypatch.setattr("stemkit.intake.deep.listen_deeply", lambda _: DeepLikeness(share, 9, 1.0, 7.0))
    music = np.repeat(compose(SECONDS * 48_000, 48_000, 5), 2, axis=1)[:, :2] * amplitude_from_db(-6.0)
    soundfile.write(tmp_path / "Film_ch01_MUSIC.wav", music, 48_000, "PCM_24")
    events: list[Event] = []
    result = check([tmp_path], select=["STM011"], deep=True, progress=events.append)
    assert [one["condition"] for one in result.report["findings"] if one["outcome"] == "fail"] == found
    assert any("librosa" in event.task for event in events), "the wait is announced"
    plain = check([tmp_path], select=["STM011"]).report["findings"]
    assert [one for one in plain if one["outcome"] == "fail"] == []


def test_the_option_is_in_the_help() -> None:
    assert "--deep" in CliRunner().invoke(command, ["--help"]).output
