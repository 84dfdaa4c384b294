"""MP3 files say how late their sound begins, or it is said for them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import soundfile

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.workflows.check import check
from tests.oracles import require_program

RATE_HZ = 44_100


def _onset(path: Path) -> int:
    sound = np.concatenate(list(read_blocks(probe(path))))[:, 0]
    return int(np.argmax(np.abs(sound) > 0.2))


def test_a_file_that_does_not_state_its_delay_is_late_and_found(tmp_path: Path) -> None:
    ffmpeg = require_program("ffmpeg")
    click = np.zeros((2 * RATE_HZ, 2))
    click[RATE_HZ : RATE_HZ + 400] = 0.5 * np.cos(0.3 * np.arange(400))[:, None]
    soundfile.write(tmp_path / "click.wav", click, RATE_HZ)
    for name, extra in (("stated VO.mp3", ()), ("silent VO.mp3", ("-write_xing", "0"))):
        command = [ffmpeg, "-v", "error", "-i", str(tmp_path / "click.wav"), *extra, str(tmp_path / name)]
        subprocess.run(command, check=True)
    stated, silent = tmp_path / "stated VO.mp3", tmp_path / "silent VO.mp3"
    assert probe(stated).states_codec_delay is True
    assert probe(silent).states_codec_delay is False
    assert probe(tmp_path / "click.wav").states_codec_delay is None
    assert abs(_onset(stated) - RATE_HZ) < 20
    assert abs(_onset(silent) - RATE_HZ - 1105) < 20
    found = {
        path.name: [one["code"] for one in check([path], select=["FMT013"]).report["findings"]]
        for path in (stated, silent)
    }
    assert found == {"stated VO.mp3": [], "silent VO.mp3": ["FMT013"]}
