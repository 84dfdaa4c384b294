"""The page on paper: a PDF, printed by an installed Chromium."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from stemkit.core.errors import OutputError, Problem
from stemkit.core.files import write_atomically

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--no-pdf-header-footer",
)
_SECONDS = 120


def find_browser() -> str | None:
    """Return the program of a Chromium, Chrome or Edge, `None` where none is installed."""
    found = (path for name in _BROWSERS if (path := shutil.which(name)))
    return next(found, None) or next((place for place in _PLACES if Path(place).is_file()), None)


def write_pdf(page: str, file: Path) -> None:
    """Print a page into a PDF.

    Raises
    ------
    OutputError
        If no Chromium is installed, it fails, or the file cannot be written.
    """
    browser = find_browser()
    if browser is None:
        message = "a PDF is printed by Chromium, Chrome or Edge, and none is installed"
        hint = "install one, or open report.html in any browser and print it"
        raise OutputError(Problem("no_chromium", message, hint, path=str(file)))
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(page, encoding="utf-8")
        options = [*_OPTIONS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}"]
        _run([browser, *options, source.as_uri()], file)
        if not target.is_file() or not target.read_bytes().startswith(b"%PDF-"):
            raise _failed(file)
        write_atomically(file, target.read_bytes())


def _run(command: list[str], file: Path) -> None:
    try:
        subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603 a program found above
    except (subprocess.SubprocessError, OSError):
        raise _failed(file) from None


def _failed(file: Path) -> OutputError:
    hint = "open report.html in a browser and print it there"
    return OutputError(Problem("chromium_failed", "the installed Chromium could not print the page", hint, str(file)))
