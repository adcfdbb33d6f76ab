"""Memory that a process uses again and again."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt(3)
LARGEST = 200 << 20  # bytes; larger blocks are mapped anew, as what lies between them would be lost


def keep_freed_memory() -> None:
    """Let glibc keep what is freed, and not map it anew, page by page, for the next step or file.

    That took a third of the time of training steps on a CPU, and a quarter of that of scoring (tools/bench/README.md).
    Without effect where the C library is another one.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(M_MMAP_THRESHOLD, LARGEST)
    mallopt(M_TRIM_THRESHOLD, -1)  # never
