"""An archive with a folder for each chapter is read like the folder that was packed, in every command."""

from __future__ import annotations

import stat
import tempfile
import zipfile
from pathlib import Path

import pytest

from stemkit.core.errors import ManifestError
from stemkit.core.facts import Delivery, UnplacedReason
from stemkit.core.film import Film
from stemkit.core.manifest import load_film
from stemkit.intake import archive as archive_module
from stemkit.intake.folder import film_from_paths, open_film, resolve
from stemkit.store.facts import FactStore
from stemkit.workflows.check import check_film
from stemkit.workflows.conform import conform
from stemkit.workflows.init import init
from tests.conform.conform_films import noise, tree, write

STEMS = ("vo.wav", "sfx.wav", "music.wav")


def packed(path: Path, *names: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"RIFF" + name.encode())
    return path


def of_chapters(*numbers: int, within: str = "") -> list[str]:
    return [f"{within}ch{number:02}/{name}" for number in numbers for name in STEMS]


def film_of(*paths: Path) -> Film:
    return film_from_paths(paths, "crowd-film")


def counted(deliveries: tuple[Delivery, ...]) -> list[tuple[int, int]]:
    return [(delivery.chapter.number, len(delivery.stems)) for delivery in deliveries]


@pytest.mark.parametrize("within", ["", "Delivery 2026-11/", "Delivery/final/", "./"])
def test_a_folder_in_an_archive_is_a_chapter(tmp_path: Path, within: str) -> None:
    path = packed(tmp_path / "all.zip", *of_chapters(2, 3, 11, within=within), "__MACOSX/ch02/._vo.wav", "readme.txt")
    film = film_of(path)
    assert not film.is_excerpt
    assert [chapter.title for chapter in film.chapters] == ["ch02", "ch03", "ch11"]
    deliveries = resolve(film)
    assert counted(deliveries) == [(2, 3), (3, 3), (11, 3)]
    stem = deliveries[1].stems[0]
    assert stem.declared_path == f"{path}/ch03/vo.wav"
    assert stem.path.read_bytes().endswith(b"ch03/vo.wav")


def test_parts_of_one_chapter_are_no_chapters(tmp_path: Path) -> None:
    for names in (("VO/a.wav", "SFX/b.wav"), ("stems/vo.wav", "mix/mix.wav"), ("vo.wav", "old/vo2.wav"), ("x/vo.wav",)):
        assert len(film_of(packed(tmp_path / "ch07.zip", *names)).chapters) == 1
    parts = [f"ch{number}/{part}/take.wav" for number in (1, 2) for part in ("VO", "SFX", "Music")]
    assert counted(resolve(film_of(packed(tmp_path / "all.zip", *parts)))) == [(1, 3), (2, 3)]


def test_archives_and_folders_make_one_film(tmp_path: Path) -> None:
    packed(tmp_path / "first half.zip", *of_chapters(1, 2))
    packed(tmp_path / "ch03.zip", *STEMS)
    (tmp_path / "ch04").mkdir()
    (tmp_path / "ch04" / "vo.wav").write_bytes(b"RIFF")
    assert counted(resolve(film_of(tmp_path))) == [(1, 3), (2, 3), (3, 3), (4, 1)]


def test_names_out_of_other_systems(tmp_path: Path) -> None:
    path = packed(tmp_path / "all.zip", "第1章/旁白.wav", "第1章/音效.wav", "第2章/旁白.wav", "第2章/音乐.wav")
    deliveries = resolve(film_of(path))
    assert [{stem.role.value for stem in one.stems} for one in deliveries] == [{"VO", "SFX"}, {"VO", "MUSIC"}]


