"""Sort more lines than fit in memory, as ``LC_ALL=C sort`` does."""

import contextlib
import heapq
import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator


def sort_lines(
    lines: Iterable[bytes], folder: str | os.PathLike | None, in_memory: int = 1 << 18
) -> Iterator[bytes]:
    """Yield ``lines``, each with its LF, in the order of their bytes.

    At most ``in_memory`` lines are held; the others wait, sorted run by run, in temporary files of ``folder`` (None:
    the usual one).
    """
    lines = iter(lines)
    run = sorted(itertools.islice(lines, in_memory))
    with contextlib.ExitStack() as stack:
        files = []
        while following := sorted(itertools.islice(lines, in_memory)):
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
            file.writelines(run)
            file.seek(0)
            files.append(file)
            run = following
        yield from heapq.merge(*files, run) if files else run
