"""One page for the browser and for paper: nothing loaded, nothing sent, and all of it there without its script."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stemkit.report.compare import build_compared
from stemkit.report.live import live_data
from stemkit.report.model import Report
from stemkit.report.page import build_page, chapter_states
from stemkit.report.proof import build_proof
from stemkit.report.speech import Speech
from stemkit.report.words import clock, shown
from stemkit.texts.language import DEFAULT

SUFFIX = ".html"
MEDIA_TYPE = "text/html"
_PLOT = "vendor/uplot-1.6.32.min"
# the one line of the vendored file that names an address
_ADDRESS = re.compile(r"^/\*! \S+//\S+ \((v[\d.]+)\) \*/\n")


@dataclass(frozen=True, slots=True)
class Script:
    """Something of ours that the page may run, and its hash for the security policy."""

    text: Markup
    hash: str


def render(report: Report, lang: str = DEFAULT) -> str:
    """Return the report as one HTML page that keeps working offline, from any address, on paper."""
    say, style = Speech(lang), _style()
    page = build_page(report, say)
    live = live_data(report, chapter_states(report), say)
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            say=say,
            page=page,
            proof=build_proof(report, say),
            compared=build_compared(report, say),
            rule_codes={rule[0] for rule in page.rules},
            live=None if live is None else Markup(live),  # noqa: S704 nothing in it can end the element
            scripts=_scripts() if live else _scripts()[1:],
            has_sound=any(item.sound for group in page.groups for item in group.items),
            has_images=any(item.picture and item.picture.image for group in page.groups for item in group.items),
            style=Markup(style),  # noqa: S704 our own file, hashed in the page's security policy
            style_hash=_hash(style),
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("stemkit.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.filters["clock"] = clock
    environment.filters["sentence"] = _sentence
    environment.filters["key"] = _key
    return environment


def _safe(value: object) -> object:
    """Spell out control and direction marks in whatever the page shows; escaping comes after this."""
    return shown(value) if type(value) is str else value


def _key(value: float | None) -> str:
    """Return what a column sorts by."""
    return "" if value is None else f"{value:.4f}"


@cache
def _file(name: str) -> str:
    return (resources.files("stemkit.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _style() -> str:
    return f"{_file(f'{_PLOT}.css')}\n{_file('report.css')}"


@cache
def _scripts() -> tuple[Script, ...]:
    licence = f"/*! uPlot, {_file('vendor/LICENSE-uplot').strip()} */\n"
    plot = licence + _ADDRESS.sub(r"/* uPlot \1 */\n", _file(f"{_PLOT}.js"))
    texts = (plot, _file("report.js"))
    return tuple(Script(Markup(text), _hash(text)) for text in texts)  # noqa: S704 our own files, hashed


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"sha256-{digest}"


def _sentence(text: str) -> str:
    """Return text as a sentence: a capital first letter and a full stop."""
    first = text[:1].upper() + text[1:]
    if first.endswith((".", "!", "?", "。", "！", "？")):
        return first
    last = first.rstrip("）」”)'\"")[-1:]
    return first + ("。" if "\u4e00" <= last <= "\u9fff" else ".")
