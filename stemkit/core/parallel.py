"""Several things at once, a few ahead of who takes them, and in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(do: Callable[[T], R], items: Iterable[T], jobs: int) -> Iterator[R]:
    """Do something with every item on some threads, and yield the results in the order of the items.

    Parameters
    ----------
    jobs
        Threads; with one, everything is done where it is asked for. Not many more results than that wait at a time.
    """
    if jobs <= 1:
        yield from map(do, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(do, item))
                if len(waiting) > jobs + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
