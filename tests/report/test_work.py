"""What was done, in words: every conform step, every form of prints, ducking, limiter, balance, waivers."""

from __future__ import annotations

from typing import get_args

import pytest

from stemkit.core import steps
from stemkit.core.inserts import Insert
from stemkit.report.curves import encode
from stemkit.report.formats import html, markdown
from stemkit.report.proof import build_proof
from stemkit.report.speech import Speech
from stemkit.report.steps import step_words as terminal_words
from stemkit.report.work import step_words
from stemkit.texts.language import languages
from tests.report.lively import lively_mix

EVERY_STEP: tuple[steps.Step, ...] = (
    steps.Retag(44_100),
    steps.PickChannels("mono", (1,), "silent"),
    steps.PickChannels("mono", (0,), "same"),
    steps.FoldDown("stereo", ((1.0, 0.0, 0.7071), (0.0, 1.0, 0.7071))),
    steps.CopyChannel(0, 1),
    steps.FlipPolarity((1,)),
    steps.RemoveOffset((0.0123, -0.004)),
    steps.RemapChannels("stereo"),
    steps.Resample(48_000),
    steps.ShiftSound(1920),
    steps.ShiftSound(-1920),
    steps.FitLength(1_152_000),
    steps.TrimTail(960_000),
    steps.RunInserts((Insert("HighpassFilter", parameters=(("cutoff_frequency_hz", 80.0),)),)),
    steps.ApplyGain(-3.25),
    steps.Requantise("PCM_24"),
    steps.Rewrap("RF64"),
    steps.Rename("ch07_VO.wav"),
)


def test_every_kind_of_step_is_tried_here() -> None:
    assert {type(step) for step in EVERY_STEP} == set(get_args(steps.Step))


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: step.kind)
def test_every_step_has_words(step: steps.Step, lang: str) -> None:
    words = step_words(steps.step_as_dict(step), Speech(lang))
    assert words != step.kind
    assert "_" not in words.replace("cutoff_frequency_hz", "").replace("ch07_VO.wav", "")


@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: step.kind)
def test_every_step_has_words_for_a_terminal(step: steps.Step) -> None:
    assert terminal_words(steps.step_as_dict(step)) != step.kind


@pytest.mark.parametrize("depth", get_args(steps.Subtype))
@pytest.mark.parametrize("lang", languages())
def test_every_depth_has_words(depth: str, lang: str) -> None:
    assert Speech(lang).has(f"depth_{depth}")


@pytest.mark.parametrize("lang", languages())
def test_channels_are_counted_from_one(lang: str) -> None:
    words = step_words(steps.step_as_dict(steps.FlipPolarity((1,))), Speech(lang))
    assert "2" in words
    assert "1" not in words


def test_what_was_lowered_is_said_and_drawn() -> None:
    page = html.render(lively_mix())
    assert "music and effects 6.0 dB under the voice, 41.5 s in all, in 3 stretches" in page
    assert "2.5 s at work, −3.4 dB at the deepest, at 01:01:01:00" in page
    assert 'class="lowered limiter"' in page
    assert page.count('class="lowered duck"') == 2
    assert "Nothing was compressed or limited" not in page


def test_a_limiter_without_work_is_no_limiting() -> None:
    report = lively_mix()
    report["limiter"] = {"seconds": 0.0, "deepest_db": 0.0, "deepest_at_s": None, "curve": encode([0.0] * 1200, 0.0)}
    page = html.render(report)
    assert "it had nothing to do" in page
    assert "Nothing was compressed or limited" in page
    assert "lowered limiter" not in page


def test_a_print_that_stands_apart_is_not_held_to_be_wrong() -> None:
    sums = build_proof(lively_mix()).sums
    assert [state for _, _, state in sums] == ["ok", "quiet", "quiet", "ok"]
    assert "not claimed" in sums[1][1]
    assert "me_gain_db = -0.6 would bring it under −1.0 dBTP" in html.render(lively_mix())


def test_a_fade_that_moved_says_where_to() -> None:
    page = html.render(lively_mix())
    assert "shortened, beside words: out 01:00:19:00, 0.5 s, in 01:00:20:00, 1 s" in page


def test_files_of_a_print_say_what_is_in_them() -> None:
    first = build_proof(lively_mix()).prints[0].files[0]
    assert first[2] == "WAV · 24 bit · reel 1 from 01:00:00:00 · channel L · leader 8 s before, 4 s after"


def test_balance_is_told_before_and_after() -> None:
    rows = build_proof(lively_mix()).trims
    assert (rows[0].before, rows[0].after, rows[0].trim) == ("−25.0", "−23.5", "+1.5")
    assert (rows[0].step_before, rows[0].step_after) == ("+4.0", "+2.5")
    assert rows[1].step_before == "–"
    assert "Balance between the chapters by dialogue level" in html.render(lively_mix())


def test_who_waived_it_is_named() -> None:
    assert "as written (Ana Souza, supervisor)" in html.render(lively_mix())


@pytest.mark.parametrize("lang", languages())
def test_it_is_told_in_every_language_and_form(lang: str) -> None:
    assert "step_" not in html.render(lively_mix(), lang)
    assert "r02.R.wav" in markdown.render(lively_mix(), lang)
