"""One static page for the browser and for paper: no script, nothing loaded, nothing sent."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from stemkit.report.model import Report
from stemkit.report.page import build_page
from stemkit.report.proof import build_proof
from stemkit.report.words import clock, shown

SUFFIX = ".html"
MEDIA_TYPE = "text/html"


def render(report: Report) -> str:
    """Return the report as one HTML page that keeps working offline, from any address, on paper."""
    style = _style()
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            page=build_page(report),
            proof=build_proof(report),
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
    return environment


def _safe(value: object) -> object:
    """Spell out control and direction marks in whatever the page shows; escaping comes after this."""
    return shown(value) if type(value) is str else value


@cache
def _style() -> str:
    file = resources.files("stemkit.report") / "templates" / "report.css"
    return file.read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return f"sha256-{digest}"


def _sentence(text: str) -> str:
    """Return text as a sentence: a capital first letter and a full stop."""
    first = text[:1].upper() + text[1:]
    return first if first.endswith((".", "!", "?")) else f"{first}."
