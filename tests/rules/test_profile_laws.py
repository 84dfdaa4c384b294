"""What holds for every profile that is shipped, and each figure against the table that it was taken from."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from stemkit.core.finding import Outcome, Severity
from stemkit.core.profile import FIGURES, Profile, load_profile, profile_names, profile_path
from stemkit.core.profile_figures import Figure
from stemkit.rules._engine import all_rules, run
from stemkit.texts import explanation, render
from tests.rules.building import facts_of

SHIPPED = profile_names()
SHOUTING: dict[str, Any] = {
    "lufs": 0.0,
    "dbtp": 6.0,
    "amplitude": 2.0,
    "range": 60.0,
    "max_short_term": 3.0,
    "max_momentary": 3.0,
    "rms": 0.0,
    "noise_floor": -10.0,
    "leq_m": 120.0,
    "dialogue": {
        "speech_share": 0.5,
        "dialogue_lufs": 0.0,
        "dialogue_gated_lufs": 0.0,
        "dialogue_range_lu": 50.0,
        "ldr_lu": 40.0,
    },
}
"""A print that breaks every figure."""


def as_case(profile: Profile) -> dict[str, Any]:
    return profile.model_dump(mode="json")


def figures(profile: Profile) -> list[Figure]:
    return [*(figure for _, figure in profile.figures()), *profile.plausible]


def stated_in(name: str) -> dict[str, Any]:
    """Return what a profile's own file says, without what it inherits."""
    return tomllib.loads(profile_path(name).read_text("utf-8"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_profile_says_where_it_is_from_and_so_does_each_figure(name: str) -> None:
    profile, own = load_profile(name), stated_in(name)
    assert {"name", "title", "revision", "source", "checked_on"} <= set(own)
    assert all(len(figure.source) > 8 for figure in figures(profile))
    assert all(len(reason) > 8 for reason in profile.not_published.values())
    # A document's own words name it, what is ours says so.
    for figure in figures(profile):
        assert (figure.grade == "project") == figure.source.startswith("project:"), figure.source
    assert (profile.format.grade == "project") == profile.format.source.startswith("project:")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_profile_speaks_of_loudness_and_peaks_or_says_that_its_document_does_not(name: str) -> None:
    profile = load_profile(name)
    assert profile.loudness or "loudness" in profile.not_published
    assert profile.true_peak or "true_peak" in profile.not_published
    assert not any(getattr(profile, key) for key in profile.not_published)


@pytest.mark.parametrize("key", FIGURES)
def test_every_key_is_read_by_a_rule_that_explains_it(key: str) -> None:
    found = run(facts_of({"profile": {key: [], "not_published": {key: "the document is silent"}}})).findings
    [gap] = [finding for finding in found if finding.condition == "skip_not_published"]
    assert gap.outcome is Outcome.SKIP
    assert "the document is silent" in render(gap)[0]
    assert any(one.startswith(f"{key}.") for one in explanation(gap.code).profile_keys)
    fields = {name for figure in _all_figures(key) for name in type(figure).model_fields}
    explained = {one.partition(".")[2] for rule in all_rules() for one in explanation(rule.code).profile_keys}
    assert fields - explained <= {"of", "prints", "roles", "source", "grade", "quantity", "flag_severity"}


def _all_figures(key: str) -> list[Figure]:
    return [figure for name in SHIPPED for figure in getattr(load_profile(name), key)]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_figure_of_a_print_is_judged_and_weak_evidence_never_blocks(name: str) -> None:
    profile = load_profile(name)
    strict = {rule.code: {"severity": "error", "reason": "somebody is strict"} for rule in all_rules()}
    given = {**as_case(profile), "severities": strict}
    prints = [{"name": one.name, "roles": [role.value for role in one.roles], **SHOUTING} for one in profile.prints]
    found = [one for one in run(facts_of({"profile": given, "prints": prints})).findings if one.where.print]
    weak = [one for one in found if one.params.get("grade") == "C"]
    assert not any(one.severity is Severity.ERROR for one in weak)
    assert all("grade C" in render(one)[0] for one in weak)
    judged = {one.code for one in found if one.outcome is Outcome.FAIL}
    for key, codes in (
        ("loudness", {"LUD001", "LUD004"}),
        ("true_peak", {"PEK001"}),
        ("loudness_range", {"LUD002"}),
        ("max_short_term", {"LUD003"}),
        ("ldr", {"LUD007"}),
        ("rms", {"LUD008"}),
        ("leq_m", {"LUD009"}),
        ("dialogue_range", {"LUD010"}),
        ("noise_floor", {"LUD011"}),
        ("sample_peak", {"PEK004"}),
    ):
        assert bool(getattr(profile, key)) == bool(codes & judged), key


@pytest.mark.parametrize("name", SHIPPED)
def test_level_and_peaks_are_errors_for_prints_only(name: str) -> None:
    profile = load_profile(name)
    parts = [
        one for one in (*profile.loudness, *profile.true_peak, *profile.plausible) if getattr(one, "of", "") != "print"
    ]
    assert {one.severity for one in parts} <= {Severity.WARNING, Severity.INFO}


def test_only_summaries_make_warnings_of_what_is_far_off() -> None:
    prints = [{"name": "FULL", **SHOUTING}]
    for name, is_blocked in (("gyt-282", False), ("web-14", False), ("freetv-op59", True), ("netflix-2.0", True)):
        found = run(facts_of({"profile": as_case(load_profile(name)), "prints": prints})).findings
        assert any(one.is_blocking for one in found if one.where.print) == is_blocked, name


# Typed again from the table of standards: dialogue or programme target, below, above; true peak; what else.
P, D = "programme", "dialogue"
TABLE: tuple[tuple[str, str, tuple[tuple[object, ...], ...], float | None, dict[str, float]], ...] = (
    ("crowd-film", "project", ((P, -23, 0.2, 0.2),), -1, {}),
    ("ebu-r128", "B", ((P, -23, 0.2, 0.2),), -1, {}),
    ("ebu-r128-s1", "B", ((P, -23, 0.2, 0.2),), -1, {"max_short_term": -18}),
    ("ebu-r128-s2", "B", ((P, -23, 0.2, 0.2),), -1, {}),
    ("ebu-r128-s3", "C", ((P, -23, 0.2, 0.2),), -1, {}),
    ("ebu-r128-s4", "B", ((P, -23, 0.2, 0.2),), -1, {"ldr": 5}),
    ("atsc-a85", "B", ((D, -24, 2, 2), (P, -24, 2, 2)), -2, {}),
    ("atsc-a85-short", "B", ((P, -24, 2, 2),), -2, {}),
    ("atsc-a85-stream", "B", ((D, -24, 3, 1), (P, -24, 3, 1)), -2, {}),
    ("arib-tr-b32", "C", ((P, -24, 1, 1),), -1, {}),
    ("freetv-op59", "B", ((P, -24, 1, 1),), -2, {}),
    ("gyt-282", "C", ((P, -24, 2, 2),), -2, {}),
    ("gyt-377-quiet", "C", ((P, -24, 2, 2),), -1, {}),
    ("gyt-377-noisy", "C", ((P, -15, 2, 2),), -1, {}),
    ("aes77", "B", ((D, -18, None, 1), (P, -18, None, 2)), -1, {}),
    ("aes77-album", "B", ((P, -14, None, None),), -1, {}),
    ("aes77-music", "B", ((P, -16, 0.2, 0.2),), -1, {}),
    ("apple-tv", "B", ((D, -24, 6, 6), (P, -24, 7, 19)), -1, {}),
    ("disney-trailer", "B", (), None, {}),
    ("netflix-5.1", "B", ((D, -27, 2, 2), (P, -24, 2, 2)), -2, {"loudness_range": 18, "dialogue_range": 10}),
    ("netflix-2.0", "B", ((D, -27, 2, 2), (P, -24, 2, 2)), -2, {"loudness_range": 18, "dialogue_range": 10}),
    ("netflix-me", "A", (), -2, {}),
    ("amazon-mgm", "B", ((D, -27, 2, 2),), -2, {}),
    ("amazon-mgm-2.0", "B", ((D, -27, 2, 2),), -2, {}),
    ("prime-video-direct", "B", ((P, -24, 2, 2),), -2, {}),
    (
        "disney-plus-5.1",
        "B",
        ((D, -27, 0.4, 0.4), (P, -24, 0.4, 0.4), (P, -20, None, None)),
        -2,
        {"loudness_range": 20},
    ),
    ("disney-plus-2.0", "B", ((P, -24, 0.4, 0.4),), -2, {"loudness_range": 20}),
    ("disney-a85", "B", ((D, -24, 2, 2), (P, -24, 2, 2)), -2, {}),
    ("disney-r128", "B", ((P, -23, 0.5, 0.5),), -3, {"max_short_term": -15, "loudness_range": 20}),
    ("wbd-max", "B", ((D, -24, 2, 2), (P, -24, 2, 2)), -2, {"loudness_range": 20}),
    ("apple-music-immersive", "B", ((P, -18, None, None),), -1, {}),
    ("apple-podcasts", "B", ((P, -16, 1, 1),), -1, {}),
    ("spotify", "B", (), -1, {}),
    ("web-14", "C", ((P, -14, 1, 1),), -1, {}),
    ("dpp-as11", "B", ((P, -23, 0.5, 0.5),), -3, {"loudness_range": 18, "dialogue_range": 6}),
    ("rtl-longform", "A", ((P, -23, 0.2, 0.2),), -1, {"loudness_range": 20}),
    ("fr-tv", "A", ((P, -23, 1, 1),), None, {}),
    ("fr-tv-advert", "A", ((P, -23, None, None),), None, {"max_short_term": -20}),
    ("theatrical", "C", (), None, {}),
    ("trailer-tasa", "B", (), None, {"leq_m": 85}),
    ("cinema-ad-sawa", "B", (), None, {"leq_m": 82}),
    ("film-turnover", "A", (), None, {}),
    ("game-aswg", "C", ((P, -24, 2, 2),), -1, {"loudness_range": 20}),
    ("game-aswg-portable", "C", ((P, -18, 2, 2),), -1, {"loudness_range": 20}),
    ("acx", "B", (), None, {"rms": -18, "sample_peak": -3, "noise_floor": -60, "duration": 7200}),
)


def test_the_table_holds_every_profile() -> None:
    assert sorted(row[0] for row in TABLE) == sorted(SHIPPED)


@pytest.mark.parametrize(("name", "grade", "loudness", "peak", "more"), TABLE, ids=[row[0] for row in TABLE])
def test_each_figure_is_the_one_of_the_table(
    name: str, grade: str, loudness: tuple[tuple[object, ...], ...], peak: float | None, more: dict[str, float]
) -> None:
    profile = load_profile(name)
    rules = [rule for rule in profile.loudness if rule.of == "print"]
    assert [(r.quantity, r.target_lufs, r.below_lu, r.above_lu) for r in rules] == list(loudness)
    limit = profile.true_peak_limit("print")
    assert (limit.max_dbtp if limit else None) == peak
    others = {key: figure for key, figure in profile.figures() if key not in ("loudness", "true_peak", "head_tail")}
    stated = {key: getattr(figure, "max_lufs", None) or figure.bounds[1] for key, figure in others.items()}
    assert stated == more
    said = {figure.grade for key, figure in profile.figures() if figure.of == "print"} - {"project"}
    assert said <= {"A", "B"} if grade in ("A", "B", "project") else said <= {"C"}


@pytest.mark.parametrize(
    ("name", "rate", "layout", "packaging"),
    [
        ("netflix-5.1", 48_000, "5.1", "discrete-mono"),
        ("netflix-2.0", 48_000, "stereo", "discrete-mono"),
        ("amazon-mgm", 48_000, "5.1", "discrete-mono"),
        ("disney-plus-5.1", 48_000, "5.1", "interleaved"),
        ("wbd-max", 48_000, "5.1", "interleaved"),
        ("acx", 44_100, "stereo", "interleaved"),
        ("cinema-ad-sawa", 48_000, "5.1", "interleaved"),
        ("crowd-film", 48_000, "stereo", "interleaved"),
    ],
)
def test_forms(name: str, rate: int, layout: str, packaging: str) -> None:
    form = load_profile(name).format
    assert (form.sample_rate_hz, form.layout, form.packaging) == (rate, layout, packaging)


def test_the_readme_of_the_profiles_names_every_key() -> None:
    text = (Path(__file__).parents[2] / "profiles" / "README.md").read_text("utf-8")
    for key in FIGURES:
        assert f"`[[{key}]]`" in text, key
