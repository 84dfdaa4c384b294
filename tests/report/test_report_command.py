"""``stemkit report`` and ``version`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stemkit.cli import stemkit
from stemkit.cli._console import run
from stemkit.report.formats import json as json_format
from tests.report import reports


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """Return the folder of a report without prints, which needs no proof."""
    (tmp_path / "report.json").write_text(json_format.render(reports.refused_mix()), encoding="utf-8")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(stemkit, arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_json_is_one_object_on_standard_output(refused: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "report", str(refused), "--json")
    assert code == 1
    assert json.loads(out)["schema"] == "stemkit/report/1"


@pytest.mark.parametrize(("form", "start"), [("csv", "\ufeffchapter,"), ("markdown", "# The Long Crossing")])
def test_tables_and_text_go_to_standard_output(
    refused: Path, capsys: pytest.CaptureFixture[str], form: str, start: str
) -> None:
    _, out, _ = told(capsys, "report", str(refused), "--format", form)
    assert out.startswith(start)
    assert "\\x" not in out


def test_a_form_can_be_written_to_a_file(refused: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = refused / "page of mine.html"
    _, out, _ = told(capsys, "report", str(refused), "-o", str(target))
    assert out.strip() == f"report: {target}"
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert not [path for path in refused.iterdir() if path.name.startswith(".stemkit")]


def test_a_folder_without_anything_is_an_error_of_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = told(capsys, "report", str(tmp_path / "nowhere.json"))
    assert (code, out) == (2, "")
    assert "no mix report" in err
    assert "Traceback" not in err


def test_a_damaged_report_is_an_error_of_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "report.json").write_text("{")
    code, out, _ = told(capsys, "report", str(tmp_path), "--json")
    assert code == 2
    assert json.loads(out)["errors"][0]["code"] == "bad_report"


def test_version_names_what_the_numbers_depend_on(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "version", "--json")
    data = json.loads(out)
    assert code == 0
    assert {"python", "numpy", "soxr"} <= set(data["libraries"])
    assert data["meters"]["loudness"] >= 1
    assert "numpy" in told(capsys, "version")[1]
