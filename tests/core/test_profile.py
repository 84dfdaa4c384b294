"""Profiles: what is shipped, where they are found, what they inherit, what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stemkit.core.errors import Problem, ProfileError
from stemkit.core.profile import FIGURES, Profile, load_profile, profile_names, profile_schema

SHIPPED = profile_names()


def problems(name: str, beside: Path | None = None) -> list[Problem]:
    with pytest.raises(ProfileError) as caught:
        load_profile(name, beside=beside)
    return list(caught.value.problems)


def write(folder: Path, name: str, text: str) -> Path:
    (folder / "profiles").mkdir(exist_ok=True)
    path = folder / "profiles" / f"{name}.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_default_and_the_broadcasters_profile_are_shipped() -> None:
    assert {"crowd-film", "ebu-r128"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_profile_loads_and_gives_a_source_for_each_figure(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.source
    assert profile.format.source
    assert all(rule.source for rule in profile.loudness)
    assert all(limit.source for limit in profile.true_peak)
    assert [spec.name for spec in profile.prints] == ["FULL", "VO", "SFX", "MUSIC", "ME"]


def test_levels_of_stems_and_chapters_are_never_errors_in_the_default() -> None:
    profile = load_profile("crowd-film")
    assert {rule.severity.value for rule in profile.loudness if rule.of != "print"} == {"warning"}
    assert {limit.severity.value for limit in profile.true_peak if limit.of != "print"} == {"warning"}
    (full,) = profile.loudness_rules("print", "FULL")
    assert (full.target_lufs, full.severity.value) == (-23.0, "error")
    limit = profile.true_peak_limit("print")
    assert limit is not None
    assert limit.max_dbtp == -1.0


def test_the_nearest_known_profile_is_named() -> None:
    assert [(p.code, p.hint) for p in problems("crowdfilm")] == [("unknown_profile", "did you mean 'crowd-film'?")]
    assert problems("ebu")[0].hint == "did you mean 'ebu-r128'?"


@pytest.mark.parametrize("name", ["../crowd-film", "a/b.toml", "", "a" * 5000, "x\0y", "C:\\p.toml"])
def test_names_that_are_no_profile_are_problems(name: str) -> None:
    assert problems(name)[0].code == "unknown_profile"


def test_a_profile_beside_the_film_comes_first(tmp_path: Path) -> None:
    write(tmp_path, "crowd-film", 'extends = "ebu-r128"\ntitle = "ours"\n')
    assert load_profile("crowd-film", beside=tmp_path).title == "ours"
    assert load_profile("crowd-film").title != "ours"
    write(tmp_path, "crowd-film", 'extends = "crowd-film"\ntitle = "ours too"\n')
    assert load_profile("crowd-film", beside=tmp_path).title == "ours too"
    write(tmp_path, "mine", 'extends = "crowd-film"\n')
    assert "mine" in profile_names(tmp_path)


def test_extends_merges_tables_and_replaces_lists(tmp_path: Path) -> None:
    text = 'extends = "crowd-film"\n[format]\nbit_depth_bits = 16\n[[true_peak]]\nof = "print"\nmax_dbtp = -2\n'
    path = write(tmp_path, "quiet", text + 'source = "us"\ngrade = "project"\n')
    profile = load_profile(str(path))
    base = load_profile("crowd-film")
    assert profile.name == "quiet"
    assert profile.format == base.format.model_copy(update={"bit_depth_bits": 16})
    assert [limit.max_dbtp for limit in profile.true_peak] == [-2.0]
    assert profile.loudness == base.loudness


def test_extends_may_name_a_file_beside_and_never_itself(tmp_path: Path) -> None:
    write(tmp_path, "a", 'extends = "./b.toml"\n')
    write(tmp_path, "b", 'extends = "crowd-film"\n')
    assert load_profile("a", beside=tmp_path).format.sample_rate_hz == 48_000
    write(tmp_path, "b", 'extends = "a"\n')
    assert [p.code for p in problems("a", tmp_path)] == ["circular"]
    write(tmp_path, "b", 'extends = "crowd"\n')
    found = problems("a", tmp_path)[0]
    assert (found.line, found.key, found.path) == (1, "extends", str(tmp_path / "profiles" / "b.toml"))


def test_all_mistakes_are_reported_each_in_the_file_that_wrote_it(tmp_path: Path) -> None:
    parent = write(tmp_path, "parent", 'extends = "crowd-film"\n[format]\nlayout = "stero"\nbit_depth_bits = 20\n')
    child = write(
        tmp_path, "child", 'extends = "parent"\n[format]\nsample_rate = 48000\n[naming]\npattern = "{titel}"\n'
    )
    found = {(Path(p.path or "").name, p.line, p.key) for p in problems("child", tmp_path)}
    assert found == {
        (parent.name, 3, "format.layout"),
        (parent.name, 4, "format.bit_depth_bits"),
        (child.name, 3, "format.sample_rate"),
        (child.name, 5, "naming.pattern"),
    }
    hints = {p.key: p.hint for p in problems("child", tmp_path)}
    assert hints["format.sample_rate"] == "did you mean 'sample_rate_hz'?"


@pytest.mark.parametrize(
    "pattern", ["{title.__class__}_{role}", "{title[0]}_{role}", "{0}_{role}", "{role", "{title}", "{role:d}", "{}"]
)
def test_patterns_hold_plain_fields_only(tmp_path: Path, pattern: str) -> None:
    path = write(tmp_path, "p", f'extends = "crowd-film"\n[naming]\npattern = "{pattern}.wav"\n')
    assert [p.key for p in problems(str(path))] == ["naming.pattern"]


@pytest.mark.parametrize("figure", ["inf", "nan", "true", '"-23"'])
def test_figures_are_numbers(tmp_path: Path, figure: str) -> None:
    text = f'extends = "crowd-film"\n[[true_peak]]\nof = "print"\nmax_dbtp = {figure}\nsource = "x"\ngrade = "A"\n'
    assert [(p.line, p.key) for p in problems(str(write(tmp_path, "p", text)))] == [(4, "true_peak[1].max_dbtp")]


def test_an_empty_profile_says_what_is_missing(tmp_path: Path) -> None:
    keys = {p.key for p in problems(str(write(tmp_path, "p", "")))}
    assert {"title", "revision", "source", "format", "prints"} <= keys


def test_a_gap_in_a_document_is_a_value_and_replaces_what_was_inherited(tmp_path: Path) -> None:
    write(tmp_path, "gap", 'extends = "crowd-film"\ntrue_peak = "not published: nobody says"\nldr = "not published"\n')
    profile = load_profile("gap", beside=tmp_path)
    assert profile.true_peak == ()
    assert profile.not_published == {"true_peak": "nobody says", "ldr": "not published"}
    figure = '[[true_peak]]\nof = "print"\nmax_dbtp = -2\nsource = "x"\ngrade = "A"\n'
    write(tmp_path, "stated", 'extends = "gap"\n' + figure)
    stated = load_profile("stated", beside=tmp_path)
    assert [limit.max_dbtp for limit in stated.true_peak] == [-2.0]
    assert set(stated.not_published) == {"ldr"}
    write(tmp_path, "other", 'extends = "crowd-film"\ntrue_peak = "unknown"\n')
    assert [p.key for p in problems("other", tmp_path)] == ["true_peak"]


@pytest.mark.parametrize(
    ("figure", "key"),
    [
        ('[[true_peak]]\nof = "print"\nmax_dbtp = -1\nsource = "x"\ngrade = "C"\n', "true_peak[1]"),
        ('[[ldr]]\nof = "print"\nmax_lu = 5\nsource = ""\ngrade = "B"\n', "ldr[1].source"),
        ('[[rms]]\nof = "print"\nmax_dbfs = -18\ngrade = "B"\n', "rms[1].source"),
        ('[[rms]]\nof = "reel"\nmax_dbfs = -18\nsource = "x"\ngrade = "B"\n', "rms[1].of"),
        ('[[leq_m]]\nof = "print"\nmax_db = 85\nlfe_gain_db = 3\nsource = "x"\ngrade = "B"\n', "leq_m[1].lfe_gain_db"),
        (
            '[[loudness]]\nof = "print"\nquantity = "programme"\ngating = "none"\ntarget_lufs = -24\n'
            'source = "x"\ngrade = "B"\n',
            "loudness[1]",
        ),
    ],
)
def test_a_figure_has_a_source_and_weak_evidence_only_warns(tmp_path: Path, figure: str, key: str) -> None:
    write(tmp_path, "p", 'extends = "crowd-film"\n' + figure)
    assert [p.key for p in problems("p", tmp_path)] == [key]


def test_the_rules_of_a_print_come_in_the_profiles_order() -> None:
    rules = load_profile("netflix-5.1").loudness_rules("print", "FULL")
    assert [(rule.quantity, rule.target_lufs) for rule in rules] == [("dialogue", -27.0), ("programme", -24.0)]
    assert load_profile("netflix-5.1").loudness_rules("print", "VO") == ()


def test_the_schema_takes_figures_and_gaps() -> None:
    properties = profile_schema()["properties"]
    for key in FIGURES:
        kinds = [option["type"] for option in properties[key]["anyOf"]]
        assert kinds == ["array", "string"], key


def test_the_schema_knows_every_key() -> None:
    assert set(profile_schema()["properties"]) == set(Profile.model_fields) | {"extends"}


def test_what_a_figure_lacks_is_told_where_the_figure_is_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nextends = "crowd-film"\n[[true_peak]]\nof = "stem"\nmax_dbtp = -1.0\n', encoding="utf-8"
    )
    with pytest.raises(ProfileError) as caught:
        load_profile(str(path))
    told = [(problem.path, problem.key) for problem in caught.value.problems]
    assert {place for place, _ in told} == {str(path)}
    assert ("true_peak[1].source") in {key for _, key in told}


def test_an_unknown_name_says_where_a_profile_of_ones_own_lies() -> None:
    for name, hint in (("ebu-r12", "did you mean 'ebu-r128'?"), ("our-studio", "profiles/ beside the film file")):
        with pytest.raises(ProfileError) as caught:
            load_profile(name)
        assert hint in caught.value.problems[0].hint
