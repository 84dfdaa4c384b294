"""Findings stand in film order and know what would cure them; facts say what they come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemkit.core.facts import ChapterFacts, Delivery, Measured, StemFacts
from stemkit.core.film import Chapter, Role, Stem, Waiver
from stemkit.core.finding import Finding, Outcome, Severity, Where
from stemkit.core.media import MediaInfo, MediaProblem, ProblemKind
from stemkit.core.mix_facts import VoiceFades
from stemkit.core.steps import ORDER, ApplyGain, PickChannels, Rename, Resample, Step, step_as_dict
from stemkit.core.timebase import Span


def test_findings_stand_in_film_order() -> None:
    places = [
        Where(),
        Where(print="FULL"),
        Where(chapter=1),
        Where(chapter=1, role=Role.VO),
        Where(chapter=1, role=Role.VO, path=Path("a.wav")),
        Where(chapter=1, role=Role.VO, path=Path("a.wav"), span_in_file=Span(0, 9)),
        Where(chapter=1, role=Role.VO, path=Path("a.wav"), span_in_file=Span(5, 6)),
        Where(chapter=1, role=Role.MUSIC, path=Path("a.wav")),
        Where(chapter=2, role=Role.VO),
    ]
    found = [Finding(code, "c", place) for place in places for code in ("AAA001", "BBB001")]
    assert sorted(reversed(found), key=lambda finding: finding.sort_key) == found


@pytest.mark.parametrize(
    ("steps", "fix"),
    [
        ((), None),
        ((Resample(48_000),), "safe"),
        ((Resample(48_000), ApplyGain(-3.0)), "unsafe"),
        ((ApplyGain(-3.0),), "unsafe"),
    ],
)
def test_one_unsafe_step_makes_a_cure_unsafe(steps: tuple[Step, ...], fix: str | None) -> None:
    assert Finding("SIG001", "c", Where(), fixes=steps).fix == fix


@pytest.mark.parametrize(
    ("more", "is_blocking"),
    [
        ({}, True),
        ({"severity": Severity.WARNING}, False),
        ({"outcome": Outcome.SKIP}, False),
        ({"outcome": Outcome.ERROR}, True),
        ({"waived_by": Waiver("SIG001", "as scripted")}, False),
    ],
)
def test_what_keeps_a_delivery_from_being_accepted(more: dict[str, object], is_blocking: bool) -> None:
    assert Finding("SIG001", "c", Where(), **more).is_blocking is is_blocking  # type: ignore[arg-type]


def test_steps_are_json_data() -> None:
    assert step_as_dict(Rename("a.wav")) == {"kind": "rename", "safe": True, "name": "a.wav"}
    picked = step_as_dict(PickChannels("stereo", (0, 1), "silent"))
    assert picked["channels"] == [0, 1], "a tuple becomes the list that JSON gives back"
    assert len({step.kind for step in ORDER}) == len(ORDER)


def test_a_reading_is_found_under_its_own_type() -> None:
    measured = Measured({int: 3, str: 4})
    assert measured.get(int) == 3
    assert measured.get(str) is None, "what is no reading of that type is none"
    assert measured.get(float) is None


def test_a_chapter_knows_its_stems_by_role() -> None:
    chapter = Chapter(7)
    stems = tuple(StemFacts(Stem(role, Path(role), role), None) for role in (Role.VO, Role.SFX, Role.VO))
    facts = ChapterFacts(Delivery(chapter), stems)
    assert facts.chapter is chapter
    assert facts.of_role(Role.VO) == (stems[0], stems[2])
    assert facts.of_role(Role.MUSIC) == ()


def test_where_a_voice_fades_is_json_data() -> None:
    moved = VoiceFades("moved", Span(3, 9), None)
    assert moved.as_dict() == {"how": "moved", "fade_out": {"start_samples": 3, "end_samples": 9}, "fade_in": None}


@pytest.mark.parametrize(
    ("subtype", "rate_hz", "problem", "is_usable", "is_lossy", "seconds"),
    [
        ("PCM_24", 48_000, None, True, False, 2.0),
        ("MPEG_LAYER_III", 48_000, None, True, True, 2.0),
        ("PCM_24", 0, MediaProblem(ProblemKind.TRUNCATED, "cut"), False, False, 0.0),
    ],
)
def test_what_a_header_comes_to(
    subtype: str, rate_hz: int, problem: MediaProblem | None, is_usable: bool, is_lossy: bool, seconds: float
) -> None:
    media = MediaInfo(Path("a.wav"), "WAV", subtype, rate_hz, 2, 96_000, 0, problem=problem)
    assert (media.is_usable, media.is_lossy, media.duration_s) == (is_usable, is_lossy, seconds)
