"""From files to a verdict: what a creator and a supervisor see of real deliveries."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemkit.core.errors import ManifestError, ProfileError, UsageError
from stemkit.core.progress import Event
from stemkit.workflows.check import CheckResult, check
from tests.check.deliveries import clean_chapter, film_of, sound, write

TOP = {"schema", "version", "profile", "film", "verdict", "chapters", "findings", "counts"}
CHAPTER = {"number", "title", "creator", "verdict", "measured", "stems"}
STEM = {"role", "path", "name", "media", "measured"}
FINDING = {
    *("code", "condition", "severity", "outcome", "confidence", "chapter", "role", "path", "name"),
    *("start_s", "end_s", "start_tc", "end_tc", "observed", "expected", "unit", "params"),
    *("message", "advice", "fix", "waived"),
}
MEASURED = {
    *("programme_loudness_lufs", "loudness_range_lu", "max_momentary_lufs", "max_short_term_lufs"),
    *("true_peak_dbtp", "true_peak_at_s", "sample_peak_dbfs", "undefined"),
}
COUNTS = {"error", "warning", "info", "skipped", "waived", "passed"}


@pytest.fixture(autouse=True)
def _no_facts_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", str(tmp_path / "cache"))


def _faults(result: CheckResult) -> list[str]:
    return [
        f"{one['code']}.{one['condition']} {one['role']}"
        for one in result.report["findings"]
        if one["outcome"] == "fail" and one["severity"] != "info"
    ]


def test_a_clean_folder_is_ready_and_says_what_it_could_not_check(tmp_path: Path) -> None:
    result = check([clean_chapter(tmp_path / "ch01")])
    assert result.verdict == "ready"
    assert not result.has_errors
    assert _faults(result) == []
    assert any(one["condition"] == "skip_no_picture" for one in result.report["findings"])


def test_a_clean_film_is_ready_in_every_chapter(tmp_path: Path) -> None:
    result = check([film_of(tmp_path)])
    assert [one["verdict"] for one in result.report["chapters"]] == ["ready", "ready"]
    assert result.report["findings"] == []
    assert result.report["film"] == str(tmp_path / "film.toml")
    chapter = result.report["chapters"][0]
    assert chapter["measured"]["programme_loudness_lufs"] == pytest.approx(-18.9, abs=3.0)


def test_the_json_object_has_every_field_of_the_contract(tmp_path: Path) -> None:
    film_of(tmp_path)
    (tmp_path / "ch01" / "Film_ch01_VO.wav").write_bytes(b"")
    write(tmp_path / "ch02" / "Film_ch02_VO.wav", 0.0 * sound(1, 4 * 48_000))
    (tmp_path / "ch02" / "Film_ch02_SFX.wav").unlink()
    report = check([tmp_path]).report
    assert set(report) == TOP
    assert set(report["counts"]) == COUNTS
    assert set(report["profile"]) == {"name", "revision"}
    stems = [stem for chapter in report["chapters"] for stem in chapter["stems"]]
    assert all(set(chapter) == CHAPTER for chapter in report["chapters"])
    assert all(set(stem) == STEM for stem in stems)
    assert all(set(finding) == FINDING for finding in report["findings"])
    measured = [part["measured"] for part in [*report["chapters"], *stems]]
    for numbers in measured:
        assert set(numbers) == MEASURED
        missing = {key for key, value in numbers.items() if value is None}
        assert missing == set(numbers["undefined"])
    json.dumps(report, allow_nan=False)


def test_verdicts_tell_what_a_tool_can_do_from_what_a_person_must(tmp_path: Path) -> None:
    film = film_of(tmp_path, chapters=3)
    write(tmp_path / "ch02" / "Film_ch02_VO.wav", sound(7, 4 * 44_100, channels=1), 44_100)
    (tmp_path / "ch03" / "Film_ch03_MUSIC.wav").write_bytes(b"not a sound at all, really not one")
    report = check([film]).report
    assert [one["verdict"] for one in report["chapters"]] == ["ready", "fix", "ask"]
    assert report["verdict"] == "ask"


def test_findings_come_in_the_order_in_which_to_act(tmp_path: Path) -> None:
    film = film_of(tmp_path, chapters=1)
    folder = tmp_path / "ch01"
    write(folder / "Film_ch01_VO.wav", sound(1, 4 * 44_100 - 4410, channels=1, gain=0.0), 44_100, "PCM_16")
    (folder / "Film_ch01_SFX.wav").unlink()
    report = check([film]).report
    codes = [one["code"] for one in report["findings"] if one["severity"] == "error"]
    assert codes == ["STM001", "FMT001", "FMT003", "FMT002", "LEN001", "STM003"]


def test_a_rate_that_lies_is_told_once_and_never_contradicted(tmp_path: Path) -> None:
    film = film_of(tmp_path, chapters=1)
    write(tmp_path / "ch01" / "Film_ch01_VO.wav", sound(1, 4 * 48_000), 44_100)
    result = check([film])
    assert _faults(result) == ["LEN001.mislabelled_rate VO"]
    assert result.verdict == "ask"


@pytest.mark.parametrize("with_film", [True, False])
def test_a_rate_that_lies_is_found_without_a_film_file_too(tmp_path: Path, with_film: bool) -> None:
    film_of(tmp_path, chapters=1)
    write(tmp_path / "ch01" / "Film_ch01_VO.wav", sound(1, 4 * 44_100), 48_000)
    if not with_film:
        (tmp_path / "film.toml").unlink()
    assert "LEN001.mislabelled_rate VO" in _faults(check([tmp_path / "ch01"]))


def test_one_chapter_in_hand_does_not_ask_for_the_others(tmp_path: Path) -> None:
    film = film_of(tmp_path)
    for path in (tmp_path / "ch02").iterdir():
        path.unlink()
    result = check([tmp_path / "ch01"], film_file=film)
    assert [one["number"] for one in result.report["chapters"]] == [1]
    assert result.verdict == "ready"
    assert check([film]).verdict == "ask"


def test_one_file_does_not_ask_for_the_other_roles(tmp_path: Path) -> None:
    path = write(tmp_path / "my voice VO.wav", sound(1, 4 * 48_000))
    result = check([path])
    assert _faults(result) == []
    assert {one["condition"] for one in result.report["findings"]} >= {"skip_single_files"}


def test_places_are_told_in_the_file_and_in_the_film(tmp_path: Path) -> None:
    extra = "[[chapter]]\nnumber = 3\nlength = '96f'\nfolder = 'ch03'\nhandles = { head = '24f', tail = '24f' }\n"
    film = film_of(tmp_path, 2, extra)
    clean_chapter(tmp_path / "ch03", 3, length=6 * 48_000)
    samples = sound(9, 6 * 48_000)
    samples[3 * 48_000] = np.nan
    write(tmp_path / "ch03" / "Film_ch03_VO.wav", samples, subtype="FLOAT")
    result = check([film])
    (found,) = [one for one in result.report["findings"] if one["code"] == "SIG001"]
    assert (found["start_s"], found["observed"]) == (3.0, 2)
    # Two chapters of 4 s, then 3 s into the file, of which the first is the head handle.
    assert found["start_tc"] == "01:00:10:00"
    assert result.report["chapters"][2]["measured"]["programme_loudness_lufs"] is None


def test_a_print_of_the_sum_is_measured_as_the_mix_would_add_it(tmp_path: Path) -> None:
    film = film_of(tmp_path, chapters=1)
    folder, length = tmp_path / "ch01", 4 * 48_000
    tone = 0.4 * np.sin(2 * np.pi * 1000 * np.arange(length) / 48_000)[:, np.newaxis]
    for role in ("VO", "SFX", "MUSIC"):
        write(folder / f"Film_ch01_{role}.wav", np.repeat(tone, 2, axis=1))
    write(folder / "Film_ch01_VO.wav", tone, subtype="PCM_16")
    measured = check([film]).report["chapters"][0]["measured"]
    assert measured["sample_peak_dbfs"] == pytest.approx(20 * np.log10(1.2), abs=0.001)


def test_the_same_sound_twice_is_found_in_any_container(tmp_path: Path) -> None:
    film = film_of(tmp_path, chapters=1)
    # Integers, so that both encoders store the same values.
    samples = (sound(5, 4 * 48_000) * 2**23).astype(np.int32) * 256
    write(tmp_path / "ch01" / "Film_ch01_VO.wav", samples)
    (tmp_path / "ch01" / "Film_ch01_MUSIC.wav").unlink()
    write(tmp_path / "ch01" / "Film_ch01_MUSIC.flac", samples)
    assert {"STM004.same_chapter VO", "STM004.same_chapter MUSIC"} <= set(_faults(check([film])))


def test_a_waiver_keeps_its_reason_and_lifts_the_verdict(tmp_path: Path) -> None:
    waiver = '[[waiver]]\nrule = "STM003"\nchapter = 1\nstem = "VO"\nreason = "nobody speaks"\n'
    film = film_of(tmp_path, 1, waiver)
    write(tmp_path / "ch01" / "Film_ch01_VO.wav", 0.0 * sound(1, 4 * 48_000))
    result = check([film])
    (found,) = [one for one in result.report["findings"] if one["code"] == "STM003"]
    assert found["waived"] is True
    assert found["params"]["waiver_reason"] == "nobody speaks"
    assert result.verdict == "ready"
    assert result.report["counts"]["waived"] == 1


def test_select_and_ignore(tmp_path: Path) -> None:
    folder = clean_chapter(tmp_path / "ch01")
    write(folder / "Film_ch01_VO.wav", sound(1, 4 * 44_100, channels=1), 44_100)
    assert _faults(check([folder], select=["FMT"])) == ["FMT001.sample_rate VO", "FMT003.mono VO"]
    assert _faults(check([folder], select=["FMT"], ignore=["FMT003"])) == ["FMT001.sample_rate VO"]


def test_a_second_run_measures_nothing_and_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    film = film_of(tmp_path)
    write(tmp_path / "ch01" / "Film_ch01_VO.wav", sound(1, 4 * 44_100, channels=1), 44_100)
    for path in tmp_path.rglob("*.wav"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    # The change time cannot be set back, so files are only believed once they have settled.
    monkeypatch.setattr("stemkit.store.facts._SETTLED_NS", 0)
    first = check([film])

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr("stemkit.intake._work.scan_file", refuse)
    monkeypatch.setattr("stemkit.intake._work.Scanner", refuse)
    assert check([film]).report == first.report
    with pytest.raises(AssertionError, match="measured again"):
        check([film], rehash=True)


@pytest.mark.parametrize("jobs", [1, 7])
def test_the_number_of_jobs_changes_nothing(tmp_path: Path, jobs: int) -> None:
    film = film_of(tmp_path)
    write(tmp_path / "ch02" / "Film_ch02_VO.wav", sound(1, 4 * 44_100, channels=1), 44_100)
    assert check([film], jobs=jobs, rehash=True).report == check([film], jobs=2, rehash=True).report


def test_progress_ends_where_it_should(tmp_path: Path) -> None:
    seen: dict[str, Event] = {}
    check([film_of(tmp_path)], progress=lambda event: seen.update({event.task: event}))
    assert set(seen) >= {"measuring stems", "adding up the chapters"}
    assert all(event.done == event.total > 0 for event in seen.values())


def test_fixing_writes_copies_and_checks_those(tmp_path: Path) -> None:
    film = film_of(tmp_path / "in", chapters=1)
    source = write(tmp_path / "in" / "ch01" / "Film_ch01_VO.wav", sound(1, 4 * 44_100, channels=1), 44_100)
    before = source.read_bytes()
    result = check([film], fix_into=tmp_path / "out")
    assert result.verdict == "ready"
    assert source.read_bytes() == before
    assert all(str(tmp_path / "out") in stem["path"] for stem in result.report["chapters"][0]["stems"])
    assert result.report["repaired_into"] == str(tmp_path / "out")
    assert f"Repaired copies: {tmp_path / 'out'}" in result.in_format("text", width=1000)
    assert "deliver the repaired copies" in result.in_format("text")
    clean = check([film], ignore=["FMT", "LEN"])
    assert "repaired_into" not in clean.report
    assert "deliver these stems" in clean.in_format("text")


def test_a_stem_whose_end_was_made_to_fit_is_part_of_the_chapter_again(tmp_path: Path) -> None:
    film = film_of(tmp_path / "in", chapters=1)
    write(tmp_path / "in" / "ch01" / "Film_ch01_SFX.wav", sound(1, 4 * 48_000 - 480))
    result = check([film], fix_into=tmp_path / "out")
    assert [(one["code"], one["condition"]) for one in result.report["findings"] if one["code"] == "LEN001"] == [
        ("LEN001", "fitted")
    ]
    assert result.report["chapters"][0]["measured"]["programme_loudness_lufs"] is not None


def test_what_cannot_be_repaired_stays(tmp_path: Path) -> None:
    film = film_of(tmp_path / "in", chapters=1)
    write(tmp_path / "in" / "ch01" / "Film_ch01_VO.wav", sound(1, 4 * 44_100, channels=1), 44_100)
    (tmp_path / "in" / "ch01" / "Film_ch01_SFX.wav").write_bytes(b"")
    result = check([film], fix_into=tmp_path / "out")
    assert result.verdict == "ask"
    left = [(one["code"], one["role"]) for one in result.report["findings"] if one["severity"] == "error"]
    assert left == [("FMT007", "SFX")]


def test_what_was_in_doubt_before_a_repair_is_in_doubt_after_it(tmp_path: Path) -> None:
    film = film_of(tmp_path / "in", chapters=1)
    folder = tmp_path / "in" / "ch01"
    write(folder / "Film_ch01_VO.wav", sound(1, 4 * 44_100, channels=1), 44_100)
    write(folder / "Film_ch01_MUSIC_v2.wav", sound(2, 4 * 48_000))
    write(folder / "what.wav", sound(3, 4 * 48_000))
    for paths in ([film], [folder]):
        result = check(paths, fix_into=tmp_path / f"out-{paths[0].stem}")
        left = {(one["code"], one["role"]) for one in result.report["findings"] if one["severity"] == "error"}
        assert left == {("STM006", "MUSIC"), ("STM002", None)}
        assert len(result.report["chapters"][0]["stems"]) == 2


def _broken(path: Path, kind: str) -> None:
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "header": whole[:44], "cut": whole[: len(whole) // 2], "text": b"hello" * 99}[kind])


@pytest.mark.parametrize("kind", ["empty", "header", "cut", "text"])
def test_a_broken_file_is_a_finding_in_plain_words(tmp_path: Path, kind: str) -> None:
    film = film_of(tmp_path, chapters=1)
    _broken(tmp_path / "ch01" / "Film_ch01_VO.wav", kind)
    result = check([film])
    faults = _faults(result)
    assert len(faults) == 1
    assert faults[0].startswith("FMT007.")
    assert result.verdict == "ask"
    assert "cannot be used" in result.report["chapters"][0]["measured"]["undefined"]["true_peak_dbtp"]


@pytest.mark.parametrize(
    "name", ["ch\u00fc VO.wav", "chu\u0308 VO.wav", "第七章 旁白.wav", "🎬 a\nb VO.wav", "x" * 230 + " VO.wav"]
)
def test_names_of_all_kinds(tmp_path: Path, name: str) -> None:
    folder = clean_chapter(tmp_path / "ch01")
    (folder / "Film_ch01_VO.wav").rename(folder / name)
    result = check([folder])
    assert _faults(result) == []
    (stem,) = [one for one in result.report["chapters"][0]["stems"] if one["role"] == "VO"]
    assert Path(stem["path"]).exists()
    assert "\n" not in stem["name"]


def test_wrong_commands_are_errors_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        check([tmp_path / "nowhere"])
    folder = clean_chapter(tmp_path / "ch01")
    with pytest.raises(ProfileError):
        check([folder], profile="no-such-profile")
    with pytest.raises(UsageError):
        check([folder], select=["XYZ"])
    (tmp_path / "film.toml").write_text("[film\n", encoding="utf-8")
    with pytest.raises(ManifestError):
        check([tmp_path])


def test_sources_are_never_touched(tmp_path: Path) -> None:
    film = film_of(tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*.wav")}
    check([film])
    after: dict[Path, Any] = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*.wav")}
    assert after == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "ch01", "ch02", "film.toml"]


def test_one_chapter_in_hand_never_asks_for_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = film_of(tmp_path, chapters=3)
    for number in (1, 3):
        shutil.rmtree(tmp_path / f"ch{number:02}")
    for report in (
        check([tmp_path / "ch02"], film_file=film).report,
        check([tmp_path / "ch02"]).report,
        _from_inside(tmp_path / "ch02", monkeypatch, None),
        _from_inside(tmp_path / "ch02", monkeypatch, film),
    ):
        assert [chapter["number"] for chapter in report["chapters"]] == [2]
        assert report["verdict"] == "ready"
        assert not [one for one in report["findings"] if one["chapter"] not in (None, 2)]
    assert check([film]).verdict == "ask"


def _from_inside(folder: Path, monkeypatch: pytest.MonkeyPatch, film: Path | None) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    return check([], film_file=film).report


def test_who_interrupts_waits_for_no_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    told: list[Event] = []

    def give_up(event: Event) -> None:
        told.append(event)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check([film_of(tmp_path, chapters=3)], jobs=2, progress=give_up)
    assert len(told) <= 3
