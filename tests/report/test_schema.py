"""Every report obeys the published schema, and reports of earlier versions still open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from stemkit.report.build import build_check_report
from stemkit.report.compare import compare
from stemkit.report.excerpt import of_chapter
from stemkit.report.formats import chapters, csv, html, markdown
from stemkit.report.formats import json as json_format
from stemkit.report.model import open_report, with_defaults
from tests.report import reports

SCHEMA = json.loads((resources.files("stemkit.report") / "schema" / "report-1.schema.json").read_text("utf-8"))
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def is_a(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def faults(value: Any, rule: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Yield what breaks a rule of the schema: those of its words that we use."""
    if "$ref" in rule:
        rule = SCHEMA["$defs"][rule["$ref"].rsplit("/", 1)[-1]]
    if "anyOf" in rule:
        if all(any(True for _ in faults(value, option, at)) for option in rule["anyOf"]):
            yield f"{at}: fits nothing of anyOf"
        return
    if "const" in rule and value != rule["const"]:
        yield f"{at}: {value!r} is not {rule['const']!r}"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{at}: {value!r} is none of {rule['enum']}"
    names = rule.get("type", [])
    if names and not any(is_a(value, name) for name in ([names] if isinstance(names, str) else names)):
        yield f"{at}: {value!r} is no {names}"
        return
    if isinstance(value, str) and len(value) > rule.get("maxLength", len(value)):
        yield f"{at}: too long"
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from faults(each, rule.get("items", {}), f"{at}[{index}]")
    if isinstance(value, dict):
        yield from (f"{at}: no {key}" for key in rule.get("required", ()) if key not in value)
        for key, each in value.items():
            inner = rule.get("properties", {}).get(key, rule.get("additionalProperties", {}))
            yield from faults(each, inner, f"{at}.{key}")


ALL: tuple[Callable[[], Any], ...] = (
    reports.good_mix,
    reports.quiet_mix,
    reports.refused_mix,
    lambda: build_check_report(reports.check_only()),
    lambda: of_chapter(reports.good_mix(), 4),
    lambda: {**reports.good_mix(), "compared": compare(reports.quiet_mix(), reports.good_mix())},
)


@pytest.mark.parametrize("make", ALL)
def test_every_report_obeys_the_schema(make: Callable[[], Any]) -> None:
    assert list(faults(json.loads(json_format.render(make())), SCHEMA)) == []


@pytest.mark.parametrize(
    "change", [{"verdict": "good"}, {"schema": "x"}, {"counts": {}}, {"findings": [{}]}, {"prints": None}]
)
def test_the_schema_refuses_what_is_none(change: dict[str, Any]) -> None:
    assert list(faults({**reports.good_mix(), **change}, SCHEMA))


def test_a_report_of_the_first_days_still_opens(tmp_path: Path) -> None:
    old = reports.good_mix()
    for key in ("overs", "dialogue", "balance", "duck", "limiter", "conformance", "waivers"):
        del old[key]
    for chapter in old["chapters"]:
        chapter.pop("mixed")
        chapter.pop("language")
    for join in old["boundaries"]:
        for key in ("at_s", "before_lufs", "after_lufs", "step_lu"):
            del join[key]
    (tmp_path / "report.json").write_text(json_format.render(old), encoding="utf-8")
    report = with_defaults(open_report(tmp_path))
    for form in (html, markdown, csv, chapters):
        assert form.render(report)


def test_a_later_report_of_this_edition_opens_too() -> None:
    later = {**reports.good_mix(), "something_new": {"a": 1}}
    later["conform"][1]["steps"].append({"kind": "not_known_yet", "safe": True})
    assert "not_known_yet" in html.render(later)


def test_every_column_is_documented() -> None:
    page = Path(__file__).parents[2] / "stemkit" / "report" / "report.md"
    told = page.read_text("utf-8")
    for column in (*csv.COLUMNS, *chapters.COLUMNS):
        assert f"`{column}`" in told, column


def test_a_chapter_stands_alone() -> None:
    report = of_chapter(reports.good_mix(), 4)
    assert {finding["chapter"] for finding in report["findings"]} == {4}
    assert report["film"]["duration_s"] == 20.0
    assert report["film"]["start_tc"] == "01:01:00:00"
    assert next(f for f in report["findings"] if f["code"] == "PEK001")["at_s"] == pytest.approx(9 + 5 / 24)
    assert report["curves"]["FULL"]["momentary"]["points"] == 197
    page = html.render(report)
    assert "Mei Tanaka" not in page
    assert "Chapter report" in page
    assert not list(faults(json.loads(json_format.render(report)), SCHEMA))


def test_what_changed_is_told() -> None:
    old, new = reports.quiet_mix(), reports.good_mix()
    found = compare(old, new)
    assert [one["code"] for one in found["gone"]] == ["MIX001"]
    assert found["new"] == []
    assert {"of": "film", "name": None, "quantity": "gain_db", "was": 2.2, "now": 1.6} in found["moved"]
    same = compare(new, new)
    assert (same["gone"], same["new"], same["moved"]) == ([], [], [])
    page = html.render({**new, "compared": found})
    assert "Since the earlier report" in page
    assert "Not deliverable yet" in page
    assert "MIX001" in markdown.render({**new, "compared": found})
