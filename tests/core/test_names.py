"""Names for people, for file systems, and those to pass over."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.names import display_name, is_junk, safe_name

RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}


@given(text=st.text(max_size=300))
def test_a_safe_name_is_safe_everywhere(text: str) -> None:
    name = safe_name(text)
    assert name == unicodedata.normalize("NFC", name)
    assert 1 <= len(name) <= 121
    assert len(name.encode()) <= 201
    assert not set(name) & set('<>:"/\\|?*\n\r\t\0')
    assert name[0] not in " .-"
    assert name[-1] not in " ."
    assert name.split(".")[0].upper() not in RESERVED
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in name)
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Film", "Film"),
        ("Cafe\u0301", "Café"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("nul", "_nul"),
        ("COM1.wav", "_COM1.wav"),
        ("a. ", "a"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", "untitled"),
        ("...", "untitled"),
        ("我的电影", "我的电影"),
        ("🎬 film", "🎬 film"),
        ("-rf", "rf"),
        ("a\udcffb", "ab"),
    ],
)
def test_safe_names(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(text=st.text(alphabet=st.characters(), max_size=50))
def test_a_shown_name_commands_no_terminal(text: str) -> None:
    shown = display_name(text)
    shown.encode()
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in shown)
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def test_shown_names_stay_readable() -> None:
    assert display_name(Path("旁白 é 👩\u200d🎤.wav")) == "旁白 é 👩\u200d🎤.wav"
    assert display_name("a\x1b[2J\u202eb\udcff\n") == "a\\x1b[2J\\u202eb\\xff\\n"


@pytest.mark.parametrize(
    "path",
    [
        ".DS_Store",
        "Thumbs.db",
        "THUMBS.DB",
        "._vo.wav",
        "desktop.ini",
        "__MACOSX",
        "__MACOSX/ch01/vo.wav",
        "ch01/~$notes.docx",
        ".stemkit-0a-0001.partial",
        "Icon\r",
    ],
)
def test_junk_is_passed_over(path: str) -> None:
    assert is_junk(Path("/films") / path)


@pytest.mark.parametrize("path", ["vo.wav", "_vo.wav", ".vo.wav", "icon.wav", "thumbs.wav", "ds_store/vo.wav"])
def test_sound_is_not_junk(path: str) -> None:
    assert not is_junk(Path("/films") / path)
