"""Fades of voices leave words whole: where they go, and that nothing else moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemkit.core.timebase import Span
from stemkit.plan.voice_fades import whole_words

CUT, LAST, SHORT = 1000, 2000, 10
ASKED = Span(750, 1250)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], (750, 1250)),
        ([(100, 700)], (750, 1250)),
        ([(100, 700), (1300, 1500)], (750, 1250)),
        ([(600, 900)], (900, 1400)),
        ([(700, 800), (850, 1100)], (1100, 1600)),
        ([(900, 1700)], (1700, 2000)),
        ([(900, 1100), (1400, 1600)], (1100, 1400)),
        ([(1200, 1400)], (700, 1200)),
        ([(100, 720), (1200, 1400)], (720, 1200)),
        ([(900, 1995)], (1000, 1010)),
        ([(900, 3000)], (1000, 1010)),
    ],
    ids=[
        "no voice",
        "a pause",
        "words on both sides",
        "a word before the cut",
        "a word across the cut",
        "the pause is short",
        "words in the handle are not waited for",
        "a word in the handle comes too early",
        "between two words",
        "no room at the end of the handle",
        "a word without end",
    ],
)
def test_where_a_fade_out_goes(words: list[tuple[int, int]], found: tuple[int, int]) -> None:
    span, is_whole = whole_words(ASKED, CUT, [Span(*word) for word in words], LAST, SHORT)
    assert (span.start, span.end) == found
    assert is_whole is (span.length == ASKED.length)


@given(
    st.lists(st.tuples(st.integers(0, 1900), st.integers(20, 400)), max_size=5),
    st.integers(0, 500),
    st.integers(0, 500),
    st.integers(0, 1000),
)
def test_no_word_of_the_picture_is_faded_and_none_from_beyond_is_heard(
    raw: list[tuple[int, int]], before: int, after: int, handle: int
) -> None:
    words, at = [], 0
    for gap, length in raw:
        words.append(Span(at + gap, at + gap + length))
        at = words[-1].end + 20
    fade, last = Span(CUT - before, CUT + min(after, handle)), CUT + handle
    span, _ = whole_words(fade, CUT, words, last, SHORT)
    assert span.end <= max(last, fade.end)
    assert span.length <= max(fade.length, SHORT)
    own = max((word.end for word in words if word.start < CUT), default=0)
    if last - own >= SHORT and span != fade:
        assert all(word.overlap(span) is None for word in words)
        assert all(word.start >= span.end for word in words if word.start >= CUT)
