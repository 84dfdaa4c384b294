"""The store believes what is certain, and a damaged or unwritable one changes nothing."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stemkit.core.layout import STEREO
from stemkit.meters._ledger import Ledger
from stemkit.meters.scan import Scanner
from stemkit.store._packed import pack, unpack
from stemkit.store.facts import FactStore, open_store, stored_digest

VERSIONS = {"loudness": 1, "true_peak": 2}
LONG_AGO_NS = 1_700_000_000_000_000_000


def ledger_of(seed: int = 1) -> Ledger:
    scanner = Scanner(48_000, 2, STEREO)
    scanner.push(np.random.default_rng(seed).normal(0.0, 0.1, (9600, 2)))
    return scanner.result()


LEDGER = ledger_of()


def same(a: Ledger | None, b: Ledger) -> bool:
    if a is None:
        return False
    left, right = a.as_arrays(), b.as_arrays()
    return all(np.array_equal(left[name], right[name]) for name in right)


@pytest.fixture
def store(tmp_path: Path) -> FactStore:
    return FactStore(tmp_path / "cache")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Make a file that was last written long ago."""
    path = tmp_path / "vo.wav"
    path.write_bytes(b"sound")
    os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))
    return path


def test_facts_of_an_unchanged_file_are_found_again(store: FactStore, sound: Path) -> None:
    assert store.get(sound, "stereo", VERSIONS) is None
    store.put(sound, "stereo", VERSIONS, LEDGER)
    again = FactStore(store.folder)
    assert same(again.get(sound, "stereo", VERSIONS), LEDGER)
    assert again.digest_of(sound) == stored_digest(LEDGER)


def test_another_layout_or_meter_is_another_fact(store: FactStore, sound: Path) -> None:
    store.get(sound, "stereo", VERSIONS)
    store.put(sound, "stereo", VERSIONS, LEDGER)
    assert store.get(sound, "mono", VERSIONS) is None
    assert store.get(sound, "stereo", {**VERSIONS, "loudness": 2}) is None
    assert store.get(sound, "stereo", {"true_peak": 2, "loudness": 1}) is not None


@pytest.mark.parametrize("change", ["content", "content_and_time_back", "size", "time", "other_file"])
def test_a_changed_file_is_read_again(store: FactStore, sound: Path, change: str) -> None:
    store.get(sound, "stereo", VERSIONS)
    store.put(sound, "stereo", VERSIONS, LEDGER)
    match change:
        case "content":
            sound.write_bytes(b"music")
        case "content_and_time_back":
            sound.write_bytes(b"music")
            os.utime(sound, ns=(LONG_AGO_NS, LONG_AGO_NS))
        case "size":
            sound.write_bytes(b"sounds")
            os.utime(sound, ns=(LONG_AGO_NS, LONG_AGO_NS))
        case "time":
            os.utime(sound, ns=(LONG_AGO_NS, LONG_AGO_NS + 1))
        case _:
            other = sound.with_name("other")
            other.write_bytes(b"other")
            os.utime(other, ns=(LONG_AGO_NS, LONG_AGO_NS))
            other.replace(sound)
    assert store.get(sound, "stereo", VERSIONS) is None


def test_a_file_that_changes_while_it_is_measured_is_not_kept(store: FactStore, sound: Path) -> None:
    store.get(sound, "stereo", VERSIONS)
    sound.write_bytes(b"while it was read")
    store.put(sound, "stereo", VERSIONS, LEDGER)
    assert store.get(sound, "stereo", VERSIONS) is None
    assert store.info().facts == 0


def test_a_file_is_not_kept_without_a_look_at_it_before(store: FactStore, sound: Path) -> None:
    store.put(sound, "stereo", VERSIONS, LEDGER)
    assert store.info().facts == 0


@pytest.mark.parametrize(
    ("older_by_ns", "believed"), [(1_999_000_000, False), (2_000_000_000, True), (-(10**12), False)]
)
def test_an_entry_is_believed_only_if_its_file_was_settled(
    store: FactStore, sound: Path, older_by_ns: int, believed: bool
) -> None:
    store.get(sound, "stereo", VERSIONS)
    store.put(sound, "stereo", VERSIONS, LEDGER)
    assert store.folder is not None
    (entry,) = store.folder.glob("index-*/*/*.json")
    written_ns = LONG_AGO_NS + older_by_ns
    os.utime(entry, ns=(written_ns, written_ns))
    assert (store.get(sound, "stereo", VERSIONS) is not None) is believed


def test_a_file_of_this_moment_is_read_again(store: FactStore, tmp_path: Path) -> None:
    path = tmp_path / "new.wav"
    path.write_bytes(b"new")
    store.get(path, "stereo", VERSIONS)
    store.put(path, "stereo", VERSIONS, LEDGER)
    assert store.get(path, "stereo", VERSIONS) is None
    assert store.info().facts == 1


