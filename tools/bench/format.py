"""Measure stage format on one core against one ffmpeg and one sox process a file.

    PYTHONPATH=. python tools/bench/format.py FOLDER [--clips 200] [--suffix .ogg]

The first clips of FOLDER, by name, are converted to 32 kHz mono FLAC by `lass format`, start of the process included,
and by each program that is on PATH, one file after the other. Seconds of CPU count, whatever runs beside.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from lass.data.datadir import Row, write_data_dir
from lass.data.format import STORE_RATE
from lass.io import audio

PEERS = {
    "ffmpeg": lambda source, target: [
        "ffmpeg", "-v", "error", "-threads", "1", "-i", source, "-ac", "1", "-ar", STORE_RATE, "-sample_fmt", "s16",
        target,
    ],
    "sox": lambda source, target: ["sox", "-V1", source, "-b", "16", target, "remix", "-", "rate", STORE_RATE],
}  # fmt: skip


def processor_seconds(commands: Iterable[list]) -> tuple[float, float]:
    """Seconds of CPU and on the clock of commands, one after the other."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    for command in commands:
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--suffix", default=".ogg")
    args = parser.parse_args()

    clips = sorted(args.folder.glob(f"*{args.suffix}"))[: args.clips]
    length = sum(found.frames / found.sample_rate for found in map(audio.info, clips))
    print(f"{len(clips)} clips, {length:.0f} s, {audio.info(clips[0]).sample_rate} Hz {args.suffix}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_data_dir(folder / "source", [Row(f"c{k:05d}", str(clip)) for k, clip in enumerate(clips)])
        places = [folder / "source", folder / "target", "--store", folder / "store"]
        commands = {"lass format": [[sys.executable, "-m", "lass.bin", "format", *places]]}
        for peer in filter(shutil.which, PEERS):
            (folder / peer).mkdir()
            commands[f"{peer}, one process a file"] = [
                PEERS[peer](clip, folder / peer / f"{clip.stem}.flac") for clip in clips
            ]
        for what, calls in commands.items():
            seconds, clock = processor_seconds(calls)
            print(f"{what}: {seconds:.2f} s of CPU, {length / seconds:.0f} x real time ({clock:.2f} s on the clock)")


if __name__ == "__main__":
    main()
