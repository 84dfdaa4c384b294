"""What stems have in common: nothing, where they were made apart; leaks with gain, direction and place."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stemkit.core.film import Role
from stemkit.meters._sketch import Sketcher
from stemkit.meters.relations import Leak, Relations, RelationScanner
from stemkit.meters.twins import Print, find_twins
from stemkit.signals.effects import ambience
from stemkit.signals.music import compose
from stemkit.signals.voice import speak

RATE, SECONDS = 12_000, 40
Sound = NDArray[np.float64]


@cache
def _made(role: Role, seed: int = 1) -> Sound:
    make = {Role.VO: speak, Role.SFX: ambience, Role.MUSIC: compose}
    return np.asarray(make[role](SECONDS * RATE, RATE, seed).mean(axis=1))


def made(role: Role, seed: int = 1) -> Sound:
    return _made(role, seed).copy()


def relate(blocks: int = 1, **changed: Sound) -> Relations:
    return related({Role(role): sound for role, sound in changed.items()}, blocks)


def related(changed: dict[Role, Sound], blocks: int = 1) -> Relations:
    stems = {role: changed.get(role, made(role)) for role in Role}
    scanner = RelationScanner(tuple(stems))
    for part in range(blocks):
        scanner.push({role: np.array_split(sound, blocks)[part] for role, sound in stems.items()})
    return scanner.result()


def test_stems_made_apart_have_nothing_in_common() -> None:
    found = relate()
    assert found.leaks == ()
    assert len(found.compared) == 3


@pytest.mark.parametrize("db", [-6.0, -20.0, -30.0])
@pytest.mark.parametrize(("source", "target"), [(Role.VO, Role.MUSIC), (Role.MUSIC, Role.VO), (Role.VO, Role.SFX)])
def test_a_leak_has_a_direction_and_a_gain(source: Role, target: Role, db: float) -> None:
    (leak,) = related({target: made(target) + 10 ** (db / 20) * made(source)}).leaks
    assert (leak.source, leak.target) == (source, target)
    assert leak.gain_db == pytest.approx(db, abs=1.0)
    assert leak.lag_samples == 0
    assert not leak.is_same


def test_a_leak_may_be_late_and_inverted() -> None:
    (leak,) = relate(MUSIC=made(Role.MUSIC) - 0.2 * np.roll(made(Role.VO), 60)).leaks
    assert leak.lag_samples == 60
    assert leak.is_inverted


def test_the_full_mix_holds_both_others() -> None:
    found = relate(MUSIC=made(Role.VO) + made(Role.SFX) + made(Role.MUSIC))
    assert {(leak.source, leak.target) for leak in found.leaks} == {(Role.VO, Role.MUSIC), (Role.SFX, Role.MUSIC)}
    assert all(abs(leak.gain_db) < 1.0 for leak in found.leaks)


def test_a_copy_is_the_same_whatever_its_level() -> None:
    noise = 1e-4 * np.random.default_rng(3).standard_normal(SECONDS * RATE)
    (leak,) = relate(SFX=0.5 * made(Role.MUSIC) + noise).leaks
    assert leak.is_same


def test_relations_do_not_depend_on_blocks_and_come_back_from_arrays() -> None:
    music = made(Role.MUSIC) + 0.1 * made(Role.VO)
    whole, parts = relate(MUSIC=music), relate(MUSIC=music, blocks=7)
    assert whole == parts
    assert Relations.from_arrays(whole.as_arrays()) == whole


def test_silence_is_not_compared() -> None:
    found = relate(MUSIC=np.zeros(SECONDS * RATE))
    assert found.leaks == ()
    assert found.compared == ((Role.VO, Role.SFX),)


def _print(chapter: int, role: Role, sound: Sound) -> Print:
    sketcher = Sketcher()
    sketcher.push(sound)
    frames, _, bits = sketcher.result()
    return Print(chapter, Path(f"/{chapter}{role}"), role, bits, frames.levels_db)


def test_twins_are_found_trimmed_quieter_and_noisy() -> None:
    one = made(Role.MUSIC)
    noise = 1e-4 * np.random.default_rng(4).standard_normal(len(one) - 9000)
    other = 0.4 * one[9000:] + noise
    prints = [_print(1, Role.MUSIC, one), _print(2, Role.MUSIC, other), _print(3, Role.MUSIC, made(Role.MUSIC, 2))]
    (twin,) = find_twins(prints).pairs
    assert (twin.chapter, twin.other_chapter) == (1, 2)
    assert twin.share > 0.9
    assert twin.offset_s == pytest.approx(0.75, abs=0.05)


def test_different_sound_has_no_twin() -> None:
    prints = [_print(seed, role, made(role, seed)) for role in Role for seed in (1, 2, 3)]
    assert find_twins(prints).pairs == ()
    assert find_twins([]).pairs == ()


def test_a_leak_knows_its_own() -> None:
    leak = Leak(Role.VO, Role.MUSIC, -20.0, 0, False, 40.0, 9.0, False, 0.0, 1.0, 0.5)
    assert Relations((leak,)).leak(Role.VO, Role.MUSIC) is leak
    assert Relations((leak,)).leak(Role.MUSIC, Role.VO) is None
