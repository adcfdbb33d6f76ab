"""The tools for data directories at AudioSet's size: time and memory of each, for sets of growing size.

    PYTHONPATH=. python tools/bench/data_tools.py [--clips N ...] [--folder DIR]

Sets are made up: tables in the form of formatted AudioSet, with two captions a clip. Their audio is one archive.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lass.io.table import write_table

UTILS = Path(__file__).resolve().parents[2] / "utils"
LABELS = 527
CALLS = {  # SET: the set; HALF, OTHER: its two halves; OUT: the new one
    "subset": ["SET", "OUT", "--random", "1000"],
    "split": ["SET", "OUT", "HALF=0.5", "OTHER=0.5", "--by", "origin"],
    "combine": ["OUT", "SPLIT/HALF", "SPLIT/OTHER"],
    "copy": ["SET", "OUT", "--id_prefix", "x-"],
    "fix": ["SET", "OUT", "--need", "captions"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[200_000, 2_000_000], help="sizes of the set")
    parser.add_argument("--folder", type=Path, help="where the sets are made; 2 M clips need 6 GB")
    args = parser.parse_args()
    for clips in args.clips:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            make_set(Path(folder) / "set", clips)
            for name, words in CALLS.items():
                places = {"SET": f"{folder}/set", "OUT": f"{folder}/{name}", "SPLIT/HALF": f"{folder}/split/HALF",
                          "SPLIT/OTHER": f"{folder}/split/OTHER"}  # fmt: skip
                print(f"{clips} clips: {name}: {measure(name, [places.get(word, word) for word in words])}", flush=True)


def measure(name: str, words: list[str]) -> str:
    begin = time.monotonic()
    command = [sys.executable, str(UTILS / f"{name}_data.py"), *words]
    environment = os.environ | {"PYTHONPATH": str(UTILS.parent), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name}: it failed")
    cpu, wall = used.ru_utime + used.ru_stime, time.monotonic() - begin
    return f"{wall:.1f} s, {cpu:.1f} s of CPU, at most {used.ru_maxrss / 1024:.0f} MB"


def make_set(folder: Path, clips: int) -> None:
    """Two clips a recording, one label and two captions a clip."""
    archive = folder / "flac.ark"
    folder.mkdir()
    archive.write_bytes(b"audio")

    def utts() -> Iterator[tuple[int, str]]:
        return ((k, f"audioset-Y{k * 7919 % clips:011d}") for k in range(clips))  # not in order

    write_table(folder / "wav.scp", ((utt, f"{archive}:{k}") for k, utt in utts()))
    write_table(folder / "captions", ((f"{utt}#{j}", f"a sound of class {k % LABELS}, some {j}")
                                      for k, utt in utts() for j in range(2)))  # fmt: skip
    write_table(folder / "utt2labels", ((utt, f"/m/{k % LABELS:05d}") for k, utt in utts()))
    write_table(folder / "utt2origin", ((utt, f"youtube:{k // 2:011d}:{30 * (k % 2)}:10") for k, utt in utts()))
    write_table(folder / "utt2num_samples", ((utt, "320000") for _, utt in utts()))
    write_table(folder / "labels", ((f"/m/{k:05d}", f"Class {k}, sound") for k in range(LABELS)))


if __name__ == "__main__":
    main()