def test_rehash_believes_only_what_it_found_itself(store: FactStore, sound: Path) -> None:
    store.get(sound, "stereo", VERSIONS)
    store.put(sound, "stereo", VERSIONS, LEDGER)
    store.put_facts("sum", "chapter", VERSIONS, LEDGER)
    fresh = FactStore(store.folder, rehash=True)
    assert fresh.get(sound, "stereo", VERSIONS) is None
    assert fresh.get_facts("sum", "chapter", VERSIONS) is None
    other = ledger_of(2)
    fresh.put(sound, "stereo", VERSIONS, other)
    assert same(fresh.get(sound, "stereo", VERSIONS), other)


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "text", "pickle"])
@pytest.mark.parametrize("pattern", ["facts-*/*/*.facts", "index-*/*/*.json"])
def test_damaged_files_are_not_believed(store: FactStore, sound: Path, pattern: str, damage: str) -> None:
    store.get(sound, "stereo", VERSIONS)
    store.put(sound, "stereo", VERSIONS, LEDGER)
    assert store.folder is not None
    (kept,) = store.folder.glob(pattern)
    content = bytearray(kept.read_bytes())
    match damage:
        case "empty":
            content.clear()
        case "cut":
            del content[-25:]
        case "flipped":
            content[len(content) // 2] ^= 0xFF
        case "text":
            content = bytearray(b'["not", "what", "was", "kept"]')
        case _:
            content = bytearray(b"\x80\x04]\x94.")
    kept.write_bytes(content)
    assert store.get(sound, "stereo", VERSIONS) is None
    store.put(sound, "stereo", VERSIONS, LEDGER)
    assert same(store.get(sound, "stereo", VERSIONS), LEDGER)


def test_sums_are_kept_under_digests_of_their_parts(store: FactStore) -> None:
    store.put_facts("a+b+c", "span", VERSIONS, LEDGER)
    assert same(store.get_facts("a+b+c", "span", VERSIONS), LEDGER)
    assert store.get_facts("a+b", "span", VERSIONS) is None


def test_hashes_of_files_are_kept(store: FactStore, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = store.sha256_of(sound)
    assert first == hashlib.sha256(b"sound").hexdigest()
    monkeypatch.setattr("stemkit.store.facts.sha256_of", lambda path: pytest.fail(f"{path} was read again"))
    assert store.sha256_of(sound) == first
    store.remember_sha256(sound, "0" * 64)
    assert store.sha256_of(sound) == "0" * 64


def test_off_keeps_and_believes_nothing(sound: Path, tmp_path: Path) -> None:
    store = open_store("off")
    store.get(sound, "stereo", VERSIONS)
    store.put(sound, "stereo", VERSIONS, LEDGER)
    store.put_facts("a", "b", VERSIONS, LEDGER)
    assert store.get(sound, "stereo", VERSIONS) is None
    assert store.get_facts("a", "b", VERSIONS) is None
    assert len(store.sha256_of(sound)) == 64
    assert store.clear().folder is None


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", str(tmp_path / "here"))
    assert open_store().folder == tmp_path / "here"
    monkeypatch.setenv("STEMKIT_CACHE", "OFF")
    assert open_store().folder is None
    monkeypatch.delenv("STEMKIT_CACHE")
    assert open_store().folder is not None


def test_a_folder_that_cannot_be_written_is_no_error(sound: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    store = FactStore(tmp_path / "taken")
    assert store.get(sound, "stereo", VERSIONS) is None
    store.put(sound, "stereo", VERSIONS, LEDGER)
    assert store.get(sound, "stereo", VERSIONS) is None
    assert store.info().facts == 0


def test_clear_removes_what_is_kept_and_nothing_else(store: FactStore, sound: Path) -> None:
    store.get(sound, "stereo", VERSIONS)
    store.put(sound, "stereo", VERSIONS, LEDGER)
    assert store.folder is not None
    foreign = store.folder / "kernels" / "kept.nbi"
    foreign.parent.mkdir()
    foreign.write_bytes(b"kernel")
    before = store.clear()
    assert (before.files, before.facts) == (1, 1)
    assert before.size_bytes > 1000
    assert store.info() == replace(before, files=0, facts=0, size_bytes=0)
    assert [path for path in store.folder.rglob("*") if path.is_file()] == [foreign]


def test_names_that_are_no_text_are_kept_too(store: FactStore, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xfe.wav")
    try:
        path.write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes no such names")
    store.get(path, "stereo", VERSIONS)
    store.put(path, "stereo", VERSIONS, LEDGER)
    assert store.info().facts == 1


def test_packed_arrays_come_back_as_they_were() -> None:
    arrays = {
        "floats": np.linspace(0.0, 1.0, 7).reshape(7, 1),
        "empty": np.zeros((0, 5)),
        "number": np.asarray(3),
        "text": np.asarray("\u00fcber {}"),
        "flags": np.array([True, False]),
        "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "half": np.ones(3, dtype=np.float16),
    }
    back = unpack(pack(arrays))
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape
        assert np.array_equal(back[name], array)
        back[name][...] = back[name]


def test_what_is_no_number_and_no_text_is_not_packed() -> None:
    with pytest.raises(ValueError, match="not kept"):
        pack({"objects": np.array([object()])})
    for data in (b"", b"stemkit1", b"x" * 40):
        with pytest.raises(ValueError, match=r"short|packed"):
            unpack(data)
