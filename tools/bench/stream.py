"""Measure the separation of a long file: peak resident memory and real-time factor of `lass separate`.

    PYTHONPATH=. python tools/bench/stream.py [--minutes 60] [--model resunet30] [--bf16]

Noise in stereo, 48 kHz, 24 bit, and a model of random weights, in a temporary folder (two files of 1 GB an hour). The
real-time factor is processing time over duration, start of the process included.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from lass.io.blocks import Form, writing

CONF = Path(__file__).parents[2] / "conf"
RATE = 48000  # Hz
LIMIT = 1500  # MB


def write_model(name: str, folder: str) -> None:
    """A model folder with random weights; in a process of its own, whose memory is not counted."""
    import torch

    from lass import config as configuration
    from lass.infer.model import Model
    from lass.train.system import build_model

    torch.manual_seed(0)
    config = configuration.load([CONF / "train.yaml", CONF / "model" / f"{name}.yaml"])
    encoder, separator = build_model(config)
    encoder.fit(["a dog barks", "a bell rings"] * 5)
    Model(config, encoder, separator).save(Path(folder))
    weights = sum(weight.numel() for weight in separator.parameters())
    print(f"{name}: {weights / 1e6:.1f} M weights, {torch.get_num_threads()} thread(s)")


def write_noise(path: Path, minutes: float) -> None:
    generator = np.random.default_rng(0)
    frames = round(minutes * 60 * RATE)
    with writing(str(path), Form(RATE, 2, frames, "PCM_24")) as file:
        for start in range(0, frames, RATE):
            file.write(0.1 * generator.standard_normal((2, min(RATE, frames - start))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--model", default="resunet30", help="one of conf/model")
    parser.add_argument("--bf16", action="store_true", help="as of lass separate")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        program = "import sys, runpy; runpy.run_path(sys.argv[1])['write_model'](*sys.argv[2:])"
        subprocess.run([sys.executable, "-c", program, __file__, args.model, f"{folder}/model"], check=True)
        write_noise(Path(folder, "mix.wav"), args.minutes)
        command = [sys.executable, "-m", "lass.bin", "separate", f"{folder}/mix.wav", "--text", "a dog barks"]
        command += ["--model", f"{folder}/model", "--device", "cpu", "-o", f"{folder}/dog.wav"]
        command += ["--bf16"] * args.bf16
        begin = time.perf_counter()
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    if status:
        raise SystemExit("lass separate failed")
    peak, cpu = usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime
    print(f"{args.minutes:g} min of stereo at {RATE} Hz: {seconds:.0f} s, {cpu:.0f} s of CPU, "
          f"real-time factor {seconds / (60 * args.minutes):.2f}, {peak:.0f} MB resident (limit {LIMIT})")


if __name__ == "__main__":
    main()
