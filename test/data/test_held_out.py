import subprocess
import sys

from lass.data.held_out import held_out

NAMES = [f"video{k}" for k in range(1000)]


def test_a_share_of_the_recordings():
    """The same in any order and in another process, and nearly the same of a corpus that grew."""
    found = held_out(NAMES, 0.05)
    assert len(found) == 50 and found < set(NAMES) and held_out(NAMES[::-1], 0.05) == found
    assert len(held_out(NAMES, 0.0)) == 2
    grown = held_out([*NAMES, "new", "newer"], 0.05)
    assert len(grown & found) >= 48
    code = "from lass.data.held_out import held_out; print(*sorted(held_out([f'video{k}' for k in range(1000)], 0.05)))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(other) == found
