"""From deliveries of many kinds to five prints that null: positions, joins, refusals, reruns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from stemkit.cli.commands.mix import command
from stemkit.core.block import Block
from stemkit.core.errors import OutputError, ProfileError, RenderError
from stemkit.core.film import Film, Role
from stemkit.core.timebase import KNOWN_RATE_NAMES, FrameRate
from stemkit.intake.folder import open_film
from stemkit.store.facts import FactStore
from stemkit.workflows import _mix_prints as prints
from stemkit.workflows.conform import conform
from stemkit.workflows.mix import MixResult, mix
from stemkit.workflows.verify import is_mix, verify_mix

RATE = 48_000
PRINTS = ("FULL", "VO", "SFX", "MUSIC", "ME")
ROLES = ("VO", "SFX", "MUSIC")


def noise(length: int, seed: int, rms: float = 0.05, channels: int = 2) -> Block:
    return np.clip(np.random.default_rng(seed).normal(0.0, rms, (length, channels)), -0.4, 0.4)


def write(path: Path, sound: Block, rate: int = RATE, subtype: str = "PCM_24") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate, subtype=subtype)


def film_file(folder: Path, lengths: list[int], head: str = "", *, fps: str = "24", chapter: str = "") -> Film:
    text = f'[film]\ntitle = "Prüfung"\nframe_rate = "{fps}"\n{head}\n'
    for number, length in enumerate(lengths, 1):
        text += f'[[chapter]]\nnumber = {number}\nlength = "{length}f"\nfolder = "ch{number:02}"\n{chapter}\n'
    (folder / "film.toml").write_text(text, "utf-8")
    return open_film([folder / "film.toml"])


def plain_film(folder: Path, lengths: list[int], head: str = "", *, fps: str = "24", rms: float = 0.05) -> Film:
    rate = FrameRate.parse(fps)
    for number, length in enumerate(lengths, 1):
        for index, role in enumerate(ROLES):
            sound = noise(rate.samples_at(length, RATE), 10 * number + index, rms)
            write(folder / f"ch{number:02}" / f"{role}.wav", sound)
    return film_file(folder, lengths, head, fps=fps)


def mixed(film: Film, out: Path, **options: Any) -> MixResult:
    return mix(film, out, store=FactStore(None), **options)


def ints(out: Path, result: MixResult, name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    path = next(each["path"] for each in result.data["prints"] if each["name"] == name)
    sound, _ = soundfile.read(out / path, dtype="int32", always_2d=True)
    return np.asarray(sound, np.int64) >> 8


def hashes(result: MixResult) -> list[str]:
    return [each["sha256"] for each in result.data["prints"]]


def test_an_impulse_is_at_its_right_sample_whatever_it_came_as(tmp_path: Path) -> None:
    def click(rate: int, seconds: float, at: int, channels: int = 2) -> Block:
        sound = np.zeros((round(seconds * rate), channels))
        sound[at] = 0.5
        return sound

    # The chapter is the second of three, so that the place in the film counts too.
    for number in (1, 3):
        for role in ROLES:
            write(tmp_path / f"ch{number:02}" / f"{role}.wav", np.zeros((RATE, 2)))
    two = tmp_path / "ch02"
    write(two / "dialogue.flac", click(44_100, 12, 441_000, 1), 44_100, "PCM_16")
    write(two / "sfx.wav", click(RATE, 12 + 4, 96_000 + 480_000))
    write(two / "music.aiff", click(96_000, 12, 960_000), 96_000)
    film = film_file(tmp_path, [24, 288, 24], '[defaults]\nhandles = { head = "48f", tail = "48f" }')
    result = mixed(film, tmp_path / "out")
    for name in PRINTS:
        sound = np.abs(ints(tmp_path / "out", result, name)).sum(axis=1)
        assert int(sound.argmax()) == RATE + 480_000, name
    full = ints(tmp_path / "out", result, "FULL")
    assert np.array_equal(full, sum(ints(tmp_path / "out", result, role) for role in ROLES))


@pytest.mark.parametrize("fps", KNOWN_RATE_NAMES)
def test_the_film_is_as_long_as_its_pictures_at_every_rate(tmp_path: Path, fps: str) -> None:
    lengths = [25, 31, 17]
    head = "[defaults]\ncrossfade.SFX = '6f'\ncrossfade.MUSIC = { before = '5f', after = '3f', law = 'equal-gain' }"
    result = mixed(plain_film(tmp_path, lengths, head, fps=fps), tmp_path / "out")
    expected = FrameRate.parse(fps).samples_at(sum(lengths), RATE)
    assert result.data["length_samples"] == expected
    assert {each["length_samples"] for each in result.data["prints"]} == {expected}
    assert {soundfile.info(tmp_path / "out" / each["path"]).frames for each in result.data["prints"]} == {expected}
    assert result.data["null_test"]["exact"] is True


def test_the_json_contract(tmp_path: Path) -> None:
    head = "[defaults]\ncrossfade.MUSIC = '12f'"
    result = mixed(plain_film(tmp_path, [48, 72], head), tmp_path / "out")
    data = json.loads(json.dumps(result.as_dict(), allow_nan=False))
    assert data["schema"] == "stemkit/mix/1"
    assert [each["name"] for each in data["prints"]] == list(PRINTS)
    assert data["prints"][4]["roles"] == ["SFX", "MUSIC"]
    assert data["prints"][0]["path"] == "Prüfung_FULL.wav"
    assert (data["null_test"]["exact"], data["null_test"]["max_residual_lsb"]) == (True, 0)
    assert {(each["sum"], *each["of"]) for each in data["null_test"]["sums"]} == {
        ("FULL", "VO", "SFX", "MUSIC"),
        ("FULL", "VO", "ME"),
        ("ME", "SFX", "MUSIC"),
    }
    assert {"target_lufs", "wanted_gain_db", "applied_gain_db", "limited_by", "reachable_lufs"} <= set(data["level"])
    joins = {each["role"]: each for each in data["boundaries"]}
    assert joins["VO"] == {
        "after": 1, "role": "VO", "before_samples": 0, "after_samples": 0, "law": "equal-power", "degraded": False,
        "correlation": None, "voice": None,
    }  # fmt: skip
    assert (joins["MUSIC"]["before_samples"], joins["MUSIC"]["degraded"]) == (480, True)
    assert data["refused"] == data["missing"] == []
    assert data["report"] == {"json": "report.json", "html": "report.html"}
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        [each["path"] for each in data["prints"]] + ["report.json", "report.html"]
    )
    assert abs(data["prints"][0]["measured"]["programme_loudness_lufs"] - -23.0) < 0.06
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert {"MIX003"} <= {finding["code"] for finding in report["findings"]}
    assert result.has_errors is False


def test_without_handles_a_join_fades_ten_milliseconds_inside_the_programme(tmp_path: Path) -> None:
    for number in (1, 2):
        for role in ROLES:
            write(tmp_path / f"ch{number:02}" / f"{role}.wav", np.full((RATE, 2), 0.01 * number))
    film = film_file(tmp_path, [24, 24], "[defaults]\ncrossfade.SFX = '12f'")
    result = mixed(film, tmp_path / "out")
    sound = ints(tmp_path / "out", result, "SFX")[:, 0]
    flat = sound[RATE // 2]
    assert abs(sound[RATE - 481] - flat) <= 2
    assert sound[RATE - 1] < 0.01 * flat
    assert sound[RATE] < 0.01 * sound[-1]
    assert abs(sound[RATE + 480] - sound[-1]) <= 2
    voice = ints(tmp_path / "out", result, "VO")[:, 0]
    assert abs(voice[RATE - 1] - voice[RATE // 2]) <= 2, "a straight cut fades nothing"


def test_one_recording_in_two_chapters_comes_back_within_one_lsb(tmp_path: Path) -> None:
    whole = np.rint(noise(2000 * 96, 5) * 2**23) / 2**23
    for role in ROLES:
        write(tmp_path / "ch01" / f"{role}.wav", whole[: 2000 * 60])
        write(tmp_path / "ch02" / f"{role}.wav", whole[2000 * 36 :])
    head = '[defaults]\nhandles = { head = "12f", tail = "12f" }\n'
    head += 'crossfade.MUSIC = { before = "12f", after = "12f", law = "equal-gain" }'
    result = mixed(film_file(tmp_path, [36, 36], head), tmp_path / "out")
    gain = 10 ** (result.data["level"]["applied_gain_db"] / 20)
    expected = whole[24_000 : 24_000 + 144_000] * gain * 2**23
    difference = ints(tmp_path / "out", result, "MUSIC") - expected
    assert np.abs(difference).max() <= 1.5  # one LSB of dither and half of rounding
    joins = {each["role"]: each for each in result.data["boundaries"]}
    assert (joins["MUSIC"]["before_samples"], joins["MUSIC"]["after_samples"]) == (24_000, 24_000)


def test_the_auto_law_reports_what_it_found(tmp_path: Path) -> None:
    whole = noise(2000 * 96, 5)
    for index, role in enumerate(ROLES):
        write(tmp_path / "ch01" / f"{role}.wav", whole[: 2000 * 60])
        write(tmp_path / "ch02" / f"{role}.wav", whole[2000 * 36 :] if index else noise(2000 * 60, 6))
    head = '[defaults]\nhandles = { head = "12f", tail = "12f" }\n'
    head += "".join(f'crossfade.{role} = {{ before = "12f", after = "12f", law = "auto" }}\n' for role in ROLES)
    result = mixed(film_file(tmp_path, [36, 36], head), tmp_path / "out")
    joins = {each["role"]: each for each in result.data["boundaries"]}
    assert {each["law"] for each in joins.values()} == {"auto"}
    assert joins["VO"]["correlation"] == pytest.approx(0.0, abs=0.02)
    assert joins["MUSIC"]["correlation"] == pytest.approx(1.0, abs=1e-6)
    gain = 10 ** (result.data["level"]["applied_gain_db"] / 20)
    expected = whole[24_000 : 24_000 + 144_000] * gain * 2**23
    assert np.abs(ints(tmp_path / "out", result, "MUSIC") - expected).max() <= 2


def test_mixing_raw_deliveries_equals_mixing_what_conform_makes_of_them(tmp_path: Path) -> None:
    for number in (1, 2):
        folder = tmp_path / f"ch{number:02}"
        write(folder / "vo.flac", noise(44_100 * 2, number, channels=1), 44_100, "PCM_16")
        write(folder / "sfx.wav", noise(RATE * 2, 10 + number), RATE, "PCM_16")
        write(folder / "music.wav", noise(RATE * 2, 20 + number))
    film = film_file(tmp_path, [48, 48], "[defaults]\ncrossfade.SFX = '12f'")
    raw = mixed(film, tmp_path / "raw")
    conform(film, tmp_path / "conformed", store=FactStore(None))
    again = mixed(open_film([tmp_path / "conformed"]), tmp_path / "again", jobs=2)
    assert hashes(raw) == hashes(again)
    assert {each["status"] for each in raw.report["conform"]} == {"written", "unchanged"}  # type: ignore[index]


def test_a_second_run_says_so_and_a_damaged_print_is_made_again(tmp_path: Path) -> None:
    film, out = plain_film(tmp_path, [24, 24]), tmp_path / "out"
    first = mixed(film, out)
    stamps = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    second = mixed(film, out)
    assert second.is_unchanged
    assert first.as_dict()["rendering"] == {"stretches": 1, "rendered": 1, "changed": []}
    assert second.as_dict()["rendering"] == {"stretches": 1, "rendered": 0, "changed": []}
    assert {**second.as_dict(), "rendering": None} == {**first.as_dict(), "rendering": None}
    assert stamps == {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    victim = out / first.data["prints"][1]["path"]
    victim.write_bytes(victim.read_bytes()[:-1] + b"\x7f")
    third = mixed(film, out)
    assert not third.is_unchanged
    assert hashes(third) == hashes(first)
    write(tmp_path / "ch02" / "VO.wav", noise(48_000, 99))
    fourth = mixed(film, out)
    assert not fourth.is_unchanged
    assert hashes(fourth) != hashes(first)


def test_one_changed_lsb_in_a_print_is_mix002(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = mixed(plain_film(tmp_path, [24, 24]), out)
    assert is_mix(out)
    assert not is_mix(tmp_path)
    assert verify_mix(out, store=FactStore(None)).is_proven
    victim = out / result.data["prints"][3]["path"]
    data = bytearray(victim.read_bytes())
    data[-600] ^= 1
    victim.write_bytes(data)
    verified = verify_mix(out, store=FactStore(None))
    assert not verified.is_proven
    assert {(finding.code, finding.condition) for finding in verified.findings} == {
        ("MIX002", "changed"),
        ("MIX002", "does_not_null"),
    }
    victim.unlink()
    assert not verify_mix(out, store=FactStore(None)).is_proven


def test_a_peak_that_forbids_the_level_is_an_honest_finding_and_nothing_is_limited(tmp_path: Path) -> None:
    film = plain_film(tmp_path, [72, 72], rms=0.002)
    sound = noise(72 * 2000, 1, 0.002)
    sound[30_000] = 0.5
    write(tmp_path / "ch01" / "SFX.wav", sound)
    result = mixed(film, tmp_path / "out")
    level = result.data["level"]
    assert level["limited_by"] == "true_peak"
    assert level["applied_gain_db"] < level["wanted_gain_db"]
    assert level["applied_gain_db"] == round(level["applied_gain_db"], 1)
    peaks = [each["measured"]["true_peak_dbtp"] for each in result.data["prints"]]
    assert -1.2 < max(peaks) <= -1.0
    full = result.data["prints"][0]["measured"]
    assert full["programme_loudness_lufs"] == pytest.approx(level["reachable_lufs"], abs=0.02)
    assert result.has_errors
    assert result.report is not None
    codes = {finding["code"]: finding for finding in result.report["findings"] if finding["stage"] == "print"}
    assert {"MIX001", "LUD001"} <= set(codes)
    assert codes["MIX001"]["params"]["peak_at_s"] == pytest.approx(30_000 / RATE, abs=1e-3)


def _nan(folder: Path) -> None:
    sound = noise(RATE, 1)
    sound[100] = np.nan
    write(folder / "ch02" / "SFX.wav", sound, subtype="FLOAT")


def _truncated(folder: Path) -> None:
    path = folder / "ch02" / "SFX.wav"
    path.write_bytes(path.read_bytes()[:-90_000])


def _two_candidates(folder: Path) -> None:
    write(folder / "ch02" / "other effects.wav", noise(RATE, 3))


def _short(folder: Path) -> None:
    write(folder / "ch02" / "SFX.wav", noise(RATE // 2, 3)[: RATE // 2 - 7])


def _absent(folder: Path) -> None:
    (folder / "ch02" / "SFX.wav").unlink()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(_nan, "SIG001"), (_truncated, "FMT007"), (_two_candidates, "STM006"), (_absent, "STM001")],
)
def test_an_unusable_stem_refuses_the_mix_and_silence_takes_only_its_place(
    tmp_path: Path, spoil: Any, code: str
) -> None:
    film, out = plain_film(tmp_path, [24, 24, 24]), tmp_path / "out"
    spoil(tmp_path)
    refused = mixed(film, out)
    assert (refused.data["prints"], refused.data["null_test"], refused.has_errors) == ([], None, True)
    assert [(each["chapter"], each["role"], each["code"]) for each in refused.data["refused"]] == [(2, "SFX", code)]
    assert all(each["reason"] and each["advice"] for each in refused.data["refused"])
    assert not out.exists()
    silent = mixed(film, out, missing_as_silence=True)
    assert [(each["chapter"], each["role"]) for each in silent.data["missing"]] == [(2, "SFX")]
    assert silent.has_errors
    assert silent.data["null_test"]["exact"]
    effects, voice = ints(out, silent, "SFX"), ints(out, silent, "VO")
    assert not effects[RATE : 2 * RATE].any()
    assert effects[:RATE].any()
    assert voice[RATE : 2 * RATE].any()


def test_a_length_without_a_safe_fix_is_refused(tmp_path: Path) -> None:
    film = plain_film(tmp_path, [240, 24])
    write(tmp_path / "ch01" / "SFX.wav", noise(2000 * 240 - 90_001, 3))
    refused = mixed(film, tmp_path / "out")
    assert [(each["chapter"], each["role"], each["code"]) for each in refused.data["refused"]] == [(1, "SFX", "LEN001")]


def test_a_file_with_the_wrong_extension_is_rewrapped_on_the_way(tmp_path: Path) -> None:
    film = plain_film(tmp_path, [24])
    sound = noise(RATE, 4)
    write(tmp_path / "ch01" / "VO.flac", sound)
    (tmp_path / "ch01" / "VO.flac").rename(tmp_path / "ch01" / "VO.wav")
    result = mixed(film, tmp_path / "out")
    assert result.data["refused"] == []
    assert result.data["null_test"]["exact"]
    assert ints(tmp_path / "out", result, "VO").any()


def test_a_declared_silence_is_no_gap(tmp_path: Path) -> None:
    plain_film(tmp_path, [24])
    (tmp_path / "ch01" / "MUSIC.wav").unlink()
    film = film_file(tmp_path, [24], chapter='intentionally_silent = ["MUSIC"]')
    result = mixed(film, tmp_path / "out")
    assert result.data["missing"] == []
    assert not ints(tmp_path / "out", result, "MUSIC").any()
    assert result.data["prints"][3]["measured"]["programme_loudness_lufs"] is None


def test_a_folder_without_a_film_file_is_a_film(tmp_path: Path) -> None:
    for number, seconds in ((1, 2), (2, 3)):
        for role in ROLES:
            write(tmp_path / "films" / f"ch{number:02}" / f"{role}.wav", noise(RATE * seconds, number))
    result = mixed(open_film([tmp_path / "films"]), tmp_path / "out")
    assert result.data["length_samples"] == 5 * RATE
    assert result.data["null_test"]["exact"]


def test_what_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = plain_film(tmp_path, [24, 24])
    write(tmp_path / "ch01" / "VO.wav", noise(44_100, 1), 44_100)

    def broken(*_: object) -> Iterator[object]:
        raise RenderError

    monkeypatch.setattr(prints, "prove_sums", broken)
    with pytest.raises(RenderError):
        mixed(film, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_sources_are_never_touched(tmp_path: Path) -> None:
    film = plain_film(tmp_path, [24, 24])
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()}
    mixed(film, tmp_path)
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before}


def test_a_full_disk_is_found_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = plain_film(tmp_path, [24, 24])
    monkeypatch.setattr("stemkit.core.space.free_bytes", lambda _: 1000)
    with pytest.raises(OutputError, match="free"):
        mixed(film, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_profiles_of_two_forms_cannot_be_mixed(tmp_path: Path) -> None:
    film = plain_film(tmp_path, [24])
    (tmp_path / "half.toml").write_text(
        'extends = "crowd-film"\nname = "half"\n[format]\nsample_rate_hz = 96000\nsource = "a test"\n', "utf-8"
    )
    with pytest.raises(ProfileError, match="96000 Hz"):
        mixed(film, tmp_path / "out", print_by=str(tmp_path / "half.toml"))


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    plain_film(tmp_path, [24, 24])
    arguments = [str(tmp_path), "-o", str(tmp_path / "out"), "--no-progress"]
    ended = CliRunner().invoke(command, [*arguments, "--json"])
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout)["null_test"]["exact"] is True
    ended = CliRunner().invoke(command, arguments)
    assert ended.exit_code == 0
    assert "nothing was rendered" in ended.stdout
    assert "null: exact over 96000 samples" in ended.stdout
    (tmp_path / "ch02" / "SFX.wav").unlink()
    ended = CliRunner().invoke(command, arguments)
    assert ended.exit_code == 1
    assert "REFUSED" in ended.stdout
    ended = CliRunner().invoke(command, [*arguments, "--missing", "silence", "--json"])
    assert ended.exit_code == 1
    assert json.loads(ended.stdout)["missing"][0]["role"] == Role.SFX.value
