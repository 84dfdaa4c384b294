"""Lines of keys, against what an independent reader of the same text says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.errors import ManifestError
from stemkit.core.toml_source import dotted, read_toml, scan_lines

TEXT = '''\
# [not.a] = table
title = "a # no comment"
"quoted key" = 1
text = """
[chapter]
x = 1
"""
literal = \'\'\'
y = 2\'\'\'
a.b = 1

[one.two]   # here
list = [
  { x = 1 }, # first
  { x = 2,
    y = { z = "}" } },
]
when = 1979-05-27T07:32:00Z

[[chapter]]
number = 1
stems = { VO = "a]b", SFX = ["x", "y"] }
[chapter.inner]
k = 0

[[chapter]]
number = 2
[[chapter.take]]
n = 1
[[chapter.take]]
n = 2
'''


def test_every_key_has_the_line_on_which_it_stands() -> None:
    lines = scan_lines(TEXT)
    rows = TEXT.splitlines()
    expected = {
        ("title",): 2,
        ("quoted key",): 3,
        ("text",): 4,
        ("literal",): 8,
        ("a",): 10,
        ("a", "b"): 10,
        ("one", "two"): 12,
        ("one", "two", "list", 0, "x"): rows.index("  { x = 1 }, # first") + 1,
        ("one", "two", "list", 1, "x"): 15,
        ("one", "two", "list", 1, "y", "z"): 16,
        ("one", "two", "when"): 18,
        ("chapter", 0): 20,
        ("chapter", 0, "stems", "SFX", 1): 22,
        ("chapter", 0, "inner", "k"): 24,
        ("chapter", 1): 26,
        ("chapter", 1, "take", 1, "n"): 31,
    }
    assert {key: lines.get(key) for key in expected} == expected
    assert ("x",) not in lines
    assert ("y",) not in lines


def test_a_key_that_is_not_there_has_the_line_of_what_is_around_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[one]\nx = 1\n", "utf-8")
    source = read_toml(tmp_path / "a.toml", ManifestError)
    assert (source.line_of(("one", "y")), source.line_of(("two",))) == (1, None)
    assert (source.holds(("one", "x")), source.holds(("one", "x", "z"))) == (True, False)


KEYS = st.text("abc_-", min_size=1, max_size=4)
LEAVES = st.integers(-5, 5) | st.booleans() | st.text("ab]}#='\"\\\n", max_size=6)
DATA = st.recursive(LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=15)


@given(st.dictionaries(KEYS, DATA, max_size=6))
def test_every_key_of_a_written_document_is_found(data: dict[str, object]) -> None:
    import tomlkit

    text = tomlkit.dumps(data)
    lines = scan_lines(text)
    last = text.count("\n") + 1

    def visit(place: tuple[str | int, ...], value: object) -> None:
        if place:
            assert 1 <= lines[place] <= last, dotted(place)
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in items:
            visit((*place, key), inner)

    visit((), data)


@pytest.mark.parametrize(("place", "text"), [((), ""), (("a", 0, "b"), "a[1].b"), (("x",), "x")])
def test_places_are_written_as_people_write_them(place: tuple[str | int, ...], text: str) -> None:
    assert dotted(place) == text
