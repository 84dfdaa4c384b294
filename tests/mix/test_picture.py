"""The mix under its picture: video packets untouched, sound sample by sample, or no file at all."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stemkit.audio.picture import look_at_picture
from stemkit.core.errors import MediaError, RenderError, UsageError
from stemkit.intake.folder import open_film
from stemkit.workflows import under_picture
from stemkit.workflows._mix_parts import left_over
from stemkit.workflows.mix import mix
from tests.mix.test_deliverables import LEADER, START, profiled, sound
from tests.mix.test_mix import noise, plain_film, write
from tests.oracles import require_module, require_program


def video(path: Path, frames: int = 48, *asked: str) -> Path:
    require_module("av")
    source = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=24", "-frames:v", str(frames), "-bf", "2", *asked]
    subprocess.run([require_program("ffmpeg"), "-v", "error", "-y", *source, str(path)], check=True)
    return path


def packets(path: Path) -> list[str]:
    asked = ["-v", "error", "-select_streams", "v:0", "-show_packets", "-show_data_hash", "sha256", "-of", "json"]
    said = subprocess.run([require_program("ffprobe"), *asked, str(path)], capture_output=True, check=True).stdout
    return [each["data_hash"] for each in json.loads(said)["packets"]]


def run_mix(folder: Path, picture: Path, *more: str) -> tuple[int, str, str]:
    args = ["mix", str(folder / "film.toml"), "-o", str(folder / "out"), "--picture", str(picture), "--no-progress"]
    told = subprocess.run([sys.executable, "-m", "stemkit", *args, *more], capture_output=True, check=False)
    return told.returncode, told.stdout.decode(), told.stderr.decode()


@pytest.mark.parametrize(("name", "suffix"), [("cut.mp4", "mov"), ("cut.mkv", "mkv")])
def test_video_is_copied_and_sound_is_the_mix(tmp_path: Path, name: str, suffix: str) -> None:
    plain_film(tmp_path, [24, 24], START)
    profiled(tmp_path, LEADER)
    source = video(tmp_path / name)
    code, told, errors = run_mix(tmp_path, source, "--profile", "form", "--reels", "1", "--json")
    assert code == 0, errors
    made = json.loads(told)["picture"]
    path = tmp_path / "out" / made["path"]
    assert made["path"] == f"Prüfung_FULL_picture.{suffix}"
    assert packets(path) == packets(source)
    raw = subprocess.run(
        [require_program("ffmpeg"), "-v", "error", "-i", str(path), "-map", "0:a", "-f", "s32le", "-"],
        capture_output=True,
        check=True,
    ).stdout
    reels = [sound(tmp_path / "out" / f"Prüfung_FULL_r{n:02}.wav")[3 * 48_000 : -3 * 48_000] for n in (1, 2)]
    assert np.array_equal(np.frombuffer(raw, "<i4").astype(np.int64).reshape(-1, 2) >> 8, np.concatenate(reels))


def test_a_picture_of_another_length_is_refused_before_anything_is_rendered(tmp_path: Path) -> None:
    plain_film(tmp_path, [24, 24])
    code, _, errors = run_mix(tmp_path, video(tmp_path / "short.mp4", 47))
    assert code == 2
    assert "47 frames" in errors
    assert "0.042 s shorter" in errors
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [None, b"no video at all" * 99])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes | None) -> None:
    plain_film(tmp_path, [24])
    path = tmp_path / "picture.mp4"
    if content is not None:
        path.write_bytes(content)
    code, _, errors = run_mix(tmp_path, path)
    assert code in (2, 3)
    assert "Traceback" not in errors
    assert not (tmp_path / "out").exists()


def test_sound_alone_is_no_picture(tmp_path: Path) -> None:
    plain_film(tmp_path, [24])
    with pytest.raises(MediaError):
        look_at_picture(tmp_path / "ch01" / "VO.wav")


def test_what_fails_on_the_way_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain_film(tmp_path, [24, 24])
    source = video(tmp_path / "cut.mp4")
    assert run_mix(tmp_path, source)[0] == 0
    made = tmp_path / "out" / "Prüfung_FULL_picture.mov"
    made.unlink()
    monkeypatch.setattr(under_picture, "holds_sound", lambda *_: False)
    with pytest.raises(RenderError) as caught:
        under_picture.put_under_picture(tmp_path / "out", source)
    assert "its sound is not the mix" in str(caught.value)
    assert not made.exists()
    assert not list((tmp_path / "out").glob(".stemkit-*"))


def test_without_the_extra_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UsageError) as caught:
        look_at_picture(tmp_path / "cut.mp4")
    assert "stemkit[video]" in caught.value.problems[0].hint


def test_the_report_tells_of_it_and_it_is_kept_while_nothing_changes(tmp_path: Path) -> None:
    plain_film(tmp_path, [24, 24])
    source, out = video(tmp_path / "cut.mp4"), tmp_path / "out"
    code, told, errors = run_mix(tmp_path, source, "--json")
    assert code == 0, errors
    made = json.loads(told)["picture"]
    assert json.loads((out / "report.json").read_text("utf-8"))["picture"] == made
    assert hashlib.sha256((out / made["path"]).read_bytes()).hexdigest() == made["sha256"]
    written = (out / made["path"]).stat().st_mtime_ns
    code, told, _ = run_mix(tmp_path, source, "--json")
    assert json.loads(told)["picture"] == made
    assert (out / made["path"]).stat().st_mtime_ns == written
    (out / made["path"]).write_bytes(b"other")
    code, told, _ = run_mix(tmp_path, source, "--json")
    assert json.loads(told)["picture"] == made
    assert hashlib.sha256((out / made["path"]).read_bytes()).hexdigest() == made["sha256"]
    write(tmp_path / "ch01" / "VO.wav", noise(48_000, 99))
    again = mix(open_film([tmp_path]), out)
    assert again.report is not None
    assert "picture" not in again.report
    assert left_over(out, again.data["prints"]) == [made["path"]]
