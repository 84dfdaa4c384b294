"""Several things at once: in order, a few ahead, and ended where nobody wants more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from stemkit.core.parallel import in_order

SLOW_FIRST = (0.03, 0.0, 0.02, 0.0, 0.01, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("jobs", [0, 1, 2, 3, 20])
def test_results_come_in_the_order_of_the_items(jobs: int) -> None:
    def work(number: int) -> int:
        time.sleep(SLOW_FIRST[number])
        return number * number

    assert list(in_order(work, range(8), jobs)) == [number * number for number in range(8)]
    assert list(in_order(work, [], jobs)) == []


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_only_a_few_wait_for_who_takes_them(jobs: int) -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            asked.append(number)
            yield number

    results = in_order(lambda number: number, items(), jobs)
    assert [next(results) for _ in range(5)] == list(range(5))
    assert len(asked) <= 5 + jobs + 1
    results.close()  # type: ignore[attr-defined]
    assert len(asked) <= 5 + jobs + 1
    assert threading.active_count() < 50


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_fails_fails_where_its_result_is_wanted(jobs: int) -> None:
    def work(number: int) -> int:
        if number == 3:
            raise ValueError("the fourth")
        return number

    found: list[int] = []
    with pytest.raises(ValueError, match="the fourth"):
        found.extend(in_order(work, range(100), jobs))
    results = in_order(work, range(100), jobs)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="the fourth"):
        next(results)
