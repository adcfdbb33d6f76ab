"""Sort more lines than fit in memory, as ``LC_ALL=C sort`` does."""

import bisect
import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence

HEAD = 1 << 13  # lines of a run that are merged at once


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
        yield from _merge([*files, iter(run)]) if files else run


def _merge(runs: Sequence[Iterator[bytes]]) -> Iterator[bytes]:
    """Sorted runs as one. The heads of all runs are sorted together, up to where one ends: faster than line by line."""
    heads = [list(itertools.islice(run, HEAD)) for run in runs]
    while any(heads):
        bound = min(head[-1] for head in heads if head)
        ends = [bisect.bisect_right(head, bound) for head in heads]
        yield from sorted(itertools.chain.from_iterable(head[:end] for head, end in zip(heads, ends)))
        for head, end, run in zip(heads, ends, runs):
            head[:end] = ()
            if not head:
                head += itertools.islice(run, HEAD)
