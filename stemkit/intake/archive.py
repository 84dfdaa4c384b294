"""Zip archives from strangers: what is in one, and what speaks against taking it out.

Only sound is ever taken out, under names that every file system takes, inside one folder. Names are read as
people wrote them: macOS leaves out the mark for UTF-8, Windows writes the code page of its country.
"""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stemkit.core.files import cannot_write
from stemkit.core.names import display_name, is_archive, is_junk, safe_name
from stemkit.core.roles import recognise
from stemkit.intake.listing import is_sound_name

_MOST_ENTRIES = 5_000
_MOST_BYTES = 64 << 30  # a chapter of four hours in 5.1 float has a quarter of this
_SUSPECT_BYTES, _MOST_RATIO = 1 << 30, 200  # silence shrinks a thousand times, but a GiB of a chapter is no silence
_MOST_PARTS = 16
_PIECE = 1 << 20
_CODE_PAGES = ("gb18030", "shift_jis", "euc_kr", "big5", "cp866", "cp1251", "cp1252")
_UTF8, _LOCKED = 0x800, 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)  # LZMA takes what memory a header asks for
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError),
    *(ValueError, OverflowError, IndexError, KeyError),
)
"""What Python's zip reader raises at bytes that are wrong."""


class RefusedArchiveError(Exception):
    """An archive is not taken; its text says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Member:
    """A sound file in an archive, and where it goes in the folder that it is taken out into."""

    info: zipfile.ZipInfo
    name: str


def sounds_in(archive: zipfile.ZipFile, path: Path) -> tuple[Member, ...]:
    """Return the sound files of an archive, without the folders that hold them all.

    Raises
    ------
    RefusedArchiveError
        If anything in the archive is not as an honest program packs it.
    """
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise RefusedArchiveError(f"it holds {len(entries)} files, more than {_MOST_ENTRIES}")
    names = _names(entries)
    wanted = []
    inner = []
    for info, name in zip(entries, names, strict=True):
        parts = _parts(name)
        _refuse_kind(info, name)
        if info.is_dir() or not parts or is_junk(Path(*parts)):
            continue
        if is_sound_name(parts[-1]):
            wanted.append((info, parts))
        elif is_archive(Path(parts[-1])):
            inner.append(name)
    if not wanted:
        raise RefusedArchiveError(_without_sound(inner))
    _refuse_size([info for info, _ in wanted], path)
    members = tuple(Member(info, "/".join(parts)) for info, parts in _without_common_folders(wanted))
    _refuse_doubles(members)
    return members


def _without_sound(inner: Sequence[str]) -> str:
    if inner:
        return f"it holds another archive, {display_name(inner[0])}, and no sound beside it"
    return "there is no sound file in it"


def _names(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the names of all entries, in the one coding in which most of them say something."""
    raw = [None if info.flag_bits & _UTF8 else info.orig_filename.encode("cp437", "replace") for info in entries]
    unmarked = [name for name in raw if name is not None]
    coding = "cp437" if all(name.isascii() for name in unmarked) else _coding_of(unmarked)
    decoded = [
        info.orig_filename if name is None else name.decode(coding, "replace")
        for info, name in zip(entries, raw, strict=True)
    ]
    return [unicodedata.normalize("NFC", name) for name in decoded]


def _coding_of(names: Sequence[bytes]) -> str:
    if _decodes(names, "utf-8"):
        return "utf-8"
    options = ["cp437", *(coding for coding in _CODE_PAGES if _decodes(names, coding))]
    return max(options, key=lambda coding: _sense([name.decode(coding) for name in names]))


def _sense(names: Sequence[str]) -> tuple[int, bool]:
    """Return how much names say in a coding: roles first; letters rather than frames and fractions."""
    beyond_ascii = [mark for name in names for mark in name if not mark.isascii()]
    return sum(_says_role(name) for name in names), all(mark.isalpha() for mark in beyond_ascii)


def _decodes(names: Sequence[bytes], coding: str) -> bool:
    try:
        return all(name.decode(coding) is not None for name in names)
    except UnicodeDecodeError:
        return False


def _says_role(name: str) -> bool:
    return bool(recognise(PurePosixPath(name).name).roles)


