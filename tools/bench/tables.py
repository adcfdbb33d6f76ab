"""Measure a large data directory: time to open, memory of the process and of a forked worker.

    python tools/bench/tables.py [--clips 2500000]

Builds wav.scp, captions and utt2labels of that many lines in a temporary folder (about 500 MB for 2 500 000 clips).
Resident memory is the growth of RSS since before the set was opened; private memory is a worker's USS (private clean
and dirty pages of /proc/self/smaps_rollup, Linux).
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from lass.data.datadir import DataDir


def build(folder: Path, clips: int) -> None:
    with (
        open(folder / "wav.scp", "w") as wav,
        open(folder / "captions", "w") as captions,
        open(folder / "utt2labels", "w") as labels,
        open(folder / "labels", "w") as names,
    ):
        for i in range(clips):
            wav.write(f"bench-{i:08d} /corpora/bench/store/part{i % 1000:03d}/bench-{i:08d}.flac\n")
            captions.write(f"bench-{i:08d}#0 a dog barks {i} times while rain falls on a metal roof in the distance\n")
            labels.write(f"bench-{i:08d} l{i % 500:03d} l{(7 * i + 1) % 500:03d}\n")
        names.writelines(f"l{i:03d} sound number {i}\n" for i in range(500))


def megabytes(*fields: str) -> float:
    """Sum of fields of /proc/self/smaps_rollup, MB."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(fields)) / 1024


def read_random(data: DataDir, reads: int, seed: int) -> float:
    """Look up path, captions and labels of ``reads`` random clips by id; returns microseconds a clip."""
    draw = random.Random(seed)
    start = time.perf_counter()
    for _ in range(reads):
        utt = data.utts(draw.randrange(len(data)))
        if not (data.wav[utt] and data.captions_of(utt) and data.labels_of(utt)):
            raise SystemExit(f"{utt}: an entry is missing")
    return 1e6 * (time.perf_counter() - start) / reads


def in_worker(work: Callable[[], str]) -> str:
    """Run ``work`` in a forked process and hand back its one line."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write_end, work().encode())
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as f:
        line = f.read()
    if os.waitpid(child, 0)[1] or not line:
        raise SystemExit("the worker failed")
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=2_500_000)
    parser.add_argument("--reads", type=int, default=20_000, help="random clips that process and worker look up")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        build(Path(name), args.clips)
        start = time.perf_counter()
        in_worker(lambda: str(len(DataDir(name))))  # its garbage must not count below
        print(f"index three tables: {time.perf_counter() - start:.1f} s")

        resident = megabytes("Rss:")
        start = time.perf_counter()
        data = DataDir(name)
        labels = len(data.labels)
        print(f"open: {time.perf_counter() - start:.4f} s ({len(data)} clips, {labels} labels)")
        speed = read_random(data, args.reads, seed=0)
        print(f"process: {megabytes('Rss:') - resident:.1f} MB resident more, {megabytes('Rss:'):.1f} MB in all, "
              f"{speed:.0f} us a clip")  # fmt: skip

        def work() -> str:
            speed = read_random(data, args.reads, seed=1)
            return f"worker: {megabytes('Private_Clean:', 'Private_Dirty:'):.1f} MB private, {speed:.0f} us a clip"

        print(in_worker(work))


if __name__ == "__main__":
    main()
