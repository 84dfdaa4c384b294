"""``stemkit check``, ``rules`` and ``explain`` as people and scripts call them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from stemkit.cli import stemkit
from stemkit.cli._console import run
from stemkit.rules._engine import all_rules
from tests.check.deliveries import clean_chapter, film_of, sound, write


@pytest.fixture(autouse=True)
def _no_facts_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", str(tmp_path / "cache"))


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    data: dict[str, Any] = json.loads(out)
    return data


def test_exit_codes_tell_ready_from_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = clean_chapter(tmp_path / "ch01")
    assert run(stemkit, ["check", str(folder), "--json"]) == 0
    assert _json(capsys)["verdict"] == "ready"
    (folder / "Film_ch01_VO.wav").unlink()
    assert run(stemkit, ["check", str(folder), "--json"]) == 1
    assert _json(capsys)["verdict"] == "ask"


def test_warnings_alone_are_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = clean_chapter(tmp_path / "ch01")
    write(folder / "Film_ch01_VO.wav", sound(1, 4 * 48_000, gain=0.2), subtype="FLOAT")
    assert run(stemkit, ["check", str(folder), "--json", "--no-progress"]) == 0
    counts = _json(capsys)["counts"]
    assert counts["warning"] > 0
    assert counts["error"] == 0


@pytest.mark.parametrize(
    "arguments",
    [["check", "no such folder"], ["check", "--select", "XYZ", "."], ["check", "--fix", "."], ["explain", "NOPE99"]],
)
def test_wrong_commands_end_with_2_and_one_json_object(
    tmp_path: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(clean_chapter(tmp_path / "ch01"))
    assert run(stemkit, [*arguments, "--json"]) == 2
    data = _json(capsys)
    assert data["schema"] == "stemkit/error/1"
    assert data["errors"][0]["message"]


def test_text_is_a_verdict_a_chapter_what_to_do_and_one_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = film_of(tmp_path, chapters=3)
    write(tmp_path / "ch02" / "Film_ch02_VO.wav", sound(7, 4 * 44_100, channels=1), 44_100)
    (tmp_path / "ch03" / "Film_ch03_MUSIC.wav").unlink()
    assert run(stemkit, ["check", str(film), "--no-progress"]) == 1
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert max(map(len, lines)) <= 110
    verdicts = [
        line.split()[0] for line in lines if line.startswith(("READY  Chapter", "FIX    Chapter", "ASK    Chapter"))
    ]
    assert verdicts == ["READY", "FIX", "ASK"]
    assert text.index("FMT001") < text.index("FMT003")
    assert "44.1 kHz" in text
    (next_step,) = [line for line in lines if line.startswith("Next:")]
    assert "chapter 3 MUSIC" in next_step
    assert "\x1b" not in text


def test_a_hostile_name_cannot_command_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = clean_chapter(tmp_path / "ch01")
    (folder / "Film_ch01_VO.wav").rename(folder / "\x1b[31m\u202e VO.wav")
    (folder / "\x1b[31m\u202e VO.wav").write_bytes(b"")
    run(stemkit, ["check", str(folder), "--no-progress"])
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("name", ["text", "markdown", "junit", "html", "csv"])
def test_every_format_names_the_fault(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = clean_chapter(tmp_path / "ch01")
    write(folder / "Film_ch01_VO.wav", sound(7, 4 * 44_100), 44_100)
    assert run(stemkit, ["check", str(folder), "--no-progress", "--format", name]) == 1
    assert "FMT001" in capsys.readouterr().out


def test_a_table_on_standard_output_has_no_empty_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["check", str(clean_chapter(tmp_path / "ch01")), "--no-progress", "--format", "csv"]) == 0
    text = capsys.readouterr().out
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert len({len(row) for row in csv.reader(text.splitlines())}) == 1


def test_without_a_path_the_film_file_above_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film_of(tmp_path, chapters=1)
    monkeypatch.chdir(tmp_path / "ch01")
    assert run(stemkit, ["check", "--json"]) == 0
    assert _json(capsys)["film"] == str(tmp_path / "film.toml")


def test_rules_lists_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["rules", "--json"]) == 0
    data = _json(capsys)
    assert [rule["code"] for rule in data["rules"]] == [rule.code for rule in all_rules()]
    assert run(stemkit, ["rules", "--format", "markdown"]) == 0
    table = capsys.readouterr().out
    assert table.startswith("| Code |")
    assert all(f"`{rule.code}`" in table for rule in all_rules())
    assert run(stemkit, ["rules"]) == 0
    assert all(rule.code in capsys.readouterr().out for rule in all_rules()[:1])


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_can_be_explained(rule: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["explain", rule.code.lower()]) == 0
    text = capsys.readouterr().out
    for heading in ("What it checks", "Why it matters", "How to put it right", "Profile keys", "References"):
        assert f"\n{heading}" in text


def test_an_explanation_has_the_numbers_of_the_profile(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["explain", "LUD001", "--profile", "crowd-film"]) == 0
    assert "-23.0 (print)" in capsys.readouterr().out


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_is_explained_in_chinese_with_its_headings(rule: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["explain", rule.code, "--lang", "zh-Hans"]) == 0
    text = capsys.readouterr().out
    for heading in ("检查什么", "为什么重要", "怎样改正", "工具能修复吗", "规格项", "参考"):
        assert f"\n{heading}" in text
    assert "What" not in text
    assert "Why" not in text


def test_an_explanation_says_how_sure_a_rule_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_text(
        'name = "own"\nextends = "crowd-film"\n[confidence]\nleast = 0.8\nrules = { STM009 = 0.95 }\n'
        'source = "project"\n[severities.STM009]\nseverity = "warning"\nreason = "we listen ourselves"\n',
        "utf-8",
    )
    monkeypatch.chdir(tmp_path)
    assert run(stemkit, ["explain", "STM009", "--profile", "own.toml"]) == 0
    text = capsys.readouterr().out
    assert "at least 95 % sure" in text
    assert "we listen ourselves" in text
    assert run(stemkit, ["explain", "STM010", "--profile", "own.toml", "--json"]) == 0
    assert _json(capsys)["rules"][0]["least_confidence"] == 0.8


def test_a_check_speaks_chinese(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = clean_chapter(tmp_path / "ch01")
    write(folder / "Film_ch01_VO.wav", sound(7, 4 * 44_100), 44_100)
    assert run(stemkit, ["check", str(folder), "--no-progress", "--lang", "zh-Hans"]) == 1
    text = capsys.readouterr().out
    assert "第 1 章" in text
    assert "采样率" in text
    assert "下一步" in text


def test_findings_below_a_severity_are_not_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = film_of(tmp_path, chapters=1)
    write(tmp_path / "ch01" / "Film_ch01_VO.wav", sound(7, 4 * 44_100, channels=1), 44_100)
    assert run(stemkit, ["check", str(film), "--json", "--severity", "FMT001=warning,FMT003=info"]) == 0
    severities = {one["code"]: one["severity"] for one in _json(capsys)["findings"] if one["outcome"] == "fail"}
    assert severities["FMT001"] == "warning"
    assert severities["FMT003"] == "info"
    assert run(stemkit, ["check", str(film), "--json", "--severity", "error"]) == 1
    data = _json(capsys)
    assert {one["severity"] for one in data["findings"] if one["outcome"] == "fail"} == {"error"}
    assert data["counts"]["warning"] == data["counts"]["info"] == 0


@pytest.mark.parametrize("choice", ["loud", "FMT001=loud", "NOPE=error", "FMT001.nope=error"])
def test_a_severity_that_does_not_exist_is_a_wrong_command(tmp_path: Path, choice: str) -> None:
    assert run(stemkit, ["check", str(clean_chapter(tmp_path / "ch01")), "--severity", choice]) == 2
