"""Measure `lass score`: seconds and peak resident memory for items of three FLAC files of noise each.

    PYTHONPATH=. python tools/bench/score.py [--items 1000] [--num_jobs 2] [--metrics sdr,sdri,si_sdr] [--launcher]

The files are written to a temporary folder first (2 MB an item). Seconds are those of the whole command, start of the
processes included; --launcher runs the parts through utils/run.py, as stage 8 of a recipe does. Memory is that of the
largest process. A quarter of the items is scored as well: memory must not grow with their number. Last, all files are
read and nothing else is done, by one process and by as many as score: on a busy machine the ratios to that count.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

RATE, SECONDS = 32000, 10
SCORE = (sys.executable, "-m", "lass.bin", "score")
READ = (sys.executable, "-c", "import pathlib, sys, soundfile\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir())[int(sys.argv[2])::int(sys.argv[3])]:\n"
        "    soundfile.read(path, dtype='float32')")  # fmt: skip
RUN = (sys.executable, str(Path(__file__).parents[2] / "utils" / "run.py"))


def write_item(folder: Path, number: int) -> None:
    """Mixture, reference and estimate of noise, 16 bit."""
    generator = np.random.default_rng(number)
    reference, interference, artefacts = 0.1 * generator.standard_normal((3, RATE * SECONDS))
    waves = {"mix": reference + interference, "ref": reference, "est": reference + 0.3 * interference + 0.1 * artefacts}
    for name, wave in waves.items():
        soundfile.write(folder / f"{number}.{name}.flac", wave, RATE, subtype="PCM_16")


def write_set(audio: Path, folder: Path, items: int) -> Path:
    """Tables of the first ``items``; returns the table of estimates."""
    folder.mkdir()
    ids = sorted(f"m{number:05d}" for number in range(items))
    for table, name in {"wav.scp": "mix", "ref.scp": "ref", "est.scp": "est"}.items():
        (folder / table).write_text("".join(f"{mix} {audio}/{int(mix[1:])}.{name}.flac\n" for mix in ids))
    (folder / "queries").write_text("".join(f"{mix}#0 noise\n" for mix in ids))
    return folder / "est.scp"


class Took(NamedTuple):
    seconds: float
    processor: float  # s
    megabytes: float  # of the largest process so far

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.processor:.1f} s of CPU, {self.megabytes:.0f} MB"


def run(*commands: list[str], at_once: bool = False) -> Took:
    """Run them, one after the other or at once; what they took."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with ThreadPoolExecutor(len(commands) if at_once else 1) as pool:
        list(pool.map(partial(subprocess.run, check=True, stdout=subprocess.DEVNULL), commands))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - begin, processor, after.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--num_jobs", type=int, default=2)
    parser.add_argument("--metrics", default="sdr,sdri,si_sdr")
    parser.add_argument("--launcher", action="store_true")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        audio = Path(temporary, "audio")
        audio.mkdir()
        with ProcessPoolExecutor() as pool:
            list(pool.map(partial(write_item, audio), range(args.items)))
        for items in (args.items // 4, args.items):
            est_scp = write_set(audio, Path(temporary, f"set{items}"), items)
            scoring = [*SCORE, str(est_scp.parent), "--est_scp", str(est_scp), "--out", f"{temporary}/out{items}",
                       "--system", "bench", "--metrics", args.metrics, "--num_jobs", str(args.num_jobs)]  # fmt: skip
            if args.launcher:
                parts = [*RUN, "--max_jobs", str(args.num_jobs), f"JOB=1:{args.num_jobs}", f"{temporary}/log.JOB"]
                took = run([*parts, *scoring, "--job", "JOB"], [*scoring, "--finish"])
            else:
                took = run(scoring)
            what = f"{items} items of {SECONDS} s at {RATE} Hz by {args.metrics}"
            print(f"{what}, {args.num_jobs} jobs: {took}", flush=True)
        for readers in (1, args.num_jobs):
            commands = [[*READ, str(audio), str(part), str(readers)] for part in range(readers)]
            alone = run(*commands, at_once=True)
            print(f"{args.items} items, files read by soundfile alone, {readers} processes: {alone}; scoring takes "
                  f"{took.seconds / alone.seconds:.2f} of the time and {took.processor / alone.processor:.2f} of the "
                  "CPU time of that", flush=True)


if __name__ == "__main__":
    main()
