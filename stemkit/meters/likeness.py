"""What a sound is like: a voice, effects or music; and whether a voice is heard over music or effects.

A judgement from evidence, never a certainty: a linear model of twenty-four features for the kind, a
quadratic one for voices over something else. The weights are data, in ``likeness.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemkit.meters._content import FRAMES_PER_SECOND, Content, Floats
from stemkit.meters._speech_features import STEP, WINDOW, speech_features

VERSION = 3
_HEARD = 0.5
_MOST_SCORE = 4.0
_LARGEST = 3.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a sound is like, over its windows of three seconds that have sound.

    Parameters
    ----------
    voice, effects, music
        Mean probability of each kind; `None` where there are no windows.
    windows
        How many windows there are.
    voice_over_music, voice_over_effects
        Share of windows in which a voice is heard, if the rest is music, or effects.
    chance_over_music, chance_over_effects
        How likely it is that there is one, by all windows together: many that lean one way say more than a sure one.
    start_s, end_s
        The longest stretch in which the sound is most like a voice, or has one over it.
    """

    voice: float | None = None
    effects: float | None = None
    music: float | None = None
    windows: int = 0
    voice_over_music: float = 0.0
    voice_over_effects: float = 0.0
    chance_over_music: float = 0.0
    chance_over_effects: float = 0.0
    start_s: float = 0.0
    end_s: float = 0.0


RESULT = Likeness


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("likeness.toml").read_text("utf-8"))


def read_content(content: Content) -> Likeness:
    """Return what a sound is like."""
    return judge(content, _HEARD)


def judge(content: Content, heard: float) -> Likeness:
    """Return what a sound is like, counting windows with a voice from a probability on."""
    starts, features = speech_features(content)
    if not len(starts):
        return Likeness()
    tables = _tables()
    x = np.clip((features - tables["mean"]) / tables["scale"], -_LARGEST, _LARGEST)
    kinds = np.column_stack([x @ one["weights"] + one["bias"] for one in tables["kind"].values()])
    kinds = np.exp(kinds - kinds.max(axis=1, keepdims=True))
    voice, effects, music = (kinds / kinds.sum(axis=1, keepdims=True)).mean(axis=0).tolist()
    scores = [_score(x, tables["voice_over"][name]) for name in ("music", "effects")]
    over_music, over_effects = (_chance(score) > heard for score in scores)
    music_chance, effects_chance = (_chance(np.clip(score, -_MOST_SCORE, _MOST_SCORE).mean()) for score in scores)
    first, last = _longest(over_music if music > effects else over_effects)
    return Likeness(
        voice,
        effects,
        music,
        len(starts),
        float(over_music.mean()),
        float(over_effects.mean()),
        float(music_chance),
        float(effects_chance),
        float(starts[first]) / FRAMES_PER_SECOND,
        float(starts[last] + WINDOW) / FRAMES_PER_SECOND,
    )


def _score(x: Floats, table: dict[str, Any]) -> Floats:
    i, j = np.triu_indices(x.shape[1])
    return np.asarray(np.column_stack([x, x[:, i] * x[:, j]]) @ table["weights"] + table["bias"])


def _chance(score: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(score, -50.0, 50.0))))


def _longest(there: NDArray[np.bool_]) -> tuple[int, int]:
    """Return first and last window of the longest stretch; all of them where there is none."""
    places = np.flatnonzero(there)
    if not len(places):
        return 0, len(there) - 1
    parts = np.split(places, np.flatnonzero(np.diff(places) > 1 + WINDOW // STEP) + 1)
    longest = max(parts, key=len)
    return int(longest[0]), int(longest[-1])