def _parts(name: str) -> tuple[str, ...]:
    """Return the folders and the name of an entry, each as every file system takes it."""
    name = name.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    is_drive = len(name) > 1 and name[1] == ":"
    if name.startswith("/") or is_drive or ".." in parts or "\0" in name or len(parts) > _MOST_PARTS:
        raise RefusedArchiveError(f"a name in it leads out of its folder: {display_name(name)}")
    return tuple(part if is_junk(Path(part)) else safe_name(part) for part in parts)


def _refuse_kind(info: zipfile.ZipInfo, name: str) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a link" if kind == stat.S_IFLNK else "something that is no file"
        raise RefusedArchiveError(f"it holds {what}: {display_name(name)}")


def _refuse_size(wanted: Sequence[zipfile.ZipInfo], path: Path) -> None:
    for info in wanted:
        if info.flag_bits & _LOCKED:
            raise RefusedArchiveError("it is locked with a password")
        if info.compress_type not in _METHODS:
            raise RefusedArchiveError(f"it is packed in a way that is not known here (method {info.compress_type})")
    packed, whole = sum(info.compress_size for info in wanted), sum(info.file_size for info in wanted)
    if packed > path.stat().st_size:
        raise RefusedArchiveError("it is damaged: its files overlap")
    if whole > _MOST_BYTES or (whole > _SUSPECT_BYTES and whole > _MOST_RATIO * packed):
        size = f"{whole / 1e9:,.1f} GB out of {packed / 1e6:,.1f} MB"
        raise RefusedArchiveError(f"it would become too large: {size}")


def _without_common_folders(
    wanted: list[tuple[zipfile.ZipInfo, tuple[str, ...]]],
) -> list[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    """Take away the folders in which all sound lies; a folder that says a role is kept."""
    while all(len(parts) > 1 for _, parts in wanted) and len({parts[0] for _, parts in wanted}) == 1:
        if recognise(wanted[0][1][0]).roles:
            break
        wanted = [(info, parts[1:]) for info, parts in wanted]
    return wanted


def _refuse_doubles(members: Sequence[Member]) -> None:
    seen: set[str] = set()
    for member in members:
        if (key := member.name.casefold()) in seen:
            raise RefusedArchiveError(f"it holds two files of one name: {display_name(member.name)}")
        seen.add(key)


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a zip archive.

    Raises
    ------
    RefusedArchiveError
        If it is none, or it is damaged.
    """
    if path.suffix.casefold() != ".zip":
        raise RefusedArchiveError("only zip archives are opened")
    try:
        return zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise RefusedArchiveError("it is no zip archive, or it is damaged or not complete") from error
    except OSError as error:
        raise RefusedArchiveError(f"it cannot be read: {error.strerror or error}") from error


def names_only(path: Path, folder: Path) -> None:
    """Write an empty file for each sound in an archive, so that what it holds can be looked at like a folder.

    Raises
    ------
    RefusedArchiveError
        If anything in it is not as an honest program packs it.
    OSError
        If the system refuses to write.
    """
    with open_archive(path) as archive:
        for member in sounds_in(archive, path):
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()


def take_out(archive: zipfile.ZipFile, members: Sequence[Member], folder: Path, on_piece: Callable[[], None]) -> None:
    """Write sound files into a folder that is empty.

    Parameters
    ----------
    on_piece
        Called now and then; what it raises ends the work.

    Raises
    ------
    RefusedArchiveError
        If the archive is damaged.
    OutputError
        If the system refuses to write.
    """
    for member in members:
        target = folder / member.name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for piece in _pieces(archive, member):
                    file.write(piece)
                    on_piece()
        except OSError as error:
            raise cannot_write(folder, error) from error


def _pieces(archive: zipfile.ZipFile, member: Member) -> Iterator[bytes]:
    left = member.info.file_size
    try:
        with archive.open(member.info) as packed:
            while piece := packed.read(_PIECE):
                left -= len(piece)
                yield piece
    except (*_DAMAGE, OSError) as error:
        raise RefusedArchiveError(f"it is damaged: {display_name(member.name)} cannot be taken out") from error
    if left:
        raise RefusedArchiveError(f"it is damaged: {display_name(member.name)} has not the size that it states")
