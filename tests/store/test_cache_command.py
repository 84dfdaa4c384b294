"""``stemkit cache``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stemkit.cli.commands.cache import command


def run(monkeypatch: pytest.MonkeyPatch, cache: str, *arguments: str) -> str:
    monkeypatch.setenv("STEMKIT_CACHE", cache)
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0
    return result.stdout


def test_info_and_clear_say_what_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = tmp_path / "facts-1" / "ab" / "cd.npz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(bytes(2_000_000))
    assert "1 measurements of 0 files, 2.0 MB" in run(monkeypatch, str(tmp_path))
    data = json.loads(run(monkeypatch, str(tmp_path), "clear", "--json"))
    assert data["schema"] == "stemkit/cache/1"
    assert (data["action"], data["facts"], data["size_bytes"]) == ("clear", 1, 2_000_000)
    assert not kept.exists()
    assert json.loads(run(monkeypatch, str(tmp_path), "info", "--json"))["facts"] == 0


def test_the_users_own_cache_loses_its_kernels_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "stemkit"))
    kernel = tmp_path / "stemkit" / "kernels" / "0123" / "scan" / "scan.nbi"
    kernel.parent.mkdir(parents=True)
    kernel.write_bytes(bytes(1000))
    assert json.loads(run(monkeypatch, str(tmp_path), "clear", "--json"))["kernels"] == 0
    assert kernel.exists()
    assert json.loads(run(monkeypatch, "", "clear", "--json"))["kernels"] == 1
    assert not (tmp_path / "stemkit" / "kernels").exists()


def test_off_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "STEMKIT_CACHE=off" in run(monkeypatch, "off")
    assert json.loads(run(monkeypatch, "off", "--json"))["folder"] is None
