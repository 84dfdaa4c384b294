"""``check --deep``: music is listened to a second time, and says so."""

from __future__ import annotations

import base64
import zlib
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
from stemkit.meters._mel import mel_picture
from stemkit.report.spectrogram import BANDS, encode_mel, image_of
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


def _clicking(folder: Path) -> Path:
    music = np.repeat(compose(6 * 48_000, 48_000, 5), 2, axis=1)[:, :2] * amplitude_from_db(-12.0)
    music[3 * 48_000 : 3 * 48_000 + 4_800] = 0.0  # a tenth of a second is lost
    path = folder / "Film_ch01_MUSIC.wav"
    soundfile.write(path, music, 48_000, "PCM_24")
    return path


def test_what_is_found_in_the_content_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    _clicking(tmp_path)
    events: list[Event] = []
    result = check([tmp_path], select=["SIG003", "STM001"], severity=["warning"], deep=True, progress=events.append)
    [drawn] = [one for one in result.report["findings"] if one["code"] == "SIG003"]
    picture = drawn["evidence"]
    assert (picture["kind"], picture["bands"], picture["high_hz"]) == ("mel", BANDS, 24_000)
    assert picture["from_s"] == pytest.approx(2.0, abs=0.01)
    assert picture["zone_s"] == pytest.approx([3.0, 3.1], abs=0.001)
    levels = np.frombuffer(base64.b64decode(picture["points"]), np.uint8).reshape(BANDS, -1)
    times = np.linspace(picture["from_s"], picture["to_s"], levels.shape[1])
    inside, outside = (levels[:, mask].mean() for mask in (abs(times - 3.05) < 0.02, times < 2.9))
    assert outside > 3.0 * inside, "the hole is seen"
    assert [one["evidence"] for one in result.report["findings"] if one["code"] == "STM001"] == [None] * 2
    tasks = [event.task for event in events]
    assert tasks.index("drawing spectrograms") > next(at for at, task in enumerate(tasks) if "librosa" in task)
    page = result.in_format("html")
    assert 'href="data:image/png;base64,' in page
    assert "img-src data:" in page
    assert "spectrogram" in page


def test_nothing_is_drawn_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    monkeypatch.setattr("stemkit.meters._mel.mel_picture", None)
    _clicking(tmp_path)
    result = check([tmp_path], select=["SIG003"])
    assert all("evidence" not in one for one in result.report["findings"])
    assert "img-src" not in result.in_format("html")


def test_a_picture_is_a_picture_and_nothing_else_is() -> None:
    levels = np.arange(BANDS * 4, dtype=np.uint8).reshape(BANDS, 4)
    data = encode_mel(levels, 0.0, 1.0, 24_000.0, None)
    image = image_of(data)
    assert image is not None
    raw = base64.b64decode(image.partition(",")[2])
    assert raw.startswith(b"\x89PNG")
    packed = raw[raw.index(b"IDAT") + 4 : raw.index(b"IEND") - 8]
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(BANDS, 5)
    assert (rows[:, 0] == 0).all()
    assert (rows[::-1, 1:] == 255 - levels).all()
    for wrong in ({"bands": 7}, {"bands": 0}, {"bands": None}, {"points": ""}):
        assert image_of({**data, **wrong}) is None


def test_a_picture_has_as_many_columns_as_are_asked_for() -> None:
    sound = np.random.default_rng(1).normal(0.0, 0.1, 20 * 48_000)
    assert mel_picture(sound, 48_000, 160, 48).shape == (48, 160)
    assert mel_picture(sound[:24_000], 48_000, 160, 48).shape[0] == 48
    assert not mel_picture(np.zeros(24_000), 48_000, 160, 48).any()
