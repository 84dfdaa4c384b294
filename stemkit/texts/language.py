"""Which languages people are spoken to in, and the words of pages and letters in each."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

DEFAULT = "en"
_PAGES = "_page"
_HANS = re.compile(r"^zh\b(?!.*(hant|tw|hk|mo))|^chinese.*simplified")
_VARIABLES = ("STEMKIT_LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG")


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there are texts for; the first one is complete by definition."""
    folders = (entry.name for entry in resources.files(__package__).iterdir() if (entry / f"{_PAGES}.toml").is_file())
    return (DEFAULT, *sorted(name for name in folders if name != DEFAULT))


def nearest_language(name: str | None) -> str | None:
    """Return the language of ours that a name as systems write it means, `None` for one that we do not speak.

    Examples
    --------
    >>> nearest_language("zh_CN.UTF-8"), nearest_language("en_GB"), nearest_language("zh-TW"), nearest_language("C")
    ('zh-Hans', 'en', None, None)
    """
    plain = (name or "").casefold().replace("_", "-").split(".")[0].split(":")[0]
    for known in languages():
        if plain == known.casefold() or plain.split("-")[0] == known.casefold():
            return known
    return "zh-Hans" if _HANS.search(plain) and "zh-Hans" in languages() else None


def system_language(environment: Mapping[str, str] | None = None) -> str:
    """Return the language that the system asks for, English where we do not speak it."""
    asked = os.environ if environment is None else environment
    for variable in _VARIABLES:
        if asked.get(variable):
            return nearest_language(asked[variable]) or DEFAULT
    return DEFAULT if environment is not None else nearest_language(_windows_language()) or DEFAULT


def _windows_language() -> str | None:
    """Return the display language of Windows, which sets none of the variables."""
    import ctypes

    if not hasattr(ctypes, "windll"):
        return None
    name = ctypes.create_unicode_buffer(85)
    ctypes.windll.kernel32.GetUserDefaultLocaleName(name, 85)
    return name.value


@cache
def page_words(lang: str) -> Mapping[str, Any]:
    """Return the words of pages and letters: templates under their keys, tables where the number decides."""
    file = resources.files(__package__) / lang / f"{_PAGES}.toml"
    return tomllib.loads(file.read_text("utf-8"))
