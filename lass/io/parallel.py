"""Work on many items at once, a few at a time; an interrupt ends it within moments."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from lass.errors import LassError

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(
    work: Callable[[T, threading.Event], R], items: Iterable[T], jobs: int
) -> Iterator[tuple[T, R | LassError]]:
    """Yield each item with what ``work(item, stop)`` returns, or the LassError that it raises, as they end.

    At most ``jobs`` run at once, and the items are read as they are needed. ``stop`` is set when the caller leaves
    (an interrupt, another error): ``work`` must return soon after that.
    """
    stop = threading.Event()
    running: dict[Future[R], T] = {}
    pool = ThreadPoolExecutor(jobs)
    try:
        for item in items:
            running[pool.submit(work, item, stop)] = item
            if len(running) >= jobs:
                yield from _ended(running)
        while running:
            yield from _ended(running)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _ended(running: dict[Future[R], T]) -> Iterator[tuple[T, R | LassError]]:
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        item = running.pop(future)
        try:
            yield item, future.result()
        except LassError as error:
            yield item, error