def test_of_a_hostile_archive_nothing_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "temporary"
    home.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    climbing = packed(tmp_path / "a.zip", *of_chapters(1, 2), "../../ch03/vo.wav")
    doubled = packed(tmp_path / "b.zip", *of_chapters(1, 2), "CH01/VO.wav")
    linked = packed(tmp_path / "c.zip", *of_chapters(1, 2))
    with zipfile.ZipFile(linked, "a") as archive:
        info = zipfile.ZipInfo("ch03/vo.wav")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    monkeypatch.setattr(archive_module, "_SUSPECT_BYTES", 1_000_000)
    bomb = tmp_path / "d.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in of_chapters(1, 2, 3, 4):
            archive.writestr(name, bytes(100_000))
    cut = packed(tmp_path / "e.zip", *of_chapters(1, 2))
    cut.write_bytes(cut.read_bytes()[:-40])
    before = set(tmp_path.iterdir())
    for path in (climbing, doubled, linked, bomb, cut):
        (delivery,) = resolve(film_of(path))
        assert delivery.stems == ()
        assert [one.reason for one in delivery.unplaced] == [UnplacedReason.ARCHIVE]
    assert set(tmp_path.iterdir()) == before
    assert not list(home.rglob("*.wav"))


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """Two chapters of real sound in a folder, and the same in an archive."""
    folder = tmp_path / "plain"
    for number in (1, 2):
        for seed, name in enumerate(STEMS):
            rate_hz = 44_100 if (number, name) == (2, "vo.wav") else 48_000
            write(folder / f"ch{number:02}" / name, noise(2, rate_hz, seed=10 * number + seed), rate_hz)
    (tmp_path / "zipped").mkdir()
    with zipfile.ZipFile(tmp_path / "zipped" / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*.wav")):
            archive.write(path, f"Delivery/{path.relative_to(folder).as_posix()}")
    return tmp_path


def test_check_and_conform_say_and_do_the_same(delivered: Path) -> None:
    store = FactStore(delivered / "cache")
    trees, findings = [], []
    for place in ("plain", "zipped"):
        film = open_film([delivered / place])
        run = check_film(film, store=store).run
        findings.append([(one.code, one.where.chapter, one.where.role, one.severity) for one in run.findings])
        result = conform(film, delivered / f"out {place}", store=store)
        trees.append({name: value for name, value in tree(result.out).items() if name.endswith(".wav")})
        names = [done.item.declared_path for done in result.items]
    assert findings[0] == findings[1]
    # A film without a film file is called after its folder.
    assert [name.replace("plain", "zipped") for name in trees[0]] == list(trees[1])
    assert names[0] == f"{delivered / 'zipped' / 'all.zip'}/ch01/vo.wav"
    assert not conform(film, delivered / "out zipped", store=store).has_written


def test_init_writes_places_in_the_archive_and_reads_them_again(delivered: Path) -> None:
    folder = delivered / "zipped"
    (folder / "list.csv").write_text("number,title,length\n1,Harbour,00:00:02:00\n2,Storm,00:00:02:00\n")
    init(folder, chapter_list=folder / "list.csv", frame_rate="24")
    text = (folder / "film.toml").read_text("utf-8")
    assert 'folder = "all.zip/ch01"' in text
    assert 'folder = "all.zip/ch02"' in text
    film = load_film(folder / "film.toml")
    store = FactStore(delivered / "cache")
    assert counted(resolve(film, store)) == [(1, 3), (2, 3)]
    codes = {finding.code for finding in check_film(film, store=store).run.findings if finding.is_blocking}
    assert codes == {"FMT001"}
    again = init(folder)
    assert again.merged is not None
    assert again.merged.added == ()
    in_hand = open_film([folder / "all.zip"])
    assert [chapter.number for chapter in in_hand.chapters] == [1, 2]
    assert in_hand.manifest == film.manifest


def test_a_list_tells_which_folder_in_the_archive_is_which_chapter(delivered: Path) -> None:
    folder = delivered / "zipped"
    packed(folder / "all.zip", "Delivery/Anna Moor/vo.wav", "Delivery/Ben Oak/vo.wav")
    (folder / "list.csv").write_text("number,creator,length\n1,Ben Oak,48f\n2,Anna Moor,48f\n")
    init(folder, chapter_list=folder / "list.csv", frame_rate="24")
    places = [chapter.declared_folder for chapter in load_film(folder / "film.toml").chapters]
    assert places == ["all.zip/Ben Oak", "all.zip/Anna Moor"]


@pytest.mark.parametrize("place", ["all.zip/ch09", "none.zip/ch01"])
def test_a_place_that_is_not_in_the_archive_is_missing(delivered: Path, place: str) -> None:
    text = f'[film]\nframe_rate = "24"\n[[chapter]]\nnumber = 1\nlength = "48f"\nfolder = "{place}"\n'
    (delivered / "zipped" / "film.toml").write_text(text)
    (delivery,) = resolve(load_film(delivered / "zipped" / "film.toml"), FactStore(delivered / "cache"))
    assert delivery.stems == ()


def test_no_place_in_an_archive_leads_out_of_the_films_folder(delivered: Path) -> None:
    text = '[film]\nframe_rate = "24"\n[[chapter]]\nnumber = 1\nlength = "48f"\nfolder = "all.zip/../../plain/ch01"\n'
    (delivered / "zipped" / "film.toml").write_text(text)
    with pytest.raises(ManifestError, match="folder"):
        load_film(delivered / "zipped" / "film.toml")
