# ruff: noqa: E501 (the scripts of the page are lines of their own)
"""The page in a real browser: quiet, offline, quick, usable by mouse and keys alone, readable, printable."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stemkit.core.timebase import FrameRate
from stemkit.report.formats import html
from stemkit.report.pictures import WAVEFORM, evidence
from tests.oracles import require_module, require_program
from tests.report import lively, reports
from tests.report.browser import Browser

_SHIFT = 8
_DRAWN = "document.documentElement.dataset.drawnMs"
_VIEW = "document.querySelector('#timeline').dataset.view.split(' ').map(Number)"
_SEEN = "[...document.querySelectorAll('#findings .items > li:not([hidden])')].map(li => li.dataset.code)"


def opened(browser: Browser, folder: Path, report: Any, lang: str = "en", *, has_plot: bool = True) -> None:
    page = folder / "a page #1 ü.html"
    page.write_text(html.render(report, lang), encoding="utf-8")
    browser.size(1200, 900)
    browser.open(page)
    if has_plot:
        browser.until(_DRAWN)


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
@pytest.mark.parametrize("make", [lively.lively_mix, reports.hostile_mix, reports.refused_mix])
def test_nothing_is_asked_for_and_nothing_goes_wrong(
    browser: Browser, tmp_path: Path, make: Callable[[], Any], lang: str
) -> None:
    opened(browser, tmp_path, make(), lang, has_plot=make is not reports.refused_mix)
    browser.run("new Promise(done => setTimeout(done, 300))")
    asked = browser.requests()
    assert len(asked) == 1
    assert asked[0].startswith("file://")
    assert browser.complaints() == []


def test_no_script_of_a_name_runs(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.hostile_mix())
    assert browser.run("document.querySelectorAll('img, iframe, object').length") == 0
    assert "<script>alert(1)</script>" in browser.run("document.querySelector('h1').textContent")
    assert browser.run("document.querySelectorAll('script').length") == 3


def test_the_policy_stops_what_is_not_ours(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.good_mix())
    browser.run("document.body.append(Object.assign(document.createElement('script'), {text: 'window.bad = 1'}))")
    browser.run("fetch('https://example.org/').catch(() => 0)")
    assert browser.run("window.bad") is None
    assert not [url for url in browser.requests() if url.startswith("http") and browser_reached(browser, url)]


def browser_reached(browser: Browser, url: str) -> bool:
    answers = [e for e in browser.events if e["method"] == "Network.responseReceived"]
    return any(e["params"]["response"]["url"] == url for e in answers)


def test_a_feature_is_drawn_at_once(browser: Browser, tmp_path: Path) -> None:
    report = lively.feature()
    opened(browser, tmp_path, report)
    # a first page warms the browser up; the budget is that of a machine that does nothing else
    opened(browser, tmp_path, report)
    assert float(browser.run(_DRAWN)) < 2000.0


def test_dragging_zooms_and_a_double_click_shows_the_film(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.good_mix())
    box = browser.run("(r => [r.x, r.y, r.width])(document.querySelector('.u-over').getBoundingClientRect())")
    x, y, width = box
    browser.mouse("mousePressed", x + 0.25 * width, y + 40, button="left", buttons=1, clickCount=1)
    browser.mouse("mouseMoved", x + 0.4 * width, y + 40, button="left", buttons=1)
    browser.mouse("mouseMoved", x + 0.5 * width, y + 40, button="left", buttons=1)
    browser.mouse("mouseReleased", x + 0.5 * width, y + 40, button="left", clickCount=1)
    left, right = browser.until(f"({_VIEW})[1] < 100 && {_VIEW}")
    assert left == pytest.approx(30.0, abs=1.0)
    assert right == pytest.approx(60.0, abs=1.0)
    browser.run("document.querySelector('.u-over').dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))")
    assert browser.run(_VIEW) == [0, 120]


def test_hovering_tells_the_timecode_of_the_film(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.good_mix())
    x, y, width = browser.run("(r => [r.x, r.y, r.width])(document.querySelector('.u-over').getBoundingClientRect())")
    browser.mouse("mouseMoved", x + 0.5 * width, y + 40)
    told = browser.until("document.querySelector('.readout').textContent")
    assert re.match(r"01:0(0:59:2\d|1:00:0\d)Chapter [34]", told), told


@pytest.mark.parametrize("rate", ["24", "23.976", "25", "29.97", "29.97df", "59.94df"])
def test_timecodes_are_those_of_the_rest_of_the_program(browser: Browser, tmp_path: Path, rate: str) -> None:
    report, exact = reports.good_mix(), FrameRate.parse(rate)
    start = exact.parse_timecode("00:59:00;04" if exact.drop_frame else "00:59:00:00")
    report["film"] |= {"frame_rate": str(exact), "start_tc": exact.format_timecode(start)}
    report["findings"] = [f | {"at_s": 60.0 if f["code"] == "PEK001" else None} for f in report["findings"]]
    opened(browser, tmp_path, report)
    browser.run("document.querySelector('[data-at=\"60.0\"]').click()")
    told = browser.until("document.querySelector('.readout b')?.textContent")
    assert told == exact.format_timecode(start + int(60 * exact.fps))


def test_a_click_on_a_chapter_goes_there(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.good_mix())
    browser.run(
        "document.querySelectorAll('.strip a')[2].dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))"
    )
    assert browser.run(_VIEW) == [40, 60]


def test_keys_alone_suffice(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.good_mix())
    for _ in range(12):
        browser.key("Tab")
        if browser.run("document.activeElement.className") == "stage":
            break
    assert browser.run("document.activeElement.className") == "stage"
    browser.key("PageDown")
    assert browser.run(_VIEW) == [0, 20]
    browser.key("PageDown")
    assert browser.run(_VIEW) == [20, 40]
    browser.key("ArrowRight", _SHIFT)
    assert browser.run(_VIEW)[0] == pytest.approx(25.0)
    browser.key("0", text="0")
    assert browser.run(_VIEW) == [0, 120]
    browser.key("m", text="m")
    assert "PEK001" in browser.run("document.querySelector('.readout').textContent")
    reached = set()
    for _ in range(80):
        browser.key("Tab")
        reached.add(
            browser.run(
                "document.activeElement.tagName + '.' + (document.activeElement.dataset.filter || document.activeElement.className)"
            )
        )
    assert {"SELECT.state", "SELECT.role", "SELECT.code", "SELECT.order", "BUTTON.sort"} <= reached


def chosen(browser: Browser, name: str, value: str) -> list[str]:
    browser.run(
        f"(s => {{ s.value = '{value}'; s.dispatchEvent(new Event('change', {{bubbles: true}})); }})"
        f"(document.querySelector('[data-filter={name}]'))"
    )
    seen: list[str] = browser.run(_SEEN)
    return seen


def test_findings_are_filtered_and_ordered(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.quiet_mix())
    everything = browser.run(_SEEN)
    assert chosen(browser, "state", "error") == ["MIX001"]
    assert set(chosen(browser, "state", "warning")) == {"FMT004", "LEN002", "PEK001"}
    assert chosen(browser, "code", "PEK001") == ["PEK001"]
    assert chosen(browser, "role", "VO") == []
    assert browser.run("document.querySelector('#filter-none').hidden") is False
    for name in ("state", "code", "role"):
        chosen(browser, name, "")
    first = chosen(browser, "order", "first")
    assert sorted(first) == sorted(everything)
    assert first[0] == "MIX001"
    assert chosen(browser, "order", "chapter") == everything


def test_chapters_are_sorted(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.good_mix())
    rows = "[...document.querySelectorAll('#chapters tbody tr')].map(row => Number(row.dataset.loudness))"
    browser.run("document.querySelector('#chapters th[data-sort=loudness] button').click()")
    assert browser.run(rows) == sorted(browser.run(rows))
    browser.run("document.querySelector('#chapters th[data-sort=loudness] button').click()")
    assert browser.run(rows) == sorted(browser.run(rows), reverse=True)
    assert browser.run("document.querySelector('#chapters th[data-sort=loudness]').ariaSort") == "descending"


_CONTRAST = """(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length && (colour.length < 4 || colour[3] === 1)) return colour;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || ['SCRIPT', 'OPTION', 'TITLE'].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const a = light(parse(element instanceof SVGElement ? style.fill : style.color)), b = light(ground(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${element.tagName}.${element.getAttribute('class')} ${ratio.toFixed(2)} ${element.textContent.slice(0, 30)}`);
  }
  return [...new Set(bad)];
})()"""

_LABELS = """(() => {
  const bad = [];
  const named = (e) => e.getAttribute('aria-label') || e.textContent.trim() || e.title || e.labels?.length;
  for (const e of document.querySelectorAll('a, button, select, [role=region], [role=group], [role=img], [tabindex]')) if (!named(e)) bad.push(e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll('svg:not(svg svg)')) if (!e.getAttribute('aria-label') && e.getAttribute('aria-hidden') !== 'true') bad.push('svg.' + e.getAttribute('class'));
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  bad.push(...ids.filter((id, i) => ids.indexOf(id) !== i));
  for (const e of document.querySelectorAll('a[href^="#"]')) if (!document.getElementById(decodeURIComponent(e.getAttribute('href').slice(1)))) bad.push(e.outerHTML.slice(0, 80));
  if (!document.documentElement.lang || !document.title || document.querySelectorAll('h1').length !== 1 || !document.querySelector('main')) bad.push('page');
  return bad;
})()"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("make", [lively.lively_mix, reports.quiet_mix, reports.refused_mix])
def test_text_stands_out_and_everything_has_a_name(
    browser: Browser, tmp_path: Path, make: Callable[[], Any], dark: bool
) -> None:
    opened(browser, tmp_path, make(), has_plot=make is not reports.refused_mix)
    browser.size(1200, 900, dark=dark)
    assert browser.run(_CONTRAST) == []
    assert browser.run(_LABELS) == []


_AXE = """axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 100)} ${node.failureSummary.slice(0, 200)}`)))"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("make", [lively.lively_mix, reports.hostile_mix, reports.refused_mix])
def test_axe_finds_nothing(browser: Browser, tmp_path: Path, make: Callable[[], Any], dark: bool) -> None:
    """axe-core, the checker that others use, beside our own: its rules for contrast, labels, order and landmarks."""
    axe = Path(str(require_module("axe_core_python").__file__)).with_name("axe.min.js")
    opened(browser, tmp_path, make(), has_plot=make is not reports.refused_mix)
    browser.size(1200, 900, dark=dark)
    browser.run(axe.read_text(encoding="utf-8") + "; true")
    assert browser.run(_AXE) == []


