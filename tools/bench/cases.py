"""What measurements of networks have in common: each case in a process of its own, time and memory of it."""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

RUNS = 5

Case = Callable[[], Callable[[], object] | None]  # prepares; gives what is measured, None if it said what it found


def measure(name: str, prepare: Case, threads: int) -> None:
    """One case, in this process: a warm-up, then the median of ``RUNS``."""
    import torch

    torch.set_num_threads(threads)
    if (run := prepare()) is None:
        return
    times, used = [], []
    for _ in range(RUNS + 1):
        begin, begun = time.perf_counter(), time.process_time()
        run()
        times.append(time.perf_counter() - begin)
        used.append(time.process_time() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    median, cpu = (statistics.median(found[1:]) for found in (times, used))
    spread = f"({min(times[1:]):.3f} to {max(times[1:]):.3f})"
    print(f"{name:26} {median:7.3f} s {spread} {cpu:7.3f} s of CPU {peak:7.0f} MB", flush=True)


def main(doc: str, file: str, cases: Mapping[str, Case], threads: int = 2) -> None:
    """The command line of a measurement: ``file`` is its program, ``threads`` the default."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(cases)}; default: all")
    parser.add_argument("--threads", type=int, default=threads)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    for name in args.cases or cases:
        if args.here:
            measure(name, cases[name], args.threads)
        else:
            subprocess.run([sys.executable, file, "--here", "--threads", str(args.threads), name], check=True)
