#!/usr/bin/env python3
"""Overhead of the launchers: jobs that do nothing, many to a call; slurm on the cluster that SLURM_CONF names."""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

UTILS = Path(__file__).resolve().parents[2] / "utils"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("launchers", nargs="*", default=["run"], metavar="LAUNCHER", help="run, slurm")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--max_jobs", type=int, default=2)
    args = parser.parse_args()
    for name in args.launchers:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # where all nodes see it
            words = ["--max_jobs", str(args.max_jobs), f"JOB=1:{args.jobs}", f"{folder}/JOB.log", "true"]
            begin = time.perf_counter()
            subprocess.run([sys.executable, UTILS / f"{name}.py", *words], check=True, stderr=subprocess.DEVNULL)
            spent = time.perf_counter() - begin
        print(f"{name}: {args.jobs} jobs, {args.max_jobs} at a time: {spent:.1f} s")


if __name__ == "__main__":
    main()
