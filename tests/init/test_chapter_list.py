"""Chapter lists as spreadsheets of many countries write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemkit.core.errors import UsageError
from stemkit.core.timebase import FrameRate
from stemkit.intake.chapter_list import ChapterList, read_chapter_list
from stemkit.intake.chapter_times import read_handles, read_rate, read_time
from stemkit.intake.column_meanings import meaning_of


def read(folder: Path, text: str, encoding: str = "utf-8", rate: FrameRate | None = None) -> ChapterList:
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return read_chapter_list(path, rate)


@pytest.mark.parametrize(
    ("head", "meaning"),
    [
        ("Number", "number"),
        ("#", "number"),
        ("№", "number"),
        ("Nr.", "number"),
        ("N°", "number"),
        ("chapter_no", "number"),
        ("Chapter", "number"),
        ("编号", "number"),
        ("番号", "number"),
        ("Title", "title"),
        ("Chapter title (working)", "title"),
        ("KAPITELTITEL", "title"),
        ("Título", "title"),
        ("标题", "title"),
        ("Creator", "creator"),
        ("Made by", "creator"),
        ("Réalisateur", "creator"),
        ("作者", "creator"),
        ("Length", "length"),
        ("Length in frames", "length"),
        ("lengthFrames", "length"),
        ("Durée (images)", "length"),
        ("Länge [s]", "length"),
        ("Number of frames", "length"),
        ("长度(帧)", "length"),
        ("Хронометраж", "length"),
        ("Start", "start"),
        ("Start TC", "start"),
        ("startTimecode", "start"),
        ("TC In", "start"),
        ("起始时码", "start"),
        ("Handles", "handles"),
        ("Handles (head/tail)", "handles"),
        ("Head handle", "head"),
        ("Handle (head)", "head"),
        ("Handles start", "head"),
        ("Tail handle (frames)", "tail"),
        ("Nachlauf", "tail"),
        ("尾余量", "tail"),
        ("FPS", "rate"),
        ("Frame rate", "rate"),
        ("Bilder/s", "rate"),
        ("Images par seconde", "rate"),
        ("帧率", "rate"),
        ("Sample rate", "ignored"),
        ("Start date", "ignored"),
        ("File name", "ignored"),
        ("Notes in English", ""),
        ("Status", ""),
        ("", ""),
    ],
)
def test_heads_are_understood_by_meaning(head: str, meaning: str) -> None:
    assert meaning_of(head) == meaning


@pytest.mark.parametrize(
    ("text", "unit", "written"),
    [
        ("00:01:48:12", "", "00:01:48:12"),
        ("0:01:48;12", "", "00:01:48;12"),
        ("2604", "frames", "2604f"),
        ("2604 frames", "", "2604f"),
        ("2604帧", "", "2604f"),
        ("108", "seconds", "108s"),
        ("108,5 s", "", "108.5s"),
        ("108.5", "", "108.5s"),
        ("1:48.5", "", "108.5s"),
        ("0:01:48", "", "108s"),
        ("1 min 48 s", "", "108s"),
        ("1m48s", "", "108s"),
        ("1分48秒", "", "108s"),
        ("１０８ｓ", "", "108s"),
        ("soon", "", None),
        ("10.5 frames", "", None),
        ("-3", "", None),
        ("", "", None),
    ],
)
def test_lengths_are_read_as_people_write_them(text: str, unit: str, written: str | None) -> None:
    found = read_time(text, unit)
    assert (found.text if found else None) == written


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("48", ("48f", "48f")),
        ("2s", ("2s", "2s")),
        ("24/48", ("24f", "48f")),
        ("1,5s / 2s", ("1.5s", "2s")),
        ("24f + 48f", ("24f", "48f")),
        ("00:00:02:00", ("00:00:02:00", "00:00:02:00")),
        ("24, 48", ("24f", "48f")),
        ("none", None),
        ("1/2/3", None),
    ],
)
def test_handles_are_one_time_or_two(text: str, ends: tuple[str, str] | None) -> None:
    head, tail = read_handles(text)
    assert (None if head is None or tail is None else (head.text, tail.text)) == ends


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("25", "25"),
        ("24p", "24"),
        ("24.0", "24"),
        ("23,976 fps", "24000/1001"),
        ("29.97 DF", "30000/1001df"),
        ("29.97 drop frame", "30000/1001df"),
        ("29.97 non-drop", "30000/1001"),
        ("30000/1001", "30000/1001"),
        ("12", None),
        ("PAL", None),
    ],
)
def test_rates_are_read_as_people_write_them(text: str, rate: str | None) -> None:
    found = read_rate(text)
    assert (str(found) if found else None) == rate


ENGLISH = "Number,Title,Creator,Length\n1,Storm,Anna,48f\n2,Night,Ben,72f\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_form_of_csv(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    text = mark + ENGLISH.replace(",", delimiter).replace("\n", end)
    listed = read(tmp_path, text, encoding)
    assert [(c.number, c.title, c.creator, c.length.text if c.length else "") for c in listed.chapters] == [
        (1, "Storm", "Anna", "48f"),
        (2, "Night", "Ben", "72f"),
    ]


@pytest.mark.parametrize(
    ("text", "encoding", "title", "creator"),
    [
        ("Nr.;Titel;Urheber;Länge\n7;Größe;Müller;48f\n", "cp1252", "Größe", "Müller"),
        ("编号,标题,作者,帧数\n7,夜晚,李明,48\n", "gb18030", "夜晚", "李明"),
        ("番号,タイトル,制作者,フレーム数\n7,夜,山田,48\n", "shift_jis", "夜", "山田"),
        ("Номер;Название;Автор;Кадры\n7;Ночь;Анна;48\n", "cp1251", "Ночь", "Анна"),
        ("번호,제목,제작자,프레임 수\n7,밤,김,48\n", "euc_kr", "밤", "김"),
        ("N°;Titre;Auteur;Durée (images)\n7;Été;Zoé;48\n", "utf-8", "Été", "Zoé"),
        ("Número,Título,Autora,Fotogramas\n7,Año,Íñigo,48\n", "utf-8-sig", "Año", "Íñigo"),
    ],
)
def test_lists_of_other_countries(tmp_path: Path, text: str, encoding: str, title: str, creator: str) -> None:
    (chapter,) = read(tmp_path, text, encoding).chapters
    assert (chapter.number, chapter.title, chapter.creator) == (7, title, creator)
    assert chapter.length is not None
    assert chapter.length.text == "48f"


def test_lines_above_the_head_quoted_cells_and_totals_are_no_trouble(tmp_path: Path) -> None:
    text = 'sep=;\nThe Film;;\n\nNr;Titel;Dauer\n3;"A; ""B""\nC";2s\n;;\nSumme;;2s\n'
    listed = read(tmp_path, text)
    assert [(chapter.number, chapter.title) for chapter in listed.chapters] == [(3, 'A; "B" C')]
    assert not listed.doubts


def test_chapters_come_in_the_order_of_their_numbers_however_written(tmp_path: Path) -> None:
    listed = read(tmp_path, "Chapter,Title\nChapter 10,A\n第三章,B\n2.0,C\n")
    assert [chapter.number for chapter in listed.chapters] == [2, 3, 10]


def test_a_number_said_twice_and_a_row_without_one_are_said(tmp_path: Path) -> None:
    listed = read(tmp_path, "Number,Title\n1,A\n1,B\n,C\n")
    assert [(chapter.number, chapter.title) for chapter in listed.chapters] == [(1, "A"), (2, "C")]
    assert any("again" in doubt for doubt in listed.doubts)
    assert any("no number" in doubt for doubt in listed.chapters[1].doubts)


def test_without_numbers_the_order_counts(tmp_path: Path) -> None:
    listed = read(tmp_path, "Title,Length\nA,2s\nB,3s\n")
    assert [(chapter.number, chapter.title) for chapter in listed.chapters] == [(1, "A"), (2, "B")]
    assert listed.doubts


def test_two_columns_of_one_meaning_are_said(tmp_path: Path) -> None:
    listed = read(tmp_path, "No,Title,Length (s),Length (frames)\n1,A,2,48\n")
    length = listed.chapters[0].length
    assert length is not None
    assert length.text == "48f"
    assert any("Length (s)" in doubt for doubt in listed.doubts)


def test_a_length_out_of_start_and_end(tmp_path: Path) -> None:
    listed = read(tmp_path, "No,TC in,TC out\n1,01:00:00:00,01:00:02:00\n")
    length = listed.chapters[0].length
    assert length is not None
    assert length.text == "48f"


def chained(rate: str, frames: tuple[int, ...], as_text: str) -> str:
    fps = FrameRate.parse(rate)
    lines, at = ["No,Start,Length"], fps.parse_timecode("01:00:00;00" if fps.drop_frame else "01:00:00:00")
    for number, length in enumerate(frames, 1):
        seconds = float(length / fps.fps)
        text = {"frames": f"{length}", "timecode": fps.format_timecode(length), "seconds": f"{seconds:.6f}"}[as_text]
        lines.append(f"{number},{fps.format_timecode(at)},{text}")
        at += length
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("as_text", ["frames", "timecode", "seconds"])
@pytest.mark.parametrize("rate", ["24", "25", "30", "48", "50", "60", "29.97df", "59.94df"])
def test_the_rate_is_that_at_which_the_list_chains(tmp_path: Path, rate: str, as_text: str) -> None:
    lengths = (2611, 1733, 3947, 5201, 1999, 2357)
    listed = read(tmp_path, chained(rate, lengths, as_text))
    assert (listed.rate, listed.rate_reason) == (FrameRate.parse(rate), "chain")
    assert [c.length.frames(listed.rate) if c.length else 0 for c in listed.chapters] == list(lengths)
    assert listed.start is not None


def test_seconds_tell_23_976_from_24(tmp_path: Path) -> None:
    listed = read(tmp_path, chained("23.976", (2611, 1733, 3947, 5201), "seconds"))
    assert str(listed.rate) == "24000/1001"


def test_bare_numbers_are_what_chains(tmp_path: Path) -> None:
    listed = read(tmp_path, "No,Start,Length\n1,00:00:00:00,30\n2,00:00:30:00,45\n3,00:01:15:00,20\n")
    assert [chapter.length.text for chapter in listed.chapters if chapter.length] == ["30s", "45s", "20s"]


def test_bare_numbers_that_nothing_settles_are_said(tmp_path: Path) -> None:
    seconds = read(tmp_path, "No,Length\n1,108\n2,95\n")
    frames = read(tmp_path, "No,Length\n1,2604\n2,2280\n")
    assert [chapter.length.text for chapter in seconds.chapters if chapter.length] == ["108s", "95s"]
    assert [chapter.length.text for chapter in frames.chapters if chapter.length] == ["2604f", "2280f"]
    assert seconds.doubts
    assert frames.doubts


def test_the_option_wins_over_the_column_which_wins_over_the_chain(tmp_path: Path) -> None:
    text = chained("25", (2611, 1733), "frames").replace("Length\n", "Length,FPS\n").replace("1733\n", "1733,30\n")
    column = read(tmp_path, text)
    assert (str(column.rate), column.rate_reason) == ("30", "column")
    option = read(tmp_path, text, rate=FrameRate.parse("50"))
    assert (str(option.rate), option.rate_reason) == ("50", "option")


def test_gaps_between_chapters_are_said(tmp_path: Path) -> None:
    text = "No,Start,Length,FPS\n1,00:00:00:00,48f,24\n2,00:00:02:05,48f,24\n"
    assert any("5 frames after" in doubt for doubt in read(tmp_path, text).doubts)


def test_what_cannot_be_read_is_said_where_it_stands(tmp_path: Path) -> None:
    text = "No,Title,Length,Handles,FPS\n1,A,soon,some,PAL\n2,B,2s,24/48,25\n3,C,0f,,25\n"
    first, second, third = read(tmp_path, text).chapters
    assert len(first.doubts) == 3
    assert second.doubts == ()
    assert third.length is None
    assert third.doubts


@pytest.mark.parametrize(
    "raw", [b"", b"\n\n", b"hello\nworld\n", b"1,2,3\n4,5,6\n", b"PK\x03\x04zip", b"\xff\xfe\x00", b"\0" * 99]
)
def test_what_is_no_list_is_an_error_with_a_way_out(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(raw)
    with pytest.raises(UsageError) as caught:
        read_chapter_list(path)
    assert caught.value.problems[0].hint


def test_a_list_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_chapter_list(tmp_path / "none.csv")
    with pytest.raises(UsageError):
        read_chapter_list(tmp_path)
