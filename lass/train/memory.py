"""Memory of a training on a CPU."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
LARGEST = 200 << 20  # bytes; larger blocks are mapped anew, as what lies between them would be lost


def keep_freed_memory() -> None:
    """Let glibc keep what torch frees: to map 3 GB anew at each step took a third of its time (tools/bench/README.md).

    Without effect where the C library is another one.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(M_MMAP_THRESHOLD, LARGEST)
    mallopt(M_TRIM_THRESHOLD, -1)  # never
