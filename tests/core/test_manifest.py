"""The film file: what it says, and every mistake at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemkit.core.errors import ManifestError, Problem, ProfileError
from stemkit.core.film import Crossfade, Film, Handles, Role
from stemkit.core.film_document import FilmDocument, film_schema
from stemkit.core.manifest import load_film

FILMS = Path(__file__).parents[2] / "fixtures" / "films"
HEAD = '[film]\nframe_rate = "24"\n'
ONE = '[[chapter]]\nnumber = 1\nlength = "48f"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "film.toml"
    path.write_text(text, "utf-8", newline="")
    return path


def load(folder: Path, text: str) -> Film:
    return load_film(write(folder, text))


def problems(folder: Path, text: str) -> list[Problem]:
    with pytest.raises(ManifestError) as caught:
        load_film(write(folder, text))
    return list(caught.value.problems)


def test_every_key_that_is_offered_is_understood() -> None:
    film = load_film(FILMS / "the-last-train")
    night, eight = film.chapters
    assert (film.title, str(film.frame_rate), film.start_frame) == ("The Last Train", "24", 86_400)
    assert (night.number, night.length_frames, night.handles) == (7, 2604, Handles(0, 48))
    assert night.folder == film.base / "ch07"
    assert night.declared_folder == "ch07"
    assert eight.handles == Handles(48, 48)
    assert [(s.role, s.declared_path) for s in eight.stems] == [
        (Role.VO, "ch08/vo.wav"),
        (Role.SFX, "ch08/amb.wav"),
        (Role.SFX, "ch08/fx.wav"),
    ]
    assert eight.intentionally_silent == {Role.MUSIC}
    assert film.crossfade_after(7, Role.VO).is_straight
    assert film.crossfade_after(7, Role.SFX) == Crossfade(12, 12)
    assert film.crossfade_after(7, Role.MUSIC) == Crossfade(48, 120, "equal-gain")
    assert film.mix.profile == "ebu-r128"
    waiver = film.waivers[0]
    assert (waiver.start_frame, waiver.end_frame) == (2604 + 240, 2604 + 288)
    assert waiver.line is not None


def test_all_mistakes_of_a_file_are_reported_at_once_with_line_key_and_nearest_known_key() -> None:
    with pytest.raises(ManifestError) as caught:
        load_film(FILMS / "ten-mistakes" / "film.toml")
    found = {(p.line, p.key): p for p in caught.value.problems}
    expected = {
        (2, "film.titel"): "'title'",
        (3, "film.profile"): "'crowd-film'",
        (4, "film.frame_rate"): "",
        (7, "chapter[1].number"): "",
        (12, "chapter[2].lenght"): "'length'",
        (13, "chapter[2].folder"): "",
        (16, "chapter[3].number"): "",
        (17, "chapter[3].length"): "",
        (18, "chapter[3].stems.VOICE"): "VO",
        (21, "boundary[1].after"): "",
    }
    assert set(found) == set(expected)
    for place, word in expected.items():
        assert word in found[place].hint
        assert found[place].path == str(FILMS / "ten-mistakes" / "film.toml")


@pytest.mark.parametrize(
    ("text", "code", "line", "key"),
    [
        (ONE, "missing_key", None, "film"),
        (HEAD, "missing_key", None, "chapter"),
        ("chapter = []\n" + HEAD, "missing_key", 1, "chapter"),
        ("[film]\n" + ONE, "missing_key", 1, "film.frame_rate"),
        ('[film]\nframe_rate = "26"\n' + ONE, "wrong_value", 2, "film.frame_rate"),
        ("[film]\nframe_rate = 23.976\n" + ONE, "wrong_type", 2, "film.frame_rate"),
        (HEAD + '[[chapter]]\nlength = "2s"\n', "missing_key", 3, "chapter[1].number"),
        (HEAD + "[[chapter]]\nnumber = 1\nlength = 48\n", "wrong_type", 5, "chapter[1].length"),
        (HEAD + '[[chapter]]\nnumber = 1\nlength = "0f"\n', "wrong_time", 5, "chapter[1].length"),
        (HEAD + '[[chapter]]\nnumber = 1\nlength = "999999999999f"\n', "wrong_time", 5, "chapter[1].length"),
        (HEAD + '[[chapter]]\nnumber = 1\nlength = "48"\n', "wrong_time", 5, "chapter[1].length"),
        (HEAD + "[[chapter]]\nnumber = 100000000000000000000\n", "wrong_value", 4, "chapter[1].number"),
        (HEAD + ONE + 'folder = "/etc"\n', "path_outside", 6, "chapter[1].folder"),
        (HEAD + ONE + 'folder = "C:\\\\stems"\n', "path_outside", 6, "chapter[1].folder"),
        (HEAD + ONE + 'folder = "..\\\\stems"\n', "path_outside", 6, "chapter[1].folder"),
        (HEAD + ONE + 'folder = ""\n', "wrong_path", 6, "chapter[1].folder"),
        (HEAD + ONE + 'folder = "film.toml"\n', "wrong_path", 6, "chapter[1].folder"),
        (HEAD + ONE + 'stems.VO = "a\\u0000b"\n', "wrong_path", 6, "chapter[1].stems.VO"),
        (HEAD + ONE + 'stems.VO = ["a.wav", "../b.wav"]\n', "path_outside", 6, "chapter[1].stems.VO[2]"),
        (HEAD + ONE + 'intentionally_silent = ["voice"]\n', "wrong_value", 6, "chapter[1].intentionally_silent[1]"),
        (HEAD + ONE + 'reference_mix = "../mix.wav"\n', "path_outside", 6, "chapter[1].reference_mix"),
        (HEAD + ONE + "[[boundary]]\nafter = 1\n", "unknown_chapter", 7, "boundary[1].after"),
        (HEAD + ONE + '[[waiver]]\nrule = "SIG003"\n', "missing_key", 6, "waiver[1].reason"),
        (HEAD + ONE + '[[waiver]]\nrule = "sig"\nreason = "x"\n', "wrong_value", 7, "waiver[1].rule"),
        (HEAD + ONE + '[[waiver]]\nrule = "SIG003"\nreason = " "\n', "wrong_value", 8, "waiver[1].reason"),
        (HEAD + ONE + '[mix]\nbalance = "loud"\n', "wrong_value", 7, "mix.balance"),
        (HEAD + ONE + '[mix]\nprofile = "none"\n', "unknown_profile", 7, "mix.profile"),
        (HEAD + ONE + "[mix]\nduck = { depth_db = -6 }\n", "wrong_value", 7, "mix.duck.depth_db"),
        (HEAD + ONE + '[defaults]\ncrossfade.VO = { law = "equal-gain" }\n', "missing_key", 7, "defaults.crossfade.VO"),
        (HEAD + ONE + "[defaults]\ncrossfade.VO = 5\n", "wrong_type", 7, "defaults.crossfade.VO"),
        (HEAD + ONE + '[defaults]\nhandles = "2s"\n', "wrong_type", 7, "defaults.handles"),
        ("[film\n", "syntax", 1, None),
        ("[film]\na = 1\na = 2\n", "syntax", 3, None),
    ],
)
def test_one_mistake_is_one_problem(tmp_path: Path, text: str, code: str, line: int | None, key: str | None) -> None:
    found = problems(tmp_path, text)
    assert [(p.code, p.line, p.key) for p in found] == [(code, line, key)]
    assert found[0].message
    assert found[0].path == str(tmp_path / "film.toml")


@pytest.mark.parametrize("law", ["auto", "equal-gain", "equal-power"])
def test_every_law_can_be_asked_for(tmp_path: Path, law: str) -> None:
    text = HEAD + ONE + f'[defaults]\ncrossfade.VO = {{ before = "1s", law = "{law}" }}\n'
    (tmp_path / "film.toml").write_text(text, "utf-8")
    assert load_film(tmp_path / "film.toml").crossfades[Role.VO].law == law


def test_a_link_out_of_the_folder_leads_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "film").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "film" / "ch01").symlink_to(tmp_path / "elsewhere")
    assert [p.code for p in problems(tmp_path / "film", HEAD + ONE + 'folder = "ch01"\n')] == ["path_outside"]


def test_a_film_reached_through_a_link_is_no_way_out(tmp_path: Path) -> None:
    (tmp_path / "film" / "ch01").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "film")
    write(tmp_path / "film", HEAD + ONE + 'folder = "ch01"\n')
    assert load_film(tmp_path / "link").chapters[0].folder == (tmp_path / "film" / "ch01").resolve()


def test_chapters_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    text = HEAD + "".join(f'[[chapter]]\nnumber = {n}\nlength = "{n}s"\n' for n in (3, 1, 2))
    film = load(tmp_path, text)
    assert [chapter.number for chapter in film.chapters] == [1, 2, 3]
    assert film.start_frame_of(3) == 72


@pytest.mark.parametrize(
    ("rate", "whole", "half_frames"),
    [("24", '"0.5s"', 12), ("25", '"0.5s"', 13), ("24", '"1f"', 1), ("24", "0", 0), ("24", '"0"', 0)],
)
def test_a_whole_crossfade_is_halved_about_the_cut(tmp_path: Path, rate: str, whole: str, half_frames: int) -> None:
    text = f'[film]\nframe_rate = "{rate}"\n[defaults]\ncrossfade.SFX = {whole}\n' + ONE
    assert load(tmp_path, text).crossfades[Role.SFX] == Crossfade(half_frames, half_frames)


def test_handles_come_from_chapter_then_defaults_then_profile(tmp_path: Path) -> None:
    two = '[[chapter]]\nnumber = 2\nlength = "1s"\n'
    text = HEAD + '[defaults]\nhandles = { head = "1s" }\n' + ONE + 'handles = { tail = "3f" }\n' + two
    first, second = load(tmp_path, text).chapters
    assert (first.handles, second.handles) == (Handles(24, 3), Handles(24, 48))


def test_a_waiver_says_who_decided_it(tmp_path: Path) -> None:
    text = HEAD + ONE + '[[waiver]]\nrule = "SIG003"\nreason = "x"\nby = "Anna, sound supervisor"\n'
    assert load(tmp_path, text).waivers[0].by == "Anna, sound supervisor"


def test_a_waiver_in_film_timecode_is_understood_too(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'start_timecode = "10:00:00:00"\n'
        + ONE
        + '[[waiver]]\nrule = "SIG003"\nreason = "x"\nspan = "10:00:01:00 - 10:00:02:00"\n'
    )
    waiver = load(tmp_path, text).waivers[0]
    assert (waiver.start_frame, waiver.end_frame) == (24, 48)


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_every_editor_are_read(tmp_path: Path, mark: str, end: str) -> None:
    assert load(tmp_path, mark + (HEAD + ONE).replace("\n", end)).chapters[0].length_frames == 48


def test_other_encodings_say_so_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "film.toml"
    path.write_bytes('[film]\ntitle = "Müller"\n'.encode("latin-1"))
    with pytest.raises(ManifestError) as caught:
        load_film(path)
    assert [(p.code, p.line) for p in caught.value.problems] == [("encoding", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000,
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "9" * 10_000,
        'a = "\\ud800"',
        "\0",
        "a." * 3000 + "a = 1",
        "a." * 40 + "a = 1",
        "a." * 1_000_000 + "a = 1",
        "[film]\n" * 3,
        "# only a comment",
        "",
    ],
)
def test_hostile_text_is_a_problem_and_no_crash(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        load_film(tmp_path / "none.toml")


def test_a_file_of_many_megabytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.toml").write_bytes(b"# " + b"x" * 10_000_000)
    assert [p.code for p in problems_of_path(tmp_path)] == ["too_large"]


def problems_of_path(path: Path) -> list[Problem]:
    with pytest.raises(ManifestError) as caught:
        load_film(path)
    return list(caught.value.problems)


def test_a_profile_from_the_command_line_wins(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + 'profile = "none"\n' + ONE)
    assert load_film(path, profile="ebu-r128").profile == "ebu-r128"
    with pytest.raises(ProfileError):
        load_film(path, profile="nothing")


KEYS = st.sampled_from(
    ["film", "chapter", "number", "length", "stems", "VO", "folder", "mix", "defaults", "crossfade", "x"]
)
VALUES = st.recursive(
    st.none().map(lambda _: 1)
    | st.integers()
    | st.text(max_size=8)
    | st.booleans()
    | st.sampled_from(["2s", "24", "../x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_whatever_the_document_holds_there_are_problems_with_places(data: dict[str, object]) -> None:
    import tempfile

    import tomlkit

    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), tomlkit.dumps(data))
        with pytest.raises(ManifestError) as caught:
            load_film(path)
        assert all(problem.path and problem.message for problem in caught.value.problems)


def test_the_schema_knows_every_key_and_what_must_be_there() -> None:
    schema = film_schema()
    assert set(schema["properties"]) == set(FilmDocument.model_fields)
    assert schema["$defs"]["ChapterPart"]["required"] == ["number"]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("rule", "is_right"), [("LEN001", True), ("LEN001.long", True), ("len1", False), ("LEN001.", False)]
)
def test_a_waiver_names_a_rule_or_one_of_its_conditions(tmp_path: Path, rule: str, is_right: bool) -> None:
    text = HEAD + ONE + f'[[waiver]]\nrule = "{rule}"\nreason = "it is meant"\n'
    if is_right:
        assert load(tmp_path, text).waivers[0].rule == rule
        return
    with pytest.raises(ManifestError, match="no code of a rule"):
        load(tmp_path, text)
