"""Figures that take two prints, or another pass over one: they are measured where a profile asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from stemkit.intake.folder import open_film
from stemkit.store.facts import FactStore
from stemkit.workflows.mix import mix

RATE = 48_000
ASKED = """
extends = "crowd-film"
title = "everything a print can be asked for"
loudness = "not published: dialogue alone counts here"
[[leq_m]]
of = "print"
max_db = 60.0
source = "a test"
grade = "B"
[[ldr]]
of = "print"
max_lu = -3.0
source = "a test"
grade = "B"
[[noise_floor]]
of = "print"
max_dbfs = -90.0
severity = "warning"
source = "a test"
grade = "C"
"""


def noise(seconds: float, seed: int, rms: float) -> Any:
    return np.random.default_rng(seed).normal(0.0, rms, (int(RATE * seconds), 2))


def found_in_prints(folder: Path, profile: str) -> dict[str, dict[str, Any]]:
    stems = folder / "ch01"
    stems.mkdir(parents=True)
    voice = noise(8.0, 1, 0.05)
    voice[: 4 * RATE] = 0.0
    for name, sound in (("VO", voice), ("SFX", noise(8.0, 2, 0.01)), ("MUSIC", noise(8.0, 3, 0.01))):
        soundfile.write(stems / f"{name}.wav", sound, RATE, subtype="PCM_24")
    (folder / "profiles").mkdir()
    (folder / "profiles" / "asked.toml").write_text(profile, "utf-8")
    text = '[film]\ntitle = "F"\nframe_rate = "24"\n[[chapter]]\nnumber = 1\nlength = "192f"\nfolder = "ch01"\n'
    (folder / "film.toml").write_text(text + '[mix]\nprofile = "asked"\n', "utf-8")
    film = open_film([folder / "film.toml"])
    result = mix(film, folder / "out", store=FactStore(None))
    assert result.report is not None
    return {one["code"]: one for one in result.report["findings"] if one["stage"] == "print"}


def test_dialogue_leq_m_and_rms_of_prints(tmp_path: Path) -> None:
    found = found_in_prints(tmp_path, ASKED)
    assert found["LUD001"]["condition"] == "skip_not_published"
    assert found["LUD009"]["condition"] == "too_high"
    assert found["LUD009"]["severity"] == "error"
    assert 80.0 < found["LUD009"]["observed"] < 105.0
    # Half of the film is 11.3 dB under the half that speaks, and above the gate: 10 log10(0.0029 / 2 / 0.0027).
    assert found["LUD007"]["condition"] == "too_high"
    assert abs(found["LUD007"]["observed"] + 2.7) < 0.3
    assert (found["LUD011"]["severity"], "grade C" in found["LUD011"]["message"]) == ("warning", True)


def test_dialogue_decides_in_a_profile_of_dialogue(tmp_path: Path) -> None:
    rule = '[[loudness]]\nof = "print"\nquantity = "dialogue"\ngating = "none"\ntarget_lufs = -3\nbelow_lu = 1\n'
    found = found_in_prints(tmp_path, f'extends = "crowd-film"\n{rule}source = "a test"\ngrade = "B"\n')
    assert "LUD001" not in found
    finding = found["LUD004"]
    assert (finding["condition"], finding["severity"]) == ("too_quiet", "error")
    assert -20.0 < finding["observed"] < -4.0
    assert "stem-keyed dialogue gate" in finding["message"]
