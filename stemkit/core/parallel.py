"""Several things at once, a few ahead of who takes them, and in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
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


def all_of(
    do: Callable[[T], R],
    items: Sequence[T],
    jobs: int,
    stop: Callable[[], None],
    work_of: Callable[[T], int] | None = None,
) -> list[R]:
    """Do something with every item, several at once, and return the results in order. What fails stops the others.

    Parameters
    ----------
    stop
        Called when one fails, or somebody interrupts: ends those that are at work.
    work_of
        What is most work is begun first, so that nobody waits for the longest at the end; in order by default.
    """
    order = sorted(range(len(items)), key=lambda at: -work_of(items[at]) if work_of else at)
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        futures = {at: pool.submit(do, items[at]) for at in order}
        try:
            for future in as_completed(futures.values()):
                future.result()
        except BaseException:
            stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [futures[at].result() for at in range(len(items))]
