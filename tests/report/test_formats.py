"""Every format renders every kind of report, and no name that people chose does any harm."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib
import io
import json
import math
import re
from collections.abc import Callable
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pytest

from stemkit.core.discovery import discover_modules
from stemkit.report.build import build_check_report
from stemkit.report.formats import csv as csv_format
from stemkit.report.formats import html, markdown
from stemkit.report.formats import json as json_format
from tests.report import lively, reports

Maker = Callable[[], Any]
ALL: tuple[Maker, ...] = (
    reports.good_mix,
    reports.quiet_mix,
    reports.refused_mix,
    reports.hostile_mix,
    lively.lively_mix,
    lambda: build_check_report(reports.check_only()),
)
FORMATS = tuple(discover_modules("stemkit.report.formats"))


class Tags(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._skip = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._skip = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._skip = False

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self.text += data


def parsed(report: Any) -> Tags:
    page = Tags()
    page.feed(html.render(report))
    return page


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("module", FORMATS, ids=lambda m: m.__name__.rsplit(".", 1)[-1])
def test_every_format_renders_every_report(module: ModuleType, make: Maker) -> None:
    text = module.render(make())
    assert text.endswith("\n") or module is html
    assert module.SUFFIX.startswith(".")
    assert "/" in module.MEDIA_TYPE
    if module is not json_format:
        assert not re.search(r"\b(None|nan|inf)\b", text)


@pytest.mark.parametrize("make", ALL)
def test_json_comes_back_as_it_was(make: Maker) -> None:
    report = make()
    assert json.loads(json_format.render(report)) == report


def test_json_refuses_what_json_does_not_have() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_format.render({**reports.good_mix(), "level": {"applied_gain_db": math.nan}})


@pytest.mark.parametrize("make", ALL)
def test_the_page_loads_nothing_and_runs_only_its_own_script(make: Maker) -> None:
    page = parsed(make())
    assert {tag for tag, _ in page.tags}.isdisjoint({"img", "link", "iframe", "object", "embed", "form", "base"})
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
        assert (attributes.get("href") or "#").startswith("#"), tag
    text = html.render(make())
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_the_security_policy_allows_our_style_and_nothing_else() -> None:
    page = parsed(reports.good_mix())
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["style-src"].startswith("'sha256-")
    assert "unsafe" not in policy
    position = [index for index, (tag, _) in enumerate(page.tags) if tag in ("meta", "style")]
    tags = [page.tags[index] for index in position]
    assert [t for t, a in tags if t == "style" or "http-equiv" in a] == ["meta", "style"]


def test_the_hash_in_the_policy_is_that_of_the_style() -> None:
    text = html.render(reports.good_mix())
    style = text.split("<style>")[1].split("</style>")[0]
    expected = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{expected}'" in text.replace("&#39;", "'")


@pytest.mark.parametrize("make", ALL)
def test_every_script_is_one_of_ours(make: Maker) -> None:
    text = html.render(make())
    policy = text.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0].replace("&#39;", "'")
    for script in re.findall(r"<script>(.*?)</script>", text, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    for tag, attributes in parsed(make()).tags:
        if tag == "script":
            assert attributes in ({}, {"type": "application/json", "id": "timeline-data"})


def test_the_data_of_the_timeline_cannot_end_its_element() -> None:
    data = html.render(reports.hostile_mix()).split('id="timeline-data">')[1].split("</script>")[0]
    assert "<" not in data
    assert json.loads(data)["chapters"][0][1].startswith("<script>")


def test_hostile_names_are_shown_as_text() -> None:
    page = parsed(reports.hostile_mix())
    assert "<script>alert(1)</script>" in page.text
    assert "{{7*7}}" in page.text
    assert "\u202e" not in html.render(reports.hostile_mix())


def test_the_first_screen_says_what_matters() -> None:
    page = parsed(reports.good_mix())
    assert "Deliverable by crowd-film." in page.text
    for words in ("−23.0", "on target", "−6.4", "5.4 dB of room", "6.3"):
        assert words in page.text
    assert "exactly" in page.text
    before = page.text.index("Findings")
    assert page.text.index("Programme loudness") < before


def test_a_missed_target_is_said_first() -> None:
    text = parsed(reports.quiet_mix()).text
    assert "Not deliverable yet." in text
    assert "1.9 LU below target" in text
    assert "true peak of FULL allows +2.2 dB: −24.9 LUFS" in text


def test_a_refused_mix_says_why() -> None:
    text = parsed(reports.refused_mix()).text
    assert "Not rendered." in text
    assert "the file ends 3.2 s early" in text
    assert "Send it again." in text


def test_waivers_and_skips_are_shown_with_their_reasons() -> None:
    text = parsed(reports.good_mix()).text
    assert "The theme comes back, as written." in text
    assert "No limit for dialogue loudness" in text


def test_a_feature_stays_small() -> None:
    assert len(html.render(reports.quiet_mix()).encode()) < 2_000_000
    assert len(html.render(lively.feature()).encode()) < 2_000_000


@pytest.mark.parametrize("start", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", "\n=1"])
def test_no_cell_is_a_formula(start: str) -> None:
    report = reports.good_mix()
    for finding in report["findings"]:
        finding |= {"name": start, "message": start, "advice": start, "observed": start}
    for chapter in report["chapters"]:
        chapter |= {"title": start, "creator": start}
    rows = list(csv.reader(io.StringIO(csv_format.render(report).removeprefix("\ufeff"))))
    assert rows[0] == list(csv_format.COLUMNS)
    for row in rows[1:]:
        assert len(row) == len(rows[0])
        for cell in row:
            assert cell.lstrip(" ")[:1] not in "=+-@\t\r\n\uff1d" or cell == ""


def test_numbers_stay_numbers_in_csv() -> None:
    report = reports.good_mix()
    report["findings"][0]["observed"] = -24.5
    rows = list(csv.DictReader(io.StringIO(csv_format.render(report).removeprefix("\ufeff"))))
    assert rows[0]["observed"] == "-24.5"
    assert rows[0]["repaired"] == "yes"


def test_names_are_no_markdown() -> None:
    report = reports.good_mix()
    report["film"]["title"] = "a|b [x](http://example.org) *c* <img> www.example.org"
    text = markdown.render(report)
    assert "http://" not in text
    assert "www.example" not in text
    assert "<img>" not in text
    assert "[x]" not in text.replace("\\[x\\]", "")
    assert all(line.count("|") == 8 for line in text.splitlines() if line.startswith("| 1 "))


def test_formats_do_not_know_each_other() -> None:
    for module in FORMATS:
        source = importlib.import_module(module.__name__)
        names = {getattr(value, "__name__", "") for value in vars(source).values() if isinstance(value, ModuleType)}
        assert not {name for name in names if name.startswith("stemkit.report.formats")}
