"""What strangers send: names, links, sizes and bytes; nothing reaches the terminal raw, nothing leads out."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.cli import stemkit
from stemkit.cli._console import run
from tests.conform.conform_films import noise
from tests.fuzz.targets import TARGETS, seeds

NAMES = {
    "escape": "vo \x1b[2J\x1b]0;owned\x07.wav",
    "direction": "vo \u202egnp.wav",
    "line ends": "vo\r\n\x0bfake: ok.wav",
    "not text": os.fsdecode(b"vo \xff\xfe.wav"),
    "long": "vo " + "x" * 248 + ".wav",
    "decomposed": "vo u\u0308.wav",
    "reserved": "con vo.wav",
    "csv formula": "=vo('x').wav",
    "markup": "vo <script>alert(1)</script>.wav".replace("/", "\u2215"),
    "braces": "vo {0} %s ${HOME} [red].wav",
}


def deliver(folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed, role in enumerate((name, "sfx.wav", "music.wav")):
        try:
            (folder / role).write_bytes(b"")
        except OSError:
            pytest.skip("this file system takes no such names")
        with (folder / role).open("wb") as file:
            soundfile.write(file, noise(1, seed=seed), 48_000, subtype="PCM_24", format="WAV")


def raw(text: str) -> list[str]:
    """Return what could command a terminal."""
    return [mark for mark in text if (ord(mark) < 32 and mark not in "\n\t") or ord(mark) in (0x7F, 0x9B, 0x202E)]


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "csv"])
def test_no_name_commands_a_terminal(
    kind: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    deliver(tmp_path / "ch01", NAMES[kind])
    assert run(stemkit, ["check", str(tmp_path / "ch01"), "--format", form]) in (0, 1)
    printed = capsys.readouterr()
    assert raw(printed.out.replace("\r\n", "\n")) == []
    assert raw(printed.err) == []
    assert "<script>alert(1)" not in printed.out or form != "html"


@pytest.mark.parametrize("kind", NAMES)
def test_every_name_can_be_mixed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    deliver(tmp_path / "ch01", NAMES[kind])
    out = tmp_path / "out"
    assert run(stemkit, ["mix", str(tmp_path / "ch01"), "-o", str(out), "--quiet", "--no-progress"]) in (0, 1)
    assert json.loads((out / "report.json").read_text("utf-8"))["null_test"]["exact"] is True
    assert {path.parent for path in out.iterdir()} == {out}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_links_out_of_a_delivery_are_refused_unless_allowed(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    deliver(tmp_path / "elsewhere" / "deep" / "ch09", "vo.wav")
    deliver(tmp_path / "film" / "in" / "ch01", "sfx 2.wav")
    if what == "file":
        (tmp_path / "film" / "in" / "ch01" / "vo.wav").symlink_to(tmp_path / "elsewhere" / "deep" / "ch09" / "vo.wav")
    else:
        (tmp_path / "film" / "in" / "ch09").symlink_to(tmp_path / "elsewhere" / "deep" / "ch09")
    assert run(stemkit, ["check", str(tmp_path / "film" / "in"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["errors"][0]["code"] == "link_outside"
    monkeypatch.setenv("STEMKIT_FOLLOW_LINKS", "1")
    assert run(stemkit, ["check", str(tmp_path / "film" / "in"), "--json"]) in (0, 1)


SECRET = "hunter2"
FILM = """[film]
title = "T"
frame_rate = "24"
profile = "{}"
[[chapter]]
number = 1
length = "24f"
folder = "ch01"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("content", [f"{SECRET}\n", f'token = "{SECRET}"\n', f'[film]\npassword = "{SECRET}"\n'])
@pytest.mark.parametrize("way", ["profile", "a profile beside", "extends", "film file"])
def test_what_links_and_paths_reach_is_never_shown(
    way: str, content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret, film = tmp_path / "secret.toml", tmp_path / "in" / "film.toml"
    secret.write_text(content)
    deliver(tmp_path / "in" / "ch01", "vo.wav")
    profiles = tmp_path / "in" / "profiles"
    profiles.mkdir()
    film.write_text(FILM.format({"profile": "../secret.toml", "film file": "crowd-film"}.get(way, "ours")))
    if way == "a profile beside":
        (profiles / "ours.toml").symlink_to(secret)
    elif way == "extends":
        (profiles / "ours.toml").write_text(f'name = "ours"\nextends = "{secret}"\n')
    elif way == "film file":
        film.unlink()
        film.symlink_to(secret)
    assert run(stemkit, ["check", str(film.parent), "--json"]) == 2
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert json.loads(printed.out)["errors"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
@pytest.mark.parametrize("kind", ["pipe", "endless", "loop"])
def test_a_film_file_or_profile_that_is_none_is_not_waited_for(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = tmp_path / "strange.toml"
    if kind == "pipe":
        os.mkfifo(strange)
    else:
        strange.symlink_to("/dev/zero" if kind == "endless" else strange)
    (tmp_path / "film.toml").write_text(FILM.format("strange.toml"))
    for path in (strange, tmp_path / "film.toml"):
        assert run(stemkit, ["check", str(path), "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["errors"]


COMMANDS: dict[str, tuple[str, ...]] = {
    "init": ("init", "in"),
    "check": ("check", "in", "--json"),
    "measure": ("measure", "in/ch01/vo.wav", "--json"),
    "conform": ("conform", "in/film.toml", "-o", "conformed", "--json"),
    "mix": ("mix", "in/film.toml", "-o", "mixed", "--json"),
    "excerpt": ("mix", "in/film.toml", "-o", "excerpt", "--chapters", "1", "--json"),
    "report": ("report", "mixed", "--json"),
}


def test_every_command_takes_paths_of_a_thousand_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", str(tmp_path / "cache"))
    deep = tmp_path.joinpath(*["d" * 99] * 11)
    try:
        deep.mkdir(parents=True)
    except OSError:
        pytest.skip("this file system takes no such paths")
    deliver(tmp_path / "in" / "ch01", "vo.wav")
    (tmp_path / "in").rename(deep / "in")
    for name, (command, *rest) in COMMANDS.items():
        places = ("in", "conformed", "mixed", "excerpt")
        arguments = [str(deep / one) if one.partition("/")[0] in places else one for one in rest]
        assert run(stemkit, [command, *arguments]) in (0, 1), (name, capsys.readouterr())
        capsys.readouterr()
    report = json.loads((deep / "mixed" / "report.json").read_text("utf-8"))
    assert report["null_test"]["exact"] is True


@pytest.mark.parametrize("stamp", [1, 4_000_000_000], ids=["1970", "2096"])
def test_clocks_that_were_wrong_change_nothing(
    stamp: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STEMKIT_CACHE", str(tmp_path / "cache"))
    deliver(tmp_path / "ch01", "vo.wav")
    told = []
    for number in range(3):
        if number == 1:  # sources and all that is kept of them come from another time
            for path in (*(tmp_path / "ch01").iterdir(), *(tmp_path / "cache").rglob("*")):
                os.utime(path, (stamp, stamp))
        assert run(stemkit, ["check", str(tmp_path / "ch01"), "--json"]) in (0, 1)
        told.append(capsys.readouterr().out)
    assert told[0] == told[1] == told[2]
    # What was written again at a moment of the same name is another file.
    with (tmp_path / "ch01" / "vo.wav").open("wb") as file:
        soundfile.write(file, noise(1, seed=9), 48_000, subtype="PCM_24", format="WAV")
    os.utime(tmp_path / "ch01" / "vo.wav", (stamp, stamp))
    assert run(stemkit, ["check", str(tmp_path / "ch01"), "--json"]) in (0, 1)
    changed = capsys.readouterr().out
    assert changed != told[0]
    monkeypatch.setenv("STEMKIT_CACHE", "off")
    assert run(stemkit, ["check", str(tmp_path / "ch01"), "--json"]) in (0, 1)
    assert capsys.readouterr().out == changed


# FFmpeg is fuzzed in a process of its own: ``python -m tests.fuzz video``.
@pytest.mark.parametrize("target", sorted(TARGETS.keys() - {"video"}))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_bytes_break_a_promise(target: str, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(list(seeds(target)))))
    for _ in range(data.draw(st.integers(0, 5))):
        place = data.draw(st.integers(0, len(content)))
        patch = data.draw(st.one_of(st.binary(max_size=6), st.sampled_from([b"\xff" * 8, bytes(8), b"[[", b'"""'])))
        content[place : place + data.draw(st.integers(0, 8))] = patch
    TARGETS[target](bytes(content))
