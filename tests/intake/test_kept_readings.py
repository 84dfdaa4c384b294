"""Readings of content that are kept are those that were read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemkit.core.progress import silent
from stemkit.intake import kept_readings
from stemkit.intake._work import Work
from stemkit.intake.kept_readings import content_readings
from stemkit.meters._content import Content
from stemkit.meters._listening import listening_modules
from stemkit.meters.content_scan import ContentScanner
from stemkit.store.facts import FactStore

RATE_HZ = 48_000


@pytest.fixture(scope="module")
def content() -> Content:
    rng = np.random.default_rng(3)
    time = np.arange(12 * RATE_HZ) / RATE_HZ
    sound = 0.1 * np.sin(2 * np.pi * 1000.0 * time) * (time < 1.0) + 0.02 * rng.standard_normal(len(time))
    sound[5 * RATE_HZ : 5 * RATE_HZ + 900] = 0.0
    sound[7 * RATE_HZ] = 0.9
    scanner = ContentScanner(RATE_HZ, 2)
    for _ in scanner.push(np.column_stack([sound, 0.5 * sound])):
        pass
    return scanner.finish()[0]


def work_with(folder: Path) -> Work:
    return Work(frozenset(), 1, silent, FactStore(folder), {"content_scan": 1})


def test_kept_readings_are_those_that_were_read(content: Content, tmp_path: Path) -> None:
    wanted = set(listening_modules())
    read = content_readings(content, wanted, "ab" * 32, work_with(tmp_path))
    kept = content_readings(content, wanted, "ab" * 32, work_with(tmp_path))
    assert repr(kept) == repr(read)
    assert set(kept) == wanted


def test_a_content_is_read_once(content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = set(listening_modules())
    content_readings(content, wanted, "ab" * 32, work_with(tmp_path))

    def refuse(*_: object) -> object:
        raise AssertionError("read again")

    monkeypatch.setattr(kept_readings, "listen", refuse)
    content_readings(content, wanted, "ab" * 32, work_with(tmp_path))
    with pytest.raises(AssertionError, match="read again"):
        content_readings(content, wanted, "cd" * 32, work_with(tmp_path))


def test_a_reading_of_another_version_is_not_believed(
    content: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = set(listening_modules())
    before = content_readings(content, wanted, "ab" * 32, work_with(tmp_path))
    module = next(iter(listening_modules().values()))
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    monkeypatch.setattr(kept_readings, "listen", lambda _, what: before[what] if what is not module.RESULT else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        content_readings(content, wanted, "ab" * 32, work_with(tmp_path))
