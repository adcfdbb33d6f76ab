"""Training examples from single FLAC files and from archives of them (utils/pack_audio.py), by turns."""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.mixtures import TrainingMixtures
from lass.data.pack import pack
from lass.io import audio

RATE = 32000  # Hz
CLIPS, SECONDS = 300, 10
EXAMPLES, ROUNDS = 200, 7
LEVEL = {"rule": "snr", "low": -5, "high": 5}


def make_set(folder: Path) -> Path:
    """Noise with a falling spectrum, which FLAC brings to about two thirds, of two labels by turns."""
    rows = []
    for k in range(CLIPS):
        path = folder / "flac" / f"c{k:04d}.flac"
        wave = lfilter([1.0], [1.0, -0.9], np.random.default_rng(k).standard_normal(SECONDS * RATE))
        audio.write(path, 0.05 * wave, RATE, "PCM_16")
        rows.append(Row(path.stem, str(path), labels={f"l{k % 2}": f"l{k % 2}"}))
    write_data_dir(folder / "plain", rows)
    return folder / "plain"


def examples(folder: Path) -> float:
    """Seconds for an example of 5 s, in one process."""
    mixtures = TrainingMixtures([{"dir": str(folder)}], {"source": "labels"}, 5.0, LEVEL, 1, RATE, seed=0)
    begin = time.perf_counter()
    for n in range(EXAMPLES):
        mixtures[n]
    return (time.perf_counter() - begin) / EXAMPLES


def crops(folder: Path) -> float:
    """Seconds to read 5 s from the middle of a clip, with its header first, as a training does."""
    paths = [path for _, path in DataDir(folder).wav]
    begin = time.perf_counter()
    for path in paths:
        audio.info(path)
        audio.read(path, 3 * RATE, 5 * RATE)
    return (time.perf_counter() - begin) / len(paths)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as place:
        plain, packed = make_set(Path(place)), Path(place) / "packed"
        pack(plain, packed, Path(place) / "ark", CLIPS)
        for what in (crops, examples):
            times = {plain: [], packed: []}
            for _ in range(ROUNDS):
                for folder, found in times.items():
                    found.append(1000 * what(folder))
            one, other = (statistics.median(found) for found in times.values())
            print(f"{what.__name__}: single files {one:.2f} ms, archive {other:.2f} ms, ratio {other / one:.2f}")


if __name__ == "__main__":
    main()
