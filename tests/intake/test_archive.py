"""Zip archives of chapters: read like folders, and nothing out of a hostile one ever lands anywhere."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import tempfile
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.errors import OutputError
from stemkit.core.facts import Delivery, UnplacedReason
from stemkit.core.manifest import load_film
from stemkit.intake import archive as archive_module
from stemkit.intake import unpacked as unpacked_module
from stemkit.intake.folder import film_from_paths, open_film, resolve
from stemkit.store.facts import FactStore
from stemkit.store.taken_out import UNPACKED
from stemkit.workflows.check import check_film
from stemkit.workflows.conform import conform
from stemkit.workflows.init import init
from tests.oracles import require_program

FILM = """\
[film]
title = "Tide"
frame_rate = "24"
[[chapter]]
number = 1
length = "48f"
folder = "{}"
"""
STEMS = ("vo.wav", "sfx.wav", "music.wav")


def wav(seed: int = 0, folder: Path | None = None) -> bytes:
    path = (folder or Path(__file__).parent) / ".sound"
    values = np.random.default_rng(seed).integers(-(2**20), 2**20, (96_000, 2)) / 2.0**23
    soundfile.write(path, values, 48_000, subtype="PCM_16", format="WAV")
    body = path.read_bytes()
    path.unlink()
    return body


def packed(path: Path, *names: str, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name in names:
            archive.writestr(name, b"RIFF" + name.encode())
    return path


def delivery_of(path: Path, store: FactStore | None = None) -> Delivery:
    (delivery,) = resolve(film_from_paths([path], "crowd-film"), store)
    return delivery


def taken(delivery: Delivery) -> dict[str, str]:
    return {stem.role.value: stem.declared_path for stem in delivery.stems}


def refusal(path: Path, store: FactStore | None = None) -> str:
    delivery = delivery_of(path, store)
    (unplaced,) = delivery.unplaced
    assert delivery.stems == ()
    assert (unplaced.path, unplaced.reason) == (path, UnplacedReason.ARCHIVE)
    return unplaced.detail


@pytest.mark.parametrize("within", ["", "ch07/", "Export/ch 07 final/", "./"])
def test_an_archive_is_a_chapter_whatever_folders_its_stems_lie_in(tmp_path: Path, within: str) -> None:
    path = packed(tmp_path / "ch07.zip", *(within + name for name in STEMS), within + "notes.txt")
    delivery = delivery_of(path)
    assert delivery.chapter.number == 7
    assert taken(delivery) == {
        "VO": f"{path}/vo.wav",
        "SFX": f"{path}/sfx.wav",
        "MUSIC": f"{path}/music.wav",
    }
    assert all(stem.path.read_bytes() == b"RIFF" + f"{within}{stem.path.name}".encode() for stem in delivery.stems)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_all_usual_ways_of_packing_are_known(tmp_path: Path, method: int) -> None:
    assert len(delivery_of(packed(tmp_path / "ch07.zip", *STEMS, compression=method)).stems) == 3


def test_lzma_takes_what_memory_a_header_asks_for_and_is_not_opened(tmp_path: Path) -> None:
    assert "method 14" in refusal(packed(tmp_path / "ch07.zip", *STEMS, compression=zipfile.ZIP_LZMA))


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_no_bytes_of_an_archive_break_a_promise(data: st.DataObject) -> None:
    method = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]))
    with tempfile.TemporaryDirectory() as name:
        path = packed(Path(name) / "in" / "ch07.zip", "ch07/vo.wav", "音乐.wav", "a.zip", compression=method)
        body = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 10))):
            body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(body[: data.draw(st.integers(0, len(body)))] if data.draw(st.booleans()) else body)
        found = unpacked_module.unpacked(path, FactStore(Path(name) / "cache"))
        assert (found.folder is None) == bool(found.reason)
        home = Path(name) / "cache" / UNPACKED
        outside = [one for one in Path(name).rglob("*") if one.suffix in (".wav", ".zip") and home not in one.parents]
        assert outside == [path]


def test_folders_that_say_a_role_and_junk_of_other_systems(tmp_path: Path) -> None:
    names = ("c/Music/a.wav", "c/VO/b.wav", "c/.DS_Store", "__MACOSX/c/Music/._a.wav", "c/VO/Thumbs.db", "c/._b.wav")
    assert set(taken(delivery_of(packed(tmp_path / "x.zip", *names)))) == {"MUSIC", "VO"}
    assert set(taken(delivery_of(packed(tmp_path / "y.zip", "VO/b.wav")))) == {"VO"}


def test_a_folder_of_archives_and_folders_is_a_film(tmp_path: Path) -> None:
    packed(tmp_path / "ch01.zip", *STEMS)
    packed(tmp_path / "ch03 Anna.ZIP", *STEMS)
    packed(tmp_path / "._ch01.zip", "vo.wav")
    (tmp_path / "ch02").mkdir()
    (tmp_path / "ch02" / "vo.wav").write_bytes(b"RIFF")
    (tmp_path / "ch04").mkdir()
    packed(tmp_path / "ch04" / "from mail.zip", *STEMS)
    packed(tmp_path / "ch02.zip", "sfx.wav")  # what ch02 was unpacked from
    film = film_from_paths([tmp_path], "crowd-film")
    deliveries = resolve(film)
    assert [(delivery.chapter.number, len(delivery.stems)) for delivery in deliveries] == [
        (1, 3),
        (2, 1),
        (3, 3),
        (4, 3),
    ]
    assert [chapter.title for chapter in film.chapters] == ["ch01", "ch02", "ch03 Anna", "ch04"]


def test_an_archive_beside_stems_is_said_and_left(tmp_path: Path) -> None:
    (tmp_path / "vo.wav").write_bytes(b"RIFF")
    packed(tmp_path / "session backup.zip", "music.wav")
    delivery = delivery_of(tmp_path)
    assert set(taken(delivery)) == {"VO"}
    assert [one.detail for one in delivery.unplaced] == ["sound lies beside it"]


def test_a_film_file_names_archives_and_only_those_in_hand_are_opened(tmp_path: Path) -> None:
    packed(tmp_path / "deliveries" / "ch01.zip", *STEMS)
    film_file = tmp_path / "film.toml"
    film_file.write_text(FILM.format("deliveries/ch01.zip") + '[[chapter]]\nnumber = 2\nfolder = "ch02.zip"\n')
    (tmp_path / "ch02.zip").write_bytes(b"nothing")
    film = open_film([tmp_path / "deliveries" / "ch01.zip"])
    (delivery,) = resolve(film)
    assert taken(delivery)["VO"] == "deliveries/ch01.zip/vo.wav"
    assert [len(one.stems) for one in resolve(load_film(film_file))] == [3, 0]


def names_in_code_page(path: Path, coding: str, *names: str) -> Path:
    """Pack names as programs do that know nothing of UTF-8: raw bytes, no flag."""
    stands_for = {f"{at}" * len(name.encode(coding)): name.encode(coding) for at, name in enumerate(names)}
    packed(path, *stands_for)
    body = path.read_bytes()
    for short, name in stands_for.items():
        body = body.replace(short.encode(), name)
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("coding", "names"),
    [
        ("utf-8", ("对白.wav", "音乐.wav")),
        ("utf-8", ("Müller 1 Stimme.wav", "Müller 1 Musik.wav")),
        ("gb18030", ("第七章_对白.wav", "第七章_音乐.wav")),
        ("shift_jis", ("第7章_台詞.wav", "第7章_音楽.wav")),
        ("cp866", ("голос.wav", "музыка.wav")),
        ("cp437", ("Müller VO.wav", "Müller Music.wav")),
        ("gb18030", ("第七章_VO.wav", "第七章_Music.wav")),
    ],
)
def test_names_are_read_as_they_were_written(tmp_path: Path, coding: str, names: tuple[str, ...]) -> None:
    path = names_in_code_page(tmp_path / "ch07.zip", coding, *names)
    found = taken(delivery_of(path))
    assert {Path(name).name for name in found.values()} == set(names)
    assert set(found) == {"VO", "MUSIC"}


def test_names_of_macos_are_composed(tmp_path: Path) -> None:
    path = packed(tmp_path / "ch07.zip", unicodedata.normalize("NFD", "Müller_VO.wav"), "music.wav")
    assert {stem.path.name for stem in delivery_of(path).stems} == {"Müller_VO.wav", "music.wav"}


@pytest.mark.parametrize(
    "name",
    [
        "../vo.wav",
        "a/../../vo.wav",
        "/etc/vo.wav",
        "\\\\server\\share\\vo.wav",
        "..\\..\\vo.wav",
        "C:\\vo.wav",
        "C:vo.wav",
        "/".join("abcdefghijklmnopq") + "/vo.wav",
    ],
)
def test_nothing_climbs(tmp_path: Path, name: str) -> None:
    store = FactStore(tmp_path / "deep" / "cache")
    why = refusal(packed(tmp_path / "in" / "ch07.zip", "music.wav", name), store)
    assert why.startswith("a name in it leads out of its folder")
    assert not list(tmp_path.rglob("*.wav"))


@pytest.mark.parametrize(
    ("kind", "said"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "no file"), (stat.S_IFCHR, "no file")]
)
def test_links_and_devices_are_refused(tmp_path: Path, kind: int, said: str) -> None:
    path = packed(tmp_path / "ch07.zip", "music.wav")
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("vo.wav")
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert said in refusal(path)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "two files of one name" in refusal(packed(tmp_path / "ch07.zip", "vo.wav", "VO.WAV"))
    assert "two files of one name" in refusal(packed(tmp_path / "ch08.zip", "a/vo?.wav", "a/vo*.wav"))


def test_names_that_no_windows_takes_are_made_safe(tmp_path: Path) -> None:
    delivery = delivery_of(packed(tmp_path / "ch07.zip", "con/VO: take?.wav", "con/music\x01.wav"))
    assert {stem.path.name for stem in delivery.stems} == {"VO_ take_.wav", "music.wav"}


def test_a_bomb_is_seen_before_it_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ch07.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vo.wav", bytes(1 << 20))
    assert len(delivery_of(path, FactStore(tmp_path / "one")).stems) == 1  # silence is no bomb
    monkeypatch.setattr(archive_module, "_SUSPECT_BYTES", 1 << 19)
    assert "too large" in refusal(path, FactStore(tmp_path / "other"))
    monkeypatch.setattr(archive_module, "_MOST_ENTRIES", 2)
    assert "holds 3 files" in refusal(packed(tmp_path / "many.zip", *STEMS))


def test_an_entry_that_lies_about_its_size_is_damage(tmp_path: Path) -> None:
    path = packed(tmp_path / "ch07.zip", "vo.wav", compression=zipfile.ZIP_STORED)
    body = bytearray(path.read_bytes())
    central = body.rfind(b"PK\x01\x02")
    struct.pack_into("<I", body, central + 24, 4)  # the size after unpacking
    path.write_bytes(body)
    assert "damaged" in refusal(path)


def test_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ch07.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("vo.wav", bytes(10_000))
        archive.writestr("sfx.wav", b"1234")
    body = bytearray(path.read_bytes())
    second = body.rfind(b"PK\x01\x02")
    struct.pack_into("<IIIH", body, second + 16, 0, 10_000, 10_000, 7)
    struct.pack_into("<I", body, second + 42, 0)  # both begin at the first one
    path.write_bytes(body)
    assert "damaged" in refusal(path)


def test_a_damaged_archive_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    store = FactStore(tmp_path / "cache")
    path = packed(tmp_path / "ch07.zip", *STEMS, compression=zipfile.ZIP_STORED)
    whole = path.read_bytes()
    for body in (whole[:100], whole[:-30], whole.replace(b"RIFFsfx", b"RIFFsfz"), b"<html>no</html>", b""):
        path.write_bytes(body)
        assert "damaged" in refusal(path, store)
        assert not list((tmp_path / "cache").rglob("*.wav"))
    path.write_bytes(whole)
    assert len(delivery_of(path, store).stems) == 3


def test_a_password_is_told(tmp_path: Path) -> None:
    path = packed(tmp_path / "ch07.zip", *STEMS)
    body = bytearray(path.read_bytes())
    at = 0
    while (at := body.find(b"PK\x01\x02", at + 1)) > 0:
        body[at + 8] |= 1
    path.write_bytes(body)
    assert refusal(path) == "it is locked with a password"


@pytest.mark.parametrize(
    ("names", "said"),
    [(("a.zip", "b.txt"), "holds another archive, a.zip"), (("readme.md",), "no sound file"), ((), "no sound file")],
)
def test_archives_without_sound(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    assert said in refusal(packed(tmp_path / "ch07.zip", *names))


@pytest.mark.parametrize("name", ["ch07.rar", "ch07.7z", "ch07.tar.gz"])
def test_other_archives_are_told(tmp_path: Path, name: str) -> None:
    packed(tmp_path / name, "vo.wav")
    assert refusal(tmp_path / name) == "only zip archives are opened"


def test_what_was_taken_out_is_kept_under_the_digest_and_believed_only_whole(tmp_path: Path) -> None:
    store = FactStore(tmp_path / "cache")
    path = packed(tmp_path / "ch07.zip", *STEMS)
    first = delivery_of(path, store).stems
    made = first[0].path.stat().st_mtime_ns
    assert delivery_of(path, store).stems == first
    assert first[0].path.stat().st_mtime_ns == made
    first[0].path.write_bytes(b"changed by somebody")
    assert delivery_of(path, store).stems[0].path.read_bytes() == b"RIFFvo.wav"
    times = first[0].path.stat()
    first[0].path.write_bytes(b"RIFFno.wav")  # as long, and its time put back
    os.utime(first[0].path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert delivery_of(path, store).stems[0].path.read_bytes() == b"RIFFvo.wav"
    packed(path, "vo.wav")
    assert len(delivery_of(path, store).stems) == 1
    assert store.info().archives == 2
    store.clear()
    assert not list((tmp_path / "cache").rglob("*"))


def test_what_nobody_used_for_a_month_goes(tmp_path: Path) -> None:
    store = FactStore(tmp_path / "cache")
    old = delivery_of(packed(tmp_path / "ch01.zip", "vo.wav"), store).stems[0].path
    contents = old.parent.parent / "contents.json"
    os.utime(contents, (1_000_000, 1_000_000))
    delivery_of(packed(tmp_path / "ch02.zip", "vo.wav"), store)
    assert not old.exists()


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    store = FactStore(tmp_path / "cache")

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpacked_module.unpacked(packed(tmp_path / "ch07.zip", "vo.wav"), store, interrupt)
    assert not list((tmp_path / "cache" / UNPACKED).glob("*"))


def test_what_a_killed_run_left_goes_after_a_day(tmp_path: Path) -> None:
    store = FactStore(tmp_path / "cache")
    old, new = (tmp_path / "cache" / UNPACKED / f".stemkit-{age}.partial" for age in ("old", "new"))
    for path in (old, new):
        path.mkdir(parents=True)
    os.utime(old, (1_000_000, 1_000_000))
    delivery_of(packed(tmp_path / "ch02.zip", "vo.wav"), store)
    assert not old.exists()
    assert new.exists()


def test_no_space_ends_the_run_with_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacked_module, "free_bytes", lambda _: 3)
    with pytest.raises(OutputError) as caught:
        delivery_of(packed(tmp_path / "ch07.zip", "vo.wav"), FactStore(tmp_path / "cache"))
    assert "STEMKIT_CACHE" in (caught.value.problems[0].hint or "")
    assert not list((tmp_path / "cache" / UNPACKED).glob("*"))


def test_where_no_cache_can_be_written_archives_are_opened_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    delivery = delivery_of(packed(tmp_path / "ch07.zip", *STEMS), FactStore(tmp_path / "file" / "cache"))
    assert len(delivery.stems) == 3


def test_check_and_conform_read_an_archive_like_its_folder(tmp_path: Path) -> None:
    results, trees = [], []
    for name in ("ch01", "ch01.zip"):
        base = tmp_path / f"film of {name}"
        (base / "ch01").mkdir(parents=True)
        for seed, stem in enumerate(STEMS):
            (base / "ch01" / stem).write_bytes(wav(seed, tmp_path))
        if name.endswith(".zip"):
            with zipfile.ZipFile(base / name, "w", zipfile.ZIP_DEFLATED) as archive:
                for stem in STEMS:
                    archive.write(base / "ch01" / stem, f"anything/{stem}")
        (base / "film.toml").write_text(FILM.format(name))
        film = load_film(base / "film.toml")
        findings = check_film(film, store=FactStore(tmp_path / "cache")).run.findings
        results.append([(finding.code, finding.condition, finding.where.role) for finding in findings])
        out = tmp_path / f"out of {name}"
        assert all(done.item.output for done in conform(film, out, store=FactStore(tmp_path / "cache")).items)
        again = conform(film, out, store=FactStore(tmp_path / "cache"))
        assert not again.has_written
        trees.append({path.name: path.read_bytes() for path in sorted(out.rglob("*.wav"))})
    assert results[0] == results[1]
    assert trees[0] == trees[1]
    assert len(trees[0]) == 3


def test_init_writes_archives_as_the_chapters_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "deliveries"
    for name in ("ch01 Anna.zip", "ch02 Ben.zip"):
        packed(folder / name, *STEMS)
    (tmp_path / "list.csv").write_text("number,title,creator,length\n1,Storm,Anna,48\n2,Calm,Ben,96\n")
    result = init(folder, chapter_list=tmp_path / "list.csv", frame_rate="24")
    film = load_film(result.path)
    assert [chapter.declared_folder for chapter in film.chapters] == ["ch01 Anna.zip", "ch02 Ben.zip"]
    assert init(folder, chapter_list=tmp_path / "list.csv").merged is not None


def test_what_another_program_packed(tmp_path: Path) -> None:
    program = require_program("zip")
    for name in STEMS:
        (tmp_path / name).write_bytes(b"RIFF")
    subprocess.run([program, "-q", "ch07.zip", *STEMS], cwd=tmp_path, check=True)
    assert len(delivery_of(tmp_path / "ch07.zip").stems) == 3
