"""Prints that are altered on the disk before they are hashed, all alike: the sums hold, and it shows all the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from stemkit.audio.probe import probe
from stemkit.core.errors import OutputError
from stemkit.core.film import Film
from stemkit.core.steps import Subtype
from stemkit.intake.folder import open_film
from stemkit.render.print_files import PrintTarget
from stemkit.render.printing import write_prints
from stemkit.store.facts import FactStore
from stemkit.workflows import _mix_prints
from stemkit.workflows.mix import mix

RATE = 48_000
WITH_VOICE = ("FULL", "VO")


def film_of(folder: Path, extra: str = "") -> Film:
    text = f'[film]\ntitle = "Altered"\nframe_rate = "24"\n[mix]\n{extra}\n'
    for number in (1, 2):
        (folder / f"ch{number}").mkdir()
        for at, role in enumerate(("VO", "SFX", "MUSIC")):
            sound = np.random.default_rng(10 * number + at).uniform(-0.1, 0.1, (RATE, 2))
            soundfile.write(folder / f"ch{number}" / f"{role}.wav", sound, RATE, subtype="PCM_24")
        text += f'[[chapter]]\nnumber = {number}\nlength = "24f"\nfolder = "ch{number}"\n'
    (folder / "film.toml").write_text(text, "utf-8")
    return open_film([folder])


def alter_all(targets: dict[str, PrintTarget]) -> None:
    """Change one sample of the voice, and of all that it is part of, by the same amount; put the times back."""
    for name in WITH_VOICE:
        for target in targets[name].files[:1]:
            before = target.path.stat()
            if target.container == "flac":
                sound, rate = soundfile.read(target.path, dtype="int32", always_2d=True)
                sound[1000] += 256
                subtype: Subtype = target.fmt.subtype
                soundfile.write(target.path, sound, rate, subtype=subtype, format="FLAC")
            else:
                data, at = bytearray(target.path.read_bytes()), probe(target.path).data_offset_bytes or 0
                place = slice(at + 6000, at + 6003)
                value = int.from_bytes(data[place], "little", signed=True) + 1
                data[place] = value.to_bytes(3, "little", signed=True)
                target.path.write_bytes(data)
            os.utime(target.path, ns=(before.st_atime_ns, before.st_mtime_ns))


def alter_a_header(targets: dict[str, PrintTarget]) -> None:
    path = targets["ME"].files[0].path
    data = bytearray(path.read_bytes())
    data[data.index(b"bext") + 20] ^= 1
    path.write_bytes(data)


def add_a_tail(targets: dict[str, PrintTarget]) -> None:
    with targets["ME"].files[0].path.open("ab") as file:
        file.write(b"junk\x04\0\0\0abcd")


@pytest.mark.parametrize(
    ("extra", "alter"),
    [
        ("", alter_all),
        ("", alter_a_header),
        ("", add_a_tail),
        ("reels = [1]", alter_all),
        ('container = "flac"', alter_all),
    ],
)
def test_prints_that_are_not_what_was_written_are_not_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: str, alter: Any
) -> None:
    def written_and_altered(timeline: Any, rows: Any, targets: Any, *given: Any, **options: Any) -> Any:
        activity = write_prints(timeline, rows, targets, *given, **options)
        alter(targets)
        return activity

    monkeypatch.setattr(_mix_prints, "write_prints", written_and_altered)
    with pytest.raises(OutputError) as caught:
        mix(film_of(tmp_path, extra), tmp_path / "out", store=FactStore(None))
    assert [problem.code for problem in caught.value.problems] == ["altered"]
    assert not (tmp_path / "out").exists()
