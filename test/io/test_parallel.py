import contextlib
import threading

import pytest

from lass.errors import LassError
from lass.io.parallel import in_parallel


def test_results_and_faults():
    def work(item: int, stop: threading.Event) -> int:
        if item == 3:
            raise LassError("three")
        return item * item

    with contextlib.closing(in_parallel(work, range(6), jobs=2)) as ended:
        found = {item: str(result) for item, result in ended}
    assert found == {0: "0", 1: "1", 2: "4", 3: "three", 4: "16", 5: "25"}


def test_as_many_at_once_as_asked_for():
    """Three meet at a barrier, so they run at the same time; never are more under way or read ahead."""
    barrier, running, read = threading.Barrier(3, timeout=10), [], []

    def items():
        for item in range(9):
            read.append(item)
            yield item

    def work(item: int, stop: threading.Event) -> int:
        running.append(item)
        barrier.wait()
        most = len(running)
        barrier.wait()
        if barrier.wait() == 0:
            running.clear()
        barrier.wait()
        return most

    with contextlib.closing(in_parallel(work, items(), jobs=3)) as ended:
        for count, (_, most) in enumerate(ended):
            assert most == 3 and len(read) <= count + 1 + 3


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError])
def test_what_the_caller_meets_ends_all_work(fault):
    ended, all_began = [], threading.Barrier(3, timeout=10)

    def work(item: int, stop: threading.Event) -> None:
        all_began.wait()
        if item:
            ended.append(stop.wait(60))

    with pytest.raises(fault), contextlib.closing(in_parallel(work, range(3), jobs=3)) as results:
        for _ in results:
            raise fault
    assert ended == [True, True]