@pytest.mark.parametrize("width", [360, 768, 1280])
@pytest.mark.parametrize("make", [lively.lively_mix, lively.feature, reports.hostile_mix])
def test_nothing_hangs_over_the_side(browser: Browser, tmp_path: Path, make: Callable[[], Any], width: int) -> None:
    opened(browser, tmp_path, make())
    browser.size(width, 900)
    browser.run("new Promise(done => setTimeout(done, 200))")
    assert browser.run("document.documentElement.scrollWidth - innerWidth") <= 0


def test_pictures_of_evidence_and_sounds_are_shown(browser: Browser, tmp_path: Path) -> None:
    report = reports.good_mix()
    points = base64.b64encode(bytes([200, 50] * 200)).decode()
    peak = next(f for f in report["findings"] if f["code"] == "PEK001")
    peak["evidence"] = evidence(WAVEFORM, points, 11.0, 11.6, (11.2, 11.3))
    opened(browser, tmp_path, report)
    assert browser.run("document.querySelectorAll('.evidence path').length") == 1
    assert "0:11.000 to 0:11.600" in browser.run("document.querySelector('.evidence figcaption').textContent")
    assert "media-src" not in html.render(report)
    peak["sound"] = "data:audio/ogg;base64,T2dnUw=="
    assert "media-src data:;" in html.render(report)


def test_paper_has_the_verdict_on_its_first_page(browser: Browser, tmp_path: Path) -> None:
    opened(browser, tmp_path, reports.good_mix())
    (tmp_path / "page.pdf").write_bytes(browser.pdf())
    command = [require_program("pdftotext"), "-l", "1", str(tmp_path / "page.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert "Deliverable by crowd-film." in text
    assert "Programme loudness".upper() in text.upper()


def test_without_its_script_the_page_is_complete(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "plain.html"
    page.write_text(html.render(reports.good_mix()), encoding="utf-8")
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.size(1200, 900)
        browser.call("Page.navigate", url=page.as_uri())
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
        assert browser.until("document.querySelector('svg.still')?.checkVisibility()")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
