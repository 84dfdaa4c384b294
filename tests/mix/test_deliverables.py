"""Prints in every form: reels, channels, leaders, depths and FLAC hold the very samples of the plain mix."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from stemkit.audio.probe import probe
from stemkit.cli.commands.mix import command
from stemkit.core.errors import ManifestError, ProfileError, RenderError, StemkitError, UsageError
from stemkit.core.film import Film
from stemkit.core.profile import load_profile
from stemkit.intake.folder import open_film
from stemkit.workflows._mix_asked import chapter_runs, with_files_asked
from stemkit.workflows.mix import MixResult
from stemkit.workflows.verify import verify_mix
from tests.mix.test_mix import PRINTS, RATE, film_file, mixed, noise, plain_film, write
from tests.oracles import require_module, require_program

START = 'start_timecode = "01:00:00:00"'
LEADER = """
[delivery.leader]
head = "3s"
pop = "2s"
tone = "12f"
tail = "3s"
tail_pop = "2s"
source = "a test"
"""
Ints = np.ndarray[Any, np.dtype[np.int64]]


def profiled(folder: Path, text: str, name: str = "form") -> Path:
    (folder / "profiles").mkdir(exist_ok=True)
    path = folder / "profiles" / f"{name}.toml"
    path.write_text(f'extends = "crowd-film"\ntitle = "a form"\n{text}', "utf-8")
    return path


def sound(path: Path) -> Ints:
    found, rate = soundfile.read(path, dtype="float64", always_2d=True)
    assert rate == RATE
    assert np.array_equal(found * 2**23, np.rint(found * 2**23))
    return np.asarray(found * 2**23, np.int64)


def as_one(out: Path, result: MixResult, name: str) -> Ints:
    """Put the files of a print together again, without leader, by what the JSON says of them."""
    row = next(each for each in result.data["prints"] if each["name"] == name)
    whole = np.zeros((result.data["length_samples"], 2), np.int64)
    for part in row["files"]:
        held = sound(out / part["path"])
        assert len(held) == part["length_samples"]
        start, head, length = part["start_samples"], part["head_samples"], part["programme_samples"]
        assert head + length + part["tail_samples"] == len(held)
        whole[start : start + length, part["channel_indices"]] = held[head : head + length]
    return whole


def bwf(path: str) -> Any:
    return require_module("wavinfo").WavInfoReader(path)


FORMS = {
    "plain": ("", {}, 1),
    "reels": ("", {"reels": "1,2"}, 3),
    "discrete": ('[delivery]\npackaging = "discrete-mono"', {}, 2),
    "leader": (LEADER, {}, 1),
    "flac": ("", {"container": "flac"}, 1),
    "float": ("[delivery]\nbit_depth_bits = 32", {}, 1),
    "everything": ('[delivery]\npackaging = "discrete-mono"\ncontainer = "flac"' + LEADER, {"reels": "2"}, 4),
}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    folder = tmp_path_factory.mktemp("film")
    head = f'{START}\n[defaults]\nhandles = {{ head = "6f", tail = "6f" }}\ncrossfade.MUSIC = "6f"'
    lengths = [25, 31, 24]
    for number, length in enumerate(lengths, 1):
        for index, role in enumerate(("VO", "SFX", "MUSIC")):
            write(folder / f"ch{number:02}" / f"{role}.wav", noise((length + 12) * 2000, 10 * number + index))
    return film_file(folder, lengths, head)


@pytest.fixture(scope="module")
def plain(film: Film, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ints]:
    out = tmp_path_factory.mktemp("plain")
    result = mixed(film, out)
    return {name: as_one(out, result, name) for name in PRINTS}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_samples_of_the_plain_mix_and_is_proven(
    film: Film, plain: dict[str, Ints], tmp_path: Path, form: str
) -> None:
    text, asked, count = FORMS[form]
    film = with_files_asked(film, asked.get("reels"), asked.get("container"))  # type: ignore[arg-type]
    profiled(film.base, text, form)
    result = mixed(film, tmp_path / "out", print_by=form)
    assert result.data["null_test"]["exact"] is True
    assert result.data["null_test"]["samples"] == 80 * 2000
    for row in result.data["prints"]:
        assert len(row["files"]) == count
        assert (row["path"], row["sha256"]) == (row["files"][0]["path"], row["files"][0]["sha256"])
        assert np.array_equal(as_one(tmp_path / "out", result, row["name"]), plain[row["name"]]), row["name"]
    assert len(result.data["reels"]) == {"reels": 3, "everything": 2}.get(form, 0)
    assert all(reel["null_test"]["exact"] for reel in result.data["reels"])
    assert verify_mix(tmp_path / "out").is_proven
    again = mixed(film, tmp_path / "out", print_by=form)
    assert again.is_unchanged
    assert {**again.data, "rendering": None} == {**result.data, "rendering": None}


def test_a_changed_file_of_a_print_is_found_wherever_it_is(film: Film, tmp_path: Path) -> None:
    film = with_files_asked(film, "1", None)
    profiled(film.base, '[delivery]\npackaging = "discrete-mono"' + LEADER, "split")
    result = mixed(film, tmp_path / "out", print_by="split")
    for row in result.data["prints"]:
        stated = [probe(tmp_path / "out" / file["path"]).bext for file in row["files"] if file["reel"] == 1]
        # Each channel states the levels of the whole sound; its own say nothing about the programme.
        assert len({(bext.loudness_lufs, bext.max_true_peak_dbtp) for bext in stated if bext}) == 1
        assert stated[0] is not None
        assert stated[0].loudness_lufs is not None
    changed = tmp_path / "out" / result.data["prints"][0]["files"][-1]["path"]
    data = bytearray(changed.read_bytes())
    data[-3 * RATE * 3 - 3000] ^= 1  # in the programme, before 3 s of tail
    changed.write_bytes(data)
    found = verify_mix(tmp_path / "out")
    assert {finding.condition for finding in found.findings} == {"changed", "does_not_null"}
    assert changed.name in {finding.where.path.name for finding in found.findings if finding.where.path}
    changed.unlink()
    gone = verify_mix(tmp_path / "out")
    assert not gone.is_proven
    assert "a print cannot be read, or is not as long as it was" in {null.reason for null in gone.facts.nulls}


def test_pop_and_tone_stand_where_practice_has_them_and_are_not_measured(film: Film, tmp_path: Path) -> None:
    profiled(film.base, LEADER, "lead")
    result = mixed(film, tmp_path / "out", print_by="lead")
    bare = mixed(film, tmp_path / "bare")
    full = result.data["prints"][0]
    held = sound(tmp_path / "out" / full["path"])[:, 0]
    head, end = 3 * RATE, 3 * RATE + 80 * 2000

    def runs(start: int, stop: int) -> list[tuple[object, object]]:
        loud = np.flatnonzero(np.abs(held[start:stop]) > 1000) + start
        cuts = np.flatnonzero(np.diff(loud) > 100)
        return list(zip(loud[[0, *(cuts + 1)]].tolist(), loud[[*cuts, -1]].tolist(), strict=True))

    # Line-up tone from the first sample; one frame two seconds before the picture.
    assert runs(0, head) == [(1, pytest.approx(24_000, abs=30)), (RATE + 1, pytest.approx(RATE + 2000, abs=30))]
    # The tail pop begins 48 frames after the beginning of the last frame.
    assert runs(end, len(held)) == [(end + 47 * 2000 + 1, pytest.approx(end + 48 * 2000, abs=30))]
    assert np.abs(held[:24_000]).max() == round(0.1 * 2**23)
    spectrum = np.abs(np.fft.rfft(held[RATE : RATE + 2000]))
    assert int(spectrum.argmax()) * RATE / 2000 == pytest.approx(1000, abs=24)
    assert full["measured"] == bare.data["prints"][0]["measured"]
    assert full["length_samples"] == bare.data["length_samples"]
    assert bwf(str(tmp_path / "out" / full["path"])).bext.time_reference == 3597 * RATE


def test_a_print_may_go_without_tone_so_that_the_whole_files_add_up(film: Film, tmp_path: Path) -> None:
    rows = "".join(
        f'[[prints]]\nname = "{name}"\nroles = {roles}\nleader_tone = {tone}\n'
        for name, roles, tone in (
            ("FULL", '["VO", "SFX", "MUSIC"]', "true"),
            ("VO", '["VO"]', "true"),
            ("SFX", '["SFX"]', "false"),
            ("MUSIC", '["MUSIC"]', "false"),
        )
    )
    profiled(film.base, rows + LEADER, "tones")
    result = mixed(film, tmp_path / "out", print_by="tones")
    full, *roles = (sound(tmp_path / "out" / each["path"]) for each in result.data["prints"])
    assert np.array_equal(full, sum(roles))
    assert full[: 3 * RATE].any()


def test_other_programs_read_place_levels_and_chapters(film: Film, tmp_path: Path) -> None:
    film = with_files_asked(film, "1", None)
    profiled(film.base, LEADER, "lead")
    result = mixed(film, tmp_path / "out", print_by="lead")
    row = result.data["prints"][0]
    second = tmp_path / "out" / row["files"][1]["path"]
    info = bwf(str(second))
    assert info.bext.time_reference == 3597 * RATE + 25 * 2000
    assert {cue["frame"]: cue["label"] for cue in info.cues.to_dict().values()} == {
        3 * RATE: "2",
        3 * RATE + 31 * 2000: "3",
    }
    assert info.ixml.project == "Prüfung"
    reel = sound(second)[3 * RATE : 3 * RATE + 55 * 2000] / 2**23
    oracle = require_module("pyloudnorm").Meter(RATE)
    assert info.bext.loudness_value == pytest.approx(oracle.integrated_loudness(reel), abs=0.06)
    whole = mixed(with_files_asked(film, "none", None), tmp_path / "whole")
    measured = whole.data["prints"][0]["measured"]
    stated = bwf(str(tmp_path / "whole" / whole.data["prints"][0]["path"])).bext
    assert stated.loudness_value == pytest.approx(measured["programme_loudness_lufs"], abs=0.005)
    assert stated.max_true_peak == pytest.approx(measured["true_peak_dbtp"], abs=0.005)
    asked = [require_program("mediainfo"), "--Output=JSON", str(second)]
    said = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    assert said["media"]["track"][0]["Producer"] == "stemkit"


def test_flac_has_chapters_and_its_place_and_decodes_elsewhere(
    film: Film, plain: dict[str, Ints], tmp_path: Path
) -> None:
    result = mixed(with_files_asked(film, None, "flac"), tmp_path / "out")
    path = tmp_path / "out" / result.data["prints"][0]["path"]
    assert path.suffix == ".flac"
    assert path.stat().st_size < 80 * 2000 * 6
    asked = [require_program("ffprobe"), "-v", "error", "-of", "json", "-show_chapters", "-show_format", str(path)]
    said = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    assert [each["tags"]["title"] for each in said["chapters"]] == ["1", "2", "3"]
    assert said["format"]["tags"]["TIME_REFERENCE"] == str(3600 * RATE)
    asked = [require_program("ffmpeg"), "-v", "error", "-i", str(path), "-f", "s32le", "-"]
    raw = subprocess.run(asked, capture_output=True, check=True).stdout
    assert np.array_equal(np.frombuffer(raw, "<i4").astype(np.int64).reshape(-1, 2) >> 8, plain["FULL"])


def test_sixteen_bits_null_too(film: Film, tmp_path: Path) -> None:
    profiled(film.base, "[delivery]\nbit_depth_bits = 16", "short")
    result = mixed(film, tmp_path / "out", print_by="short")
    assert result.data["null_test"]["exact"] is True
    paths = {each["name"]: tmp_path / "out" / each["path"] for each in result.data["prints"]}
    held = {name: soundfile.read(path, dtype="int16")[0].astype(np.int64) for name, path in paths.items()}
    assert {soundfile.info(path).subtype for path in paths.values()} == {"PCM_16"}
    assert np.array_equal(held["FULL"], held["VO"] + held["SFX"] + held["MUSIC"])


def test_any_sum_of_roles_is_a_print(film: Film, tmp_path: Path) -> None:
    rows = [("MIX", "VO SFX MUSIC"), ("NODX", "SFX MUSIC"), ("NOMX", "VO SFX"), ("DXMX", "VO MUSIC"), ("VO", "VO")]
    rows += [("SFX", "SFX"), ("MUSIC", "MUSIC")]
    text = "".join(f'[[prints]]\nname = "{name}"\nroles = {json.dumps(roles.split())}\n' for name, roles in rows)
    profiled(film.base, text, "sums")
    result = mixed(film, tmp_path / "out", print_by="sums")
    assert {(each["sum"], *each["of"]) for each in result.data["null_test"]["sums"]} == {
        ("MIX", "VO", "SFX", "MUSIC"), ("MIX", "NODX", "VO"), ("MIX", "NOMX", "MUSIC"), ("MIX", "DXMX", "SFX"),
        ("NODX", "SFX", "MUSIC"), ("NOMX", "VO", "SFX"), ("DXMX", "VO", "MUSIC"),
    }  # fmt: skip
    assert result.data["null_test"]["exact"] is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[delivery]\ncontainer = "flac"\nbit_depth_bits = 32', "FLAC holds whole numbers"),
        ('[delivery.leader]\nhead = "1s"\npop = "2s"\nsource = "x"', "do not fit into a head"),
        ('[delivery.leader]\nhead = "3s"\ntail = "1s"\ntail_pop = "2s"\nsource = "x"', "does not fit into a tail"),
        ('[delivery.leader]\nhead = "3s"', "source"),
        ('[[prints]]\nname = "A"\nroles = ["VO"]\n[[prints]]\nname = "a"\nroles = ["SFX"]', "two prints have the name"),
        ('[[prints]]\nname = "A/B"\nroles = ["VO"]', "cannot be part of a file name"),
        ('[[prints]]\nname = "A"\nroles = ["VO", "VO"]', "each role is added once"),
        ('[delivery]\npackage = "discrete-mono"', "packaging"),
    ],
)
def test_a_wrong_form_is_an_error_of_the_profile(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile(str(profiled(tmp_path, text)))
    assert any(said in f"{problem.message} {problem.hint} {problem.key}" for problem in caught.value.problems)
    assert all(problem.line is not None for problem in caught.value.problems)


def test_wrong_reels_and_containers_are_errors_of_the_film_file(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        film_file(tmp_path, [24, 24], '[mix]\nreels = [7, 2]\ncontainer = "ogg"\nslate = "../slate.wav"')
    assert {problem.key: problem.code for problem in caught.value.problems} == {
        "mix.reels[1]": "wrong_value",
        "mix.reels[2]": "wrong_value",
        "mix.container": "wrong_value",
        "mix.slate": "path_outside",
    }
    assert {problem.line for problem in caught.value.problems} == {5, 6, 7}
    assert film_file(tmp_path, [24, 24, 24], "[mix]\nreels = [1, 2]").mix.reels == (1, 2)


@pytest.mark.parametrize("reels", ["9", "1,1", "2,1", "3", "x", ""])
def test_wrong_reels_on_the_command_line(tmp_path: Path, reels: str) -> None:
    with pytest.raises(UsageError):
        with_files_asked(film_file(tmp_path, [24, 24, 24]), reels, None)


def test_a_leader_needs_a_place_in_time(tmp_path: Path) -> None:
    film = plain_film(tmp_path, [24])
    profiled(tmp_path, LEADER)
    with pytest.raises(StemkitError) as caught:
        mixed(film, tmp_path / "out", print_by="form")
    assert caught.value.problems[0].code == "leader_before_midnight"
    assert not (tmp_path / "out").exists()
    (tmp_path / "film.toml").unlink()
    with pytest.raises(StemkitError) as caught:
        mixed(open_film([tmp_path]), tmp_path / "out", print_by=str(tmp_path / "profiles" / "form.toml"))
    assert caught.value.problems[0].code == "leader_without_rate"


def test_a_slate_stands_in_the_leader(tmp_path: Path) -> None:
    film = plain_film(tmp_path, [24], f'{START}\n[mix]\nslate = "slate.wav"')
    profiled(tmp_path, LEADER)
    write(tmp_path / "slate.wav", noise(9_600, 99, channels=1))
    spoken = sound(tmp_path / "slate.wav")[:, 0]
    result = mixed(film, tmp_path / "out", print_by="form")
    held = sound(tmp_path / "out" / result.data["prints"][0]["path"])
    assert np.array_equal(held[24_000 : 24_000 + 9_600, 1], spoken)
    write(tmp_path / "slate.wav", noise(5 * RATE, 99, channels=1))
    with pytest.raises(StemkitError) as caught:
        mixed(film, tmp_path / "other", print_by="form")
    assert caught.value.problems[0].code == "no_room_for_slate"
    write(tmp_path / "slate.wav", noise(9_600, 99))
    with pytest.raises(StemkitError) as caught:
        mixed(film, tmp_path / "other", print_by="form")
    assert caught.value.problems[0].code == "bad_slate"
    assert not (tmp_path / "other").exists()


def test_the_pop_that_a_profile_requires_is_there_or_said_to_be_missing(film: Film, tmp_path: Path) -> None:
    codes = {}
    for name, text in (
        ("turned", ""),
        ("bare", "[delivery.leader]\nhead = '0f'\npop = '0f'\ntail = '0f'\ntail_pop = '0f'"),
    ):
        path = profiled(film.base, text, name)
        path.write_text(path.read_text("utf-8").replace("crowd-film", "film-turnover"), "utf-8")
        result = mixed(film, tmp_path / name, print_by=name)
        assert result.report is not None
        found = [each for each in result.report["findings"] if each["code"] == "LEN010" and each["stage"] == "print"]
        codes[name] = {each["condition"] for each in found if each["outcome"] == "fail"}
    assert codes == {"turned": set(), "bare": {"required"}}


def test_joins_and_the_terminal_know_reels(film: Film, tmp_path: Path) -> None:
    out = tmp_path / "out"
    profiled(film.base, LEADER, "lead")
    args = [str(film.manifest), "-o", str(out), "--profile", "lead", "--reels", "2", "--joins", "--no-progress"]
    run = CliRunner().invoke(command, args)
    assert run.exit_code == 0, run.output
    assert "Prüfung_FULL_r01.wav and 1 other" in run.stdout
    assert "reel 2: chapters 3, null exact" in run.stdout
    reels = [sound(out / f"Prüfung_FULL_r{number:02}.wav")[3 * RATE : -3 * RATE] for number in (1, 2)]
    whole = np.concatenate(reels)
    cut = sound(out / "joins" / "after_002.wav")
    assert np.array_equal(cut, whole[: 56 * 2000 + 3 * RATE])


@pytest.mark.parametrize(
    ("text", "runs"),
    [("5", ((5,),)), ("3,7-9", ((3,), (7, 8, 9))), ("8-9, 7", ((7, 8, 9),)), ("1-10", (tuple(range(1, 11)),))],
)
def test_lists_of_chapters(tmp_path: Path, text: str, runs: tuple[tuple[int, ...], ...]) -> None:
    assert chapter_runs(text, film_file(tmp_path, [24] * 10)) == runs


@pytest.mark.parametrize("text", ["", "x", "0", "11", "9-7", "3-12", "1,,2", "-4", "1-2-3"])
def test_lists_that_name_no_chapters(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError):
        chapter_runs(text, film_file(tmp_path, [24] * 10))


def test_flac_cannot_hold_a_profile_of_float(film: Film, tmp_path: Path) -> None:
    profiled(film.base, "[delivery]\nbit_depth_bits = 32", "float32")
    with pytest.raises(RenderError) as caught:
        mixed(with_files_asked(film, None, "flac"), tmp_path / "out", print_by="float32")
    assert caught.value.problems[0].code == "flac_is_integer"


def test_long_prints_are_rf64_with_all_that_belongs_to_them(
    film: Film, plain: dict[str, Ints], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stemkit.audio.writer._WAV_LIMIT", 400_000)
    profiled(film.base, LEADER, "lead")
    result = mixed(with_files_asked(film, "1", None), tmp_path / "out", print_by="lead")
    row = result.data["prints"][0]
    assert {part["container"] for part in row["files"]} == {"RF64"}
    assert np.array_equal(as_one(tmp_path / "out", result, "FULL"), plain["FULL"])
    info = bwf(str(tmp_path / "out" / row["files"][1]["path"]))
    assert info.bext.time_reference == 3597 * RATE + 25 * 2000
    assert [cue["label"] for cue in info.cues.to_dict().values()] == ["2", "3"]
    assert info.bext.loudness_value < -15
    assert verify_mix(tmp_path / "out").is_proven


def test_what_an_earlier_form_left_is_named(film: Film, tmp_path: Path) -> None:
    args = [str(film.manifest), "-o", str(tmp_path), "--no-progress"]
    assert CliRunner().invoke(command, [*args, "--container", "flac"]).exit_code == 0
    (tmp_path / "Prüfung_FULL_mine.wav").write_bytes(b"not ours")
    run = CliRunner().invoke(command, [*args, "--json"])
    assert json.loads(run.stdout)["left_over"] == [f"Prüfung_{name}.flac" for name in sorted(PRINTS)]
