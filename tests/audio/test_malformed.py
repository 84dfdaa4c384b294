"""Broken files: named for what they are, without memory, without a crash, and read where they can be."""

from __future__ import annotations

import contextlib
import math
import re
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemkit.audio.probe import probe
from stemkit.audio.reader import read_blocks
from stemkit.core.errors import MediaError
from stemkit.core.media import MediaInfo

FOLDER = Path(__file__).parents[2] / "fixtures" / "malformed"
ROW = re.compile(r"^\| `([^`]+)` \| ([a-z_-]+) \|", re.MULTILINE)
CASES = dict(ROW.findall((FOLDER / "README.md").read_text("utf-8")))
READABLE = sorted(name for name, kind in CASES.items() if kind == "-")
MEMORY = 4_000_000  # libraries that are loaded on the way count too


def read_all(media: MediaInfo) -> np.ndarray:
    return np.concatenate([np.empty((0, media.channels)), *read_blocks(media)])


def test_every_file_has_its_line_of_provenance() -> None:
    assert {path.name for path in FOLDER.iterdir()} - {"README.md"} == set(CASES)
    assert all(path.stat().st_size < 1024 for path in FOLDER.iterdir() if path.name != "README.md")


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_problem_is_named(name: str) -> None:
    problem = probe(FOLDER / name).problem
    assert (problem.kind.value if problem else "-") == CASES[name]
    assert problem is None or problem.detail


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_claim_in_a_header_costs_memory(name: str, tmp_path: Path) -> None:
    probe(FOLDER / "cut.flac")  # loads what decodes
    tracemalloc.start()
    try:
        media = probe(FOLDER / name)
        if media.is_usable:
            read_all(media)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", sorted(set(CASES) - set(READABLE) - {"aiff.wav"}))
def test_what_cannot_be_read_to_its_end_is_not_read_at_all(name: str) -> None:
    with pytest.raises(MediaError, match=re.escape(name)):
        list(read_blocks(probe(FOLDER / name)))


@pytest.mark.parametrize("name", sorted(set(READABLE) - {"64_channels.wav", "not_finite.wav"}))
def test_what_can_be_read_is_read_right(name: str) -> None:
    media = probe(FOLDER / name)
    expected = np.array([(i * 977) % 20_000 - 10_000 for i in range(40)]).reshape(20, 2) / 32_768
    assert media.length_samples == 20
    assert np.array_equal(read_all(media), expected)


def test_64_channels_are_read_and_no_order_is_made_up_for_them() -> None:
    media = probe(FOLDER / "64_channels.wav")
    assert (media.channels, media.length_samples, media.layout) == (64, 2, None)
    assert read_all(media).shape == (2, 64)


def test_values_that_are_no_numbers_pass_untouched() -> None:
    values = read_all(probe(FOLDER / "not_finite.wav")).ravel()
    assert values[0] == 0.5
    assert math.isnan(values[1])
    assert values[2:].tolist() == [math.inf, -math.inf, -0.5, 0.0, 0.0, 1.5]


def test_a_file_that_shrinks_after_it_was_probed_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "vo.wav"
    shutil.copy(FOLDER / "junk_after_data.wav", path)
    media = probe(path)
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(MediaError, match="ends after 9 of 20"):
        list(read_blocks(media))


def test_a_folder_or_nothing_is_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.wav"):
        with pytest.raises(MediaError):
            probe(path)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os = pytest.importorskip("os")
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(MediaError):
        probe(tmp_path / "pipe.wav")


SEEDS = [path.read_bytes() for path in sorted(FOLDER.glob("*.*")) if path.suffix != ".md"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_whatever_bring_the_reader_down(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 6))):
        if not content:
            break
        place = data.draw(st.integers(0, len(content) - 1))
        patch = data.draw(st.one_of(st.binary(min_size=1, max_size=4), st.sampled_from([b"\xff" * 4, bytes(4)])))
        content[place : place + len(patch)] = patch
    del content[data.draw(st.integers(0, len(content))) or len(content) :]
    path = tmp_path / "fuzz.wav"
    path.write_bytes(content)
    media = probe(path)
    if media.is_usable:
        assert media.length_samples > 0
        assert 1 <= media.channels <= 1024
        assert media.length_samples * media.channels <= 8 * 1024 * 1024
        with contextlib.suppress(MediaError):
            assert sum(map(len, read_blocks(media))) == media.length_samples
