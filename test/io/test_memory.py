"""What is asked of the C library."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, numpy
from lass.io.memory import keep_freed_memory
if {kept}: keep_freed_memory()
def fill(): numpy.ones(1 << 23)  # 64 MB
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_freed_memory_is_not_mapped_anew():
    faults = [
        int(subprocess.run([sys.executable, "-c", PROGRAM.format(kept=kept)], capture_output=True, check=True).stdout)
        for kept in (False, True)
    ]
    assert 4 * faults[1] < faults[0], faults  # with huge pages there are few of both
