"""Streams of blocks, what is discovered, and who hears of work."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.block import Block, is_same_sound
from stemkit.core.discovery import discover_classes, discover_modules
from stemkit.core.progress import Event, listeners, silent, tell_listeners
from stemkit.rules._base import Rule

CUTS = st.lists(st.integers(0, 40), max_size=6)


def cut(sound: Block, places: Sequence[int]) -> list[Block]:
    return [sound[start:end] for start, end in pairwise(sorted([0, *places, len(sound)])) if end <= len(sound)]


@given(CUTS, CUTS)
def test_the_same_sound_however_it_is_cut(one: list[int], other: list[int]) -> None:
    sound = np.arange(80.0).reshape(40, 2)
    assert is_same_sound(cut(sound, one), cut(sound, other))


@given(CUTS, CUTS, st.integers(0, 39))
def test_one_sample_makes_another_sound(one: list[int], other: list[int], at: int) -> None:
    sound = np.arange(80.0).reshape(40, 2)
    changed = sound.copy()
    changed[at, 1] += 1e-12 * max(1.0, changed[at, 1])
    assert not is_same_sound(cut(sound, one), cut(changed, other))
    assert not is_same_sound(cut(sound, one), cut(sound[:-1], other))
    assert not is_same_sound(cut(sound[:-1], one), cut(sound, other))


def test_public_modules_and_their_own_classes_are_found() -> None:
    modules: list[ModuleType] = list(discover_modules("stemkit.rules"))
    names = [module.__name__ for module in modules]
    assert names == sorted(names)
    assert not any(name.rpartition(".")[2].startswith("_") for name in names)
    rules = discover_classes("stemkit.rules", Rule)
    assert Rule not in rules, "a base class that is imported is no part"
    assert {rule.__module__ for rule in rules} <= set(names)


def test_everybody_who_listens_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Event] = []
    monkeypatch.setattr("stemkit.core.progress.listeners", [heard.append, silent])
    event = Event("compiling", 1, 2)
    tell_listeners(event)
    assert heard == [event]
    assert not listeners
