from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from stemkit.cli import stemkit
from stemkit.cli._console import ProgressDisplay, print_json, printable, run, table, wants_json, worst_exit
from stemkit.core.errors import ManifestError, MediaError, Problem
from stemkit.core.progress import Event


def _group_that(raises: BaseException) -> click.Group:
    group = click.Group()

    @group.command()
    @click.option("--json", is_flag=True)
    def go(json: bool) -> None:
        raise raises

    return group


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (ManifestError(Problem("unknown_key", "key 'titel' is unknown", "did you mean 'title'?", "film.toml", 3)), 2),
        (MediaError(Problem("unreadable", "the file ends early")), 3),
        (OSError(28, "No space left on device", "out.wav"), 3),
        (ZeroDivisionError("division by zero"), 4),
        (click.UsageError("no"), 2),
    ],
)
def test_every_error_has_its_exit_code_and_no_traceback(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(_group_that(error), ["go"]) == code
    text = capsys.readouterr()
    assert text.out == ""
    assert text.err.lstrip("\n").startswith("error: ")
    assert "Traceback" not in text.err


def test_with_json_an_error_is_one_json_object_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    problems = (
        Problem("unknown_key", "key 'titel' is unknown", "did you mean 'title'?", "film.toml", 3, "film.titel"),
        Problem("missing_key", "'frame_rate' is missing"),
    )
    assert run(_group_that(ManifestError(*problems)), ["go", "--json"]) == 2
    text = capsys.readouterr()
    data = json.loads(text.out)
    assert text.err == ""
    assert data["schema"] == "stemkit/error/1"
    assert data["exit_code"] == 2
    assert [error["line"] for error in data["errors"]] == [3, None]
    assert set(data["errors"][0]) == {"code", "message", "hint", "path", "line", "key"}


def test_of_thousands_of_errors_the_first_are_shown_and_all_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem("unknown_key", f"key {number} is unknown") for number in range(10_000)]
    assert run(_group_that(ManifestError(*problems)), ["go"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 51
    assert "10000 errors in all" in lines[-1]
    assert run(_group_that(ManifestError(*problems)), ["go", "--json"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert data["count"] == len(data["errors"]) == 10_000


@pytest.mark.parametrize("arguments", [["check", "--format", "json"], ["mix", "--json"], ["check", "--format=json"]])
def test_json_is_recognised_before_the_command_line_is_parsed(arguments: list[str]) -> None:
    assert wants_json(arguments)
    assert not wants_json(["check", "--", *arguments])


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, ["chekc"]) == 2
    assert "Did you mean 'check'?" in capsys.readouterr().err


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, []) == 2
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize("command", stemkit.list_commands(click.Context(stemkit)))
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(stemkit, [command, "--help"]) == 0
    assert f"stemkit {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("codes", "worst"),
    [((), 0), ((0, 1), 1), ((1, 3), 3), ((3, 2), 2), ((2, 4), 4), ((4, 130), 130), ((0, 0), 0)],
)
def test_several_things_at_once_end_with_the_worst(codes: tuple[int, ...], worst: int) -> None:
    assert worst_exit(*codes) == worst


def test_nothing_can_command_the_terminal() -> None:
    hostile = "a\x1b[2Jb\x07\u202ec\x9b1m\r"
    assert printable(hostile) == "a\\x1b[2Jb\\x07\\u202ec\\x9b1m\\x0d"
    assert printable("宮崎 ümlaut\tend\n") == "宮崎 ümlaut\tend\n"


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"level": float("nan")})


def test_columns_line_up_with_wide_and_combining_characters() -> None:
    lines = table(
        [["name", "LUFS"], ["人声.wav", "-23.0"], ["mu\u0308ller.wav", "-9.1"]], right=frozenset({1})
    ).splitlines()
    assert lines == ["name         LUFS", "人声.wav    -23.0", "mu\u0308ller.wav   -9.1"]


def test_progress_off_a_terminal_says_each_task_once(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressDisplay(shown=True) as progress:
        for done in range(3):
            progress(Event("measuring stems", done, 3))
    assert capsys.readouterr().err == "measuring stems ...\n"


def test_long_work_off_a_terminal_says_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((100.0, 105.0, 130.0, 131.0, 160.0, 161.0))
    monkeypatch.setattr("stemkit.cli._console.time.monotonic", lambda: next(clock))
    with ProgressDisplay(shown=True) as progress:
        for done in (0, 1, 10, 11, 20, 40):
            progress(Event("measuring stems", done, 40, "第一章.wav"))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "measuring stems ...",
        "measuring stems ... 25 %, about 1:30 left",
        "measuring stems ... 50 %, about 1:00 left",
    ]


def test_progress_can_be_silent(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with ProgressDisplay(shown=False) as progress:
        progress(Event("measuring stems", 0, 3))
    assert capsys.readouterr().err == ""
