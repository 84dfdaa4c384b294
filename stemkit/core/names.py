"""Names of files: which to pass over, which to show to people, which to give to a file system."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

_JUNK_NAMES = frozenset(
    {
        ".ds_store",
        ".localized",
        ".spotlight-v100",
        ".trashes",
        ".fseventsd",
        ".temporaryitems",
        ".apdisk",
        ".volumeicon.icns",
        "icon\r",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "$recycle.bin",
        "system volume information",
        "__macosx",
        "@eadir",
        ".dropbox",
        ".directory",
        ".gitkeep",
        ".git",
    }
)
_JUNK_PREFIXES = ("._", ".stemkit-", "~$", ".~lock.")
_JUNK_FOLDERS = frozenset({"__macosx", "$recycle.bin", "@eadir", ".trashes", ".git"})
ARCHIVE_SUFFIXES = frozenset({".zip", ".rar", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst"})
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)", re.IGNORECASE)
_MAX_CHARACTERS = 120
_MAX_BYTES = 200  # a name may have 255 bytes on most file systems; a role and a suffix follow
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def is_archive(path: Path) -> bool:
    """Tell by its name whether a file is an archive; only zip archives are opened."""
    return path.suffix.casefold() in ARCHIVE_SUFFIXES


def place_name(path: Path) -> str:
    """Return the name of a chapter's folder, or of its archive without the suffix.

    Examples
    --------
    >>> place_name(Path("deliveries/ch07.zip"))
    'ch07'
    """
    return path.stem if is_archive(path) else path.name


def archive_of(path: Path) -> Path | None:
    """Return the archive that a path leads into, or is; `None` where there is none.

    A chapter in an archive of several is named like a folder in it, ``deliveries.zip/ch07``.
    """
    return next((one for one in (path, *path.parents) if is_archive(one) and one.is_file()), None)


def is_junk(path: Path) -> bool:
    """Tell whether a file or folder is what systems and archives leave beside people's files."""
    name = path.name.casefold()
    if name in _JUNK_NAMES or name.startswith(_JUNK_PREFIXES):
        return True
    return any(part.casefold() in _JUNK_FOLDERS for part in path.parts)


def display_name(path: Path | str) -> str:
    r"""Return a path that cannot command a terminal: control, direction and undecodable marks are spelled out.

    Examples
    --------
    >>> display_name("ch07/vo\n.wav")
    'ch07/vo\\n.wav'
    """
    return "".join(_spell_out(character) for character in str(path))


def _spell_out(character: str) -> str:
    code = ord(character)
    named = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(character)
    if named:
        return named
    if 0xDC80 <= code <= 0xDCFF:  # a byte of the name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    category = unicodedata.category(character)
    if category == "Cf" and character in "\u200c\u200d":  # joiners shape emoji and several scripts
        return character
    if category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character


def utf8(text: str) -> bytes:
    r"""Return text as UTF-8; bytes of a file name that are no text are spelled out, as JSON spells them.

    Examples
    --------
    >>> utf8("ü\udcff.wav")
    b'\xc3\xbc\\udcff.wav'
    """
    return text.encode("utf-8", "backslashreplace")


def safe_name(text: str) -> str:
    """Return a file name, without folders, that every common file system takes.

    Parameters
    ----------
    text
        Anything, such as a film's title. NFC, no separators, control marks, reserved Windows names or
        dots at the ends; at most 120 characters and 200 bytes.

    Examples
    --------
    >>> safe_name("One/Two: a film?")
    'One_Two_ a film_'
    >>> safe_name("con.wav")
    '_con.wav'
    """
    name = unicodedata.normalize("NFC", text.replace("\n", " ").replace("\t", " "))
    name = "".join(c for c in name if unicodedata.category(c) not in _UNSEEN)
    name = _FORBIDDEN.sub("_", name)
    name = _trim(re.sub(r"\s+", " ", name))[:_MAX_CHARACTERS]
    while len(name.encode()) > _MAX_BYTES:
        name = name[:-1]
    name = _trim(name)
    if _RESERVED.match(name):
        name = f"_{name}"
    return name or "untitled"


def _trim(name: str) -> str:
    return name.strip(" .").lstrip("-")
