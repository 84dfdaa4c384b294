"""The plan: which steps, in which order, what is left to a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stemkit.core.errors import PlanConflict
from stemkit.core.facts import (
    ChapterFacts,
    Delivery,
    FilmFacts,
    Measured,
    StemFacts,
    Unplaced,
    UnplacedReason,
)
from stemkit.core.film import Chapter, Film, Role, Stem, Waiver
from stemkit.core.finding import Finding, Severity, Where
from stemkit.core.layout import MONO, STEREO
from stemkit.core.media import MediaInfo, MediaProblem, ProblemKind
from stemkit.core.profile import Profile, load_profile
from stemkit.core.steps import (
    ApplyGain,
    FitLength,
    RemapChannels,
    Rename,
    Requantise,
    Resample,
    Retag,
    Rewrap,
    Step,
)
from stemkit.meters.integrity import Integrity
from stemkit.meters.sample_peak import SamplePeak
from stemkit.plan.conform import ConformItem, ItemStatus, plan_conform

PROFILE = load_profile("crowd-film")
NO_FLOAT = PROFILE.model_copy(update={"format": PROFILE.format.model_copy(update={"float_accepted": False})})
VO = Path("ch01/vo.wav")
NOTHING = Measured()
RIGHT = MediaInfo(VO, "WAV", "PCM_24", 48_000, 2, 96_000, 576_044, bit_depth_bits=24, layout=STEREO)


def _peak(amplitude: float) -> Measured:
    reading = object.__new__(SamplePeak)
    object.__setattr__(reading, "max_amplitude", amplitude)
    return Measured({SamplePeak: reading})


def _finding(code: str, *fixes: Step, severity: Severity = Severity.ERROR, **more: object) -> Finding:
    condition = {"FMT001": "sample_rate", "FMT002": "too_deep", "LEN001": "short", "SIG001": "non_finite"}.get(
        code, "x"
    )
    numbers = ("length_s", "expected_s", "difference_s", "difference_frames", "rate_hz", "true_rate_hz")
    values = {"observed": 1, "expected": 2, "unit": "Hz", "params": dict.fromkeys(numbers, 1.0)}
    return replace(
        Finding(code, condition, Where(1, Role.VO, VO), severity=severity, fixes=fixes, **values),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def _plan(
    *findings: Finding,
    media: MediaInfo | None = RIGHT,
    profile: Profile = PROFILE,
    measured: Measured = NOTHING,
    conformed: Measured = NOTHING,
) -> ConformItem:
    stem = Stem(Role.VO, VO, str(VO))
    chapter = Chapter(1, stems=(stem,))
    facts = ChapterFacts(Delivery(chapter, (stem,)), (StemFacts(stem, media, measured, conformed),))
    film = Film("Tide", Path(), (chapter,))
    (item,) = plan_conform(FilmFacts(film, profile, (facts,)), findings, profile).items
    return item


def test_a_stem_without_findings_is_left_alone() -> None:
    item = _plan()
    assert (item.status, item.steps, item.reason) == (ItemStatus.UNCHANGED, (), None)
    assert item.output == "ch01/Tide_ch01_VO.wav"


def test_steps_come_in_their_fixed_order_whoever_asks() -> None:
    mono = replace(RIGHT, container="FLAC", subtype="PCM_16", bit_depth_bits=16, channels=1, layout=MONO)
    item = _plan(
        _finding("FMT005", Rename("a.wav"), severity=Severity.INFO),
        _finding("FMT004", Rewrap("WAV")),
        _finding("FMT002", Requantise("PCM_24")),
        _finding("LEN001", FitLength(96_000)),
        _finding("FMT001", Resample(48_000)),
        _finding("FMT003", RemapChannels("stereo")),
        media=mono,
    )
    kinds = [step.kind for step in item.steps]
    assert kinds == ["remap_channels", "resample", "fit_length", "requantise", "rewrap", "rename"]
    assert item.status is ItemStatus.PLANNED


def test_how_a_processed_stem_is_stored_is_part_of_the_plan() -> None:
    item = _plan(_finding("FMT001", Resample(48_000)), media=replace(RIGHT, sample_rate_hz=44_100))
    assert item.steps == (Resample(48_000), Requantise("PCM_24"))


def test_padding_alone_stores_nothing_anew() -> None:
    assert _plan(_finding("LEN001", FitLength(96_480))).steps == (FitLength(96_480),)


def test_what_exceeds_full_scale_becomes_float() -> None:
    loud = _peak(1.25)
    item = _plan(_finding("FMT001", Resample(48_000)), media=replace(RIGHT, sample_rate_hz=44_100), conformed=loud)
    assert item.status is ItemStatus.PLANNED
    assert item.steps[-1] == Requantise("FLOAT")


def test_without_float_the_stem_fails_and_the_gain_is_an_unsafe_step() -> None:
    item = _plan(
        _finding("FMT001", Resample(48_000)),
        media=replace(RIGHT, sample_rate_hz=44_100),
        conformed=_peak(2.0),
        profile=NO_FLOAT,
    )
    assert item.status is ItemStatus.FAILED
    (gain,) = [step for step in item.steps if isinstance(step, ApplyGain)]
    assert not gain.safe
    assert 2.0 * 10 ** (gain.gain_db / 20) <= 1.0 - 2.0**-23
    assert gain.gain_db == pytest.approx(-6.03)
    assert "6.02 dB over full scale" in str(item.reason)


@pytest.mark.parametrize(("peak", "subtype"), [(1.0 - 2.0**-23, "PCM_24"), (1.0, "FLOAT")])
def test_the_largest_integer_still_fits(peak: float, subtype: str) -> None:
    float_file = replace(RIGHT, subtype="FLOAT", is_float=True, bit_depth_bits=32)
    item = _plan(_finding("FMT002", Requantise("PCM_24")), media=float_file, measured=_peak(peak))
    assert item.steps == (Requantise(subtype),)  # type: ignore[arg-type]


@pytest.mark.parametrize(("peak", "subtype"), [(0.4, "PCM_24"), (0.9, "FLOAT")])
def test_a_conversion_whose_peak_is_not_known_is_stored_with_room(peak: float, subtype: str) -> None:
    item = _plan(
        _finding("FMT001", Resample(48_000)), media=replace(RIGHT, sample_rate_hz=44_100), measured=_peak(peak)
    )
    assert item.steps[-1] == Requantise(subtype)  # type: ignore[arg-type]


def test_padding_sixteen_bits_can_never_exceed_full_scale() -> None:
    sixteen = replace(RIGHT, subtype="PCM_16", bit_depth_bits=16)
    item = _plan(_finding("FMT002", Requantise("PCM_24")), media=sixteen, measured=_peak(1.0))
    assert item.steps == (Requantise("PCM_24"),)


def test_a_wrong_rate_in_the_header_waits_for_a_person_and_is_not_converted() -> None:
    item = _plan(
        _finding("LEN001", Retag(48_000)),
        _finding("FMT001", Resample(48_000)),
        _finding("FMT002", Requantise("PCM_24")),
        media=replace(RIGHT, sample_rate_hz=44_100),
    )
    assert item.status is ItemStatus.SKIPPED
    assert item.steps == (Retag(48_000), Requantise("PCM_24"))
    assert "LEN001" in str(item.reason)


def test_two_rules_that_contradict_are_named() -> None:
    with pytest.raises(PlanConflict, match=r"FMT001.*FMT009"):
        _plan(_finding("FMT001", Resample(48_000)), _finding("FMT009", Resample(44_100)))


def test_two_rules_that_agree_are_one_step() -> None:
    item = _plan(_finding("FMT004", Rewrap("WAV")), _finding("FMT007", Rewrap("WAV")))
    assert item.steps == (Rewrap("WAV"),)


def test_a_waived_finding_asks_for_nothing() -> None:
    waived = _finding("FMT001", Resample(48_000), waived_by=Waiver("FMT001", "agreed"))
    assert _plan(waived).status is ItemStatus.UNCHANGED


def test_information_alone_makes_no_work_but_for_a_name() -> None:
    note = _finding("FMT004", Rewrap("WAV"), severity=Severity.INFO)
    assert _plan(note).status is ItemStatus.UNCHANGED
    name = _finding("FMT005", Rename("Tide_ch01_VO.wav"), severity=Severity.INFO)
    alone = _plan(name)
    assert (alone.status, alone.steps) == (ItemStatus.PLANNED, (Rename("Tide_ch01_VO.wav"),))
    assert not alone.changes_file
    both = _plan(name, _finding("LEN001", FitLength(96_480)))
    assert both.steps == (FitLength(96_480), Rename("Tide_ch01_VO.wav"))
    demanded = _plan(_finding("FMT005", Rename("Tide_ch01_VO.wav"), severity=Severity.WARNING))
    assert demanded.status is ItemStatus.PLANNED
    assert not demanded.changes_file


def test_what_no_tool_can_repair_is_said_and_the_rest_is_done() -> None:
    item = _plan(_finding("LEN001"), _finding("FMT001", Resample(48_000)), media=replace(RIGHT, sample_rate_hz=44_100))
    assert item.status is ItemStatus.PLANNED
    assert "LEN001" in str(item.reason)
    alone = _plan(_finding("LEN001"))
    assert (alone.status, alone.steps) == (ItemStatus.SKIPPED, ())


def test_a_file_that_is_not_there_is_skipped() -> None:
    item = _plan(media=None)
    assert (item.status, item.output) == (ItemStatus.SKIPPED, None)


def test_a_file_that_cannot_be_read_fails() -> None:
    broken = replace(RIGHT, problem=MediaProblem(ProblemKind.TRUNCATED, "the file ends early"))
    item = _plan(_finding("FMT001", Resample(48_000)), media=broken)
    assert (item.status, item.output, item.reason) == (ItemStatus.FAILED, None, "the file ends early")


def test_what_is_no_number_is_never_patched() -> None:
    integrity = object.__new__(Integrity)
    object.__setattr__(integrity, "non_finite_samples", 3)
    item = _plan(_finding("FMT001", Resample(48_000)), measured=Measured({Integrity: integrity}))
    assert item.status is ItemStatus.FAILED
    assert "3 samples" in str(item.reason)


def test_channels_in_an_unknown_order_are_not_written() -> None:
    item = _plan(_finding("FMT001", Resample(48_000)), media=replace(RIGHT, channels=3, layout=None))
    assert item.status is ItemStatus.SKIPPED


def test_files_of_nobody_are_listed_for_a_person() -> None:
    chapter = Chapter(3)
    delivery = Delivery(
        chapter,
        candidates={Role.VO: (Path("a_vo.wav"), Path("b_vo.wav"))},
        unplaced=(Unplaced(Path("mix.wav"), UnplacedReason.MIX),),
    )
    film = Film("Tide", Path(), (chapter,))
    plan = plan_conform(FilmFacts(film, PROFILE, (ChapterFacts(delivery, ()),)), (), PROFILE)
    assert [(item.role, item.status) for item in plan.items] == [
        (Role.VO, ItemStatus.SKIPPED),
        (Role.VO, ItemStatus.SKIPPED),
        (None, ItemStatus.SKIPPED),
    ]
    assert not plan.has_work


def test_several_stems_of_a_role_get_names_of_their_own() -> None:
    stems = tuple(Stem(Role.SFX, Path(f"{name}.wav"), name) for name in ("amb", "fx"))
    chapter = Chapter(2, stems=stems)
    facts = tuple(StemFacts(stem, replace(RIGHT, path=stem.path)) for stem in stems)
    film = Film("Tide", Path(), (chapter,))
    plan = plan_conform(FilmFacts(film, PROFILE, (ChapterFacts(Delivery(chapter, stems), facts),)), (), PROFILE)
    assert [item.output for item in plan.items] == ["ch02/Tide_ch02_SFX_1.wav", "ch02/Tide_ch02_SFX_2.wav"]
