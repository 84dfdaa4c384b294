"""What people read: one file a code and language, found by name.

A rule says ``code``, ``condition`` and parameters; its sentences are templates in
``texts/<language>/<CODE>.toml``. A second language is a second folder.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Protocol

_SHARED = "_shared"


class Speaks(Protocol):
    """Anything that a sentence can be made of; `stemkit.core.finding.Finding` is one."""

    @property
    def code(self) -> str:
        """See `stemkit.core.finding.Finding`."""
        ...

    @property
    def condition(self) -> str:
        """See `stemkit.core.finding.Finding`."""
        ...

    @property
    def observed(self) -> str | int | float | bool | None:
        """See `stemkit.core.finding.Finding`."""
        ...

    @property
    def expected(self) -> str | int | float | bool | None:
        """See `stemkit.core.finding.Finding`."""
        ...

    @property
    def unit(self) -> str | None:
        """See `stemkit.core.finding.Finding`."""
        ...

    @property
    def params(self) -> Mapping[str, str | int | float | bool | None]:
        """See `stemkit.core.finding.Finding`."""
        ...


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that ``stemkit explain`` says about a code."""

    code: str
    title: str
    what: str
    why: str
    how: str
    profile_keys: tuple[str, ...]
    references: tuple[str, ...]


class _Sentence(string.Formatter):
    """Templates with units as format specs: ``{observed:Hz}``, ``{gain:gain}``, ``{file:name}``."""

    def __init__(self, undefined: str) -> None:
        self._undefined = undefined

    def format_field(self, value: Any, format_spec: str) -> str:
        """Show a value as its unit asks; what is undefined says so."""
        if value is None:
            return self._undefined
        if format_spec in _SHOW:
            return str(_SHOW[format_spec](value))
        return str(super().format_field(value, format_spec))


def _level(unit: str, decimals: int = 1) -> Any:
    return lambda value: f"{round(float(value), decimals) + 0.0:.{decimals}f} {unit}"


def _signed(unit: str) -> Any:
    return lambda value: f"{round(float(value), 1) + 0.0:+.1f} {unit}"


def _size(unit: str) -> Any:
    return lambda value: f"{round(abs(float(value)), 1):.1f} {unit}"


def _hz(value: Any) -> str:
    return f"{value / 1000:g} kHz" if value >= 1000 else f"{value:g} Hz"


def _seconds(value: Any) -> str:
    size = abs(float(value))
    if size < 1.0:
        return f"{size * 1000:.3g} ms" if size < 0.1 else f"{size * 1000:.0f} ms"
    if size < 60.0:
        return f"{size:.3f} s"
    minutes, seconds = divmod(round(size, 3), 60)
    return f"{int(minutes)} min {seconds:06.3f} s"


def _count(value: Any) -> str:
    return f"{abs(value):,}".replace(",", " ")


def _clock(value: Any) -> str:
    """Show a position in seconds as minutes and seconds."""
    minutes, seconds = divmod(round(float(value), 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{seconds:06.3f}" if hours else f"{minutes}:{seconds:06.3f}"


def safe_name(text: str) -> str:
    """Return a file name in which nothing can command a terminal or turn the reading direction."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape", "replace").decode() for mark in text)


_SHOW = {
    "Hz": _hz,
    "LUFS": _level("LUFS"),
    "dBTP": _level("dBTP", 2),
    "dBFS": _level("dBFS", 2),
    "dB": _size("dB"),
    "LU": _size("LU"),
    "gain": _signed("dB"),
    "s": _seconds,
    "count": _count,
    "clock": _clock,
    "name": lambda value: f"'{safe_name(str(value))}'",
    "plain": lambda value: safe_name(str(value)),
}


@cache
def _catalogue(code: str, lang: str) -> dict[str, Any]:
    file = resources.files(__package__) / lang / f"{code}.toml"
    return tomllib.loads(file.read_text("utf-8"))


def conditions_of(code: str, lang: str = "en") -> tuple[str, ...]:
    """Return the conditions for which a code has sentences."""
    return tuple(_catalogue(code, lang)["conditions"])


def render(finding: Speaks, lang: str = "en") -> tuple[str, str]:
    """Return the message (what is, what should be) and the advice (what to do) of a finding.

    Parameters
    ----------
    finding
        Its ``params`` fill the templates, beside ``observed``, ``expected`` and ``unit``.
    lang
        Language code, a folder of the texts.
    """
    own = _catalogue(finding.code, lang)["conditions"]
    sentences = own.get(finding.condition) or _catalogue(_SHARED, lang)["conditions"][finding.condition]
    # what rules hand over as words ("left", "silence") is told in this language too
    phrases: Mapping[str, str] = _catalogue(_SHARED, lang).get("phrases", {})
    values = {
        **finding.params,
        "code": finding.code,
        "observed": finding.observed,
        "expected": finding.expected,
        "unit": finding.unit,
    }
    values = {key: _phrase(value, phrases) if isinstance(value, str) else value for key, value in values.items()}
    speak = _Sentence(phrases.get("undefined", "undefined"))
    message, advice = (speak.vformat(sentences.get(key, ""), (), values) for key in ("message", "advice"))
    # Whoever reads a finding that rests on a summary must see that it does.
    weak = f" {_catalogue(_SHARED, lang)['grade_c']}" if finding.params.get("grade") == "C" else ""
    return message + weak, advice


def _phrase(value: str, phrases: Mapping[str, str]) -> str:
    """Return words that a rule handed over in the language of the phrases; a print keeps its name."""
    before, is_print, name = value.partition("the print ")
    if is_print and not before and "the print {}" in phrases:
        return phrases["the print {}"].format(name)
    return phrases.get(value, value)


def explanation(code: str, lang: str = "en") -> Explanation:
    """Return what a code checks, why, and how to put it right.

    Raises
    ------
    FileNotFoundError
        If there is no text for the code.
    """
    text = _catalogue(code, lang)
    return Explanation(
        code=code,
        title=text["title"],
        what=text["what"].strip(),
        why=text["why"].strip(),
        how=text["how"].strip(),
        profile_keys=tuple(text["profile_keys"]),
        references=tuple(text["references"]),
    )
