"""The true peaks of each 100 ms: those of the whole film, wherever they matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemkit.core.film import Role
from stemkit.dsp.limiter import AFTER, BEFORE, Peaks, sum_of
from stemkit.dsp.oversample import interpolator
from stemkit.plan.routing import PrintRow
from stemkit.render.buses import Work, track
from stemkit.render.limiting import Nearness
from stemkit.render.true_peaks import true_peaks
from tests.render.test_printing import make_film

ROWS = (PrintRow("FULL", tuple(Role)), PrintRow("VO", (Role.VO,)))
WINDOW = 4800


@pytest.mark.parametrize("least", [0.0, 0.2])
def test_they_are_those_of_the_whole_film(tmp_path: Path, least: float) -> None:
    timeline = make_film(tmp_path, [250, 31])
    length = timeline.length_samples
    buses = {role: np.concatenate(list(track(timeline, role, 2, Work()))) for role in Role}
    whole = np.zeros(length)
    for row in ROWS:
        sound = np.pad(sum_of(buses, row.roles), ((BEFORE, AFTER), (0, 0)))
        found = Peaks(sound).between(interpolator(8), 0.0, is_mirrored=True)
        assert found is not None
        whole = np.maximum(whole, found)
    expected = np.array([whole[at : at + WINDOW].max() for at in range(0, length, WINDOW)])
    wanted = np.random.default_rng(1).random(len(expected)) < 0.8
    seen = true_peaks(timeline, ROWS, 2, wanted, least, Work(2))
    matters = wanted & (expected >= least)
    assert matters.any()
    assert np.array_equal(seen[matters], expected[matters])
    assert not seen[~wanted].any()


def test_a_lower_level_is_looked_for_anew_and_there_is_always_a_place() -> None:
    samples, asked = np.array([0.1, 0.4, 0.2]), []

    def seek(wanted: np.ndarray, least: float) -> np.ndarray:
        asked.append(wanted.tolist())
        return np.where(wanted, samples * 1.5, 0.0)

    near = Nearness({"FULL": samples, "VO": samples / 2.0}, 2.4, seek)
    assert near.windows(0.5).tolist() == [False, True, False]
    assert near.windows(0.48).tolist() == [False, True, False]
    assert asked == [[False, True, True]]
    assert near.windows(0.2).tolist() == [False, True, True]
    assert asked[1:] == [[True, True, True]]
    assert near.windows(5.0).tolist() == [False, True, False]
