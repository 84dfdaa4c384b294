"""Chapter lists in the shapes in which spreadsheets and databases really export them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from stemkit.core.errors import UsageError
from stemkit.intake.chapter_list import read_chapter_list
from stemkit.intake.column_meanings import meaning_of

FIRST = (1, "Storm", "Anna Müller", 2604)
GOOGLE = (
    ",,,,\r\nChapter #,Title,Owner,Start TC,Duration\r\n1,Storm,Anna Müller,01:00:00:00,00:01:48:12\r\n"
    '2,"Night, calm",Ben,01:01:48:12,00:02:00:00\r\n,,,,\r\n,,,,'
)
EXCEL = (
    "Kapitel\tTitel\tErsteller\tLänge (Timecode)\r\n"
    "1\tStorm\tAnna Müller\t00:01:48:12\r\n2\tNight, calm\tBen\t0:02:00:00\r\n"
)
NOTION = (
    "\ufeffName,Assigned to,Chapter,Length,Status,URL\n"
    "Storm (https://www.notion.so/Storm-0123456789abcdef0123456789abcdef?pvs=21),Anna Müller,1,00:01:48:12,Doing,https://x.y\n"
    '"Night, calm",Ben,2,00:02:00:00,Done,\n'
)
SHAPES = {
    "Google Sheets": GOOGLE.encode(),
    "Excel, Unicode text": EXCEL.encode("utf-16"),
    "Excel, Unicode text, big-endian": b"\xfe\xff" + EXCEL.encode("utf-16-be"),
    "Excel, CSV of a German system": (
        b"sep=;\r\n"
        + 'Nr.;Titel;Urheber;Dauer (s)\r\n1;Storm;Anna Müller;108,5\r\n2;"Night, calm";Ben;120\r\n;;;\r\n'.encode(
            "cp1252"
        )
    ),
    "Excel, CSV UTF-8": b"\xef\xbb\xbf"
    + "Nr.;Titel;Urheber;Bilder\r\n1;Storm;Anna Müller;2604\r\n2;Night, calm;Ben;2880\r\n".encode(),
    "LibreOffice": (
        '"Number","Title","Creator","Length (frames)"\n1,"Storm","Anna Müller",2604\n2,"Night, calm","Ben",2880\n'
    ).encode(),
    "Numbers": "Chapter;Title;Creator;Frames\r\n1;Storm;Anna Müller;2604\r\n2;Night, calm;Ben;2880\r\n".encode(),
    "Notion": NOTION.encode(),
    "Airtable": (
        "\ufeffChapter,Name,Creator,Picture length,Notes,Attachments\n"
        '1,Storm,Anna Müller,0:01:48.5,"two\nlines",a.wav (https://dl.airtable.com/x)\n2,"Night, calm",Ben,2:00,,\n'
    ).encode(),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_what_programs_export(tmp_path: Path, shape: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(shape)
    listed = read_chapter_list(path)
    found = [
        (c.number, c.title, c.creator, c.length.frames(listed.rate) if c.length else None) for c in listed.chapters
    ]
    assert found == [FIRST, (2, "Night, calm", "Ben", 2880)]
    assert all(not chapter.doubts for chapter in listed.chapters)


def zipped(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, NOTION)
    return path


@pytest.mark.parametrize(
    "names",
    [
        ("Chapters 0123abcd.csv",),
        ("Chapters 0123abcd.csv", "Chapters 0123abcd_all.csv", "Chapters/Storm 4567.md"),
        ("Private & Shared/Chapters 0123.CSV", "Private & Shared/Chapters/Storm.md"),
    ],
)
def test_an_export_of_notion_as_it_is_downloaded(tmp_path: Path, names: tuple[str, ...]) -> None:
    listed = read_chapter_list(zipped(tmp_path / "Export.zip", *names))
    assert [chapter.title for chapter in listed.chapters] == ["Storm", "Night, calm"]


@pytest.mark.parametrize("names", [("one.csv", "two.csv"), ("[Content_Types].xml", "xl/workbook.xml")])
def test_a_workbook_or_an_archive_of_several_lists_is_an_error(tmp_path: Path, names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        read_chapter_list(zipped(tmp_path / "list.xlsx", *names))
    assert "export the chapter list as CSV" in (caught.value.problems[0].hint or "")


def test_a_damaged_archive_is_an_error(tmp_path: Path) -> None:
    path = zipped(tmp_path / "list.zip", "list.csv")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UsageError):
        read_chapter_list(path)


@pytest.mark.parametrize(
    ("head", "meaning"),
    [
        ("Length (timecode)", "length"),
        ("Duration TC", "length"),
        ("Dauer [Timecode]", "length"),
        ("Start timecode", "start"),
        ("TC in", "start"),
        ("End time", "end"),
        ("Zugewiesen an", "creator"),
        ("负责人", "creator"),
        ("Verfasser/in", "creator"),
        ("Yazar", "creator"),
    ],
)
def test_heads_that_speak_of_timecode(head: str, meaning: str) -> None:
    assert meaning_of(head) == meaning
