#!/usr/bin/env python3
"""What a training of AudioSep's size needs, from costs measured here on a folder of recordings.

    PYTHONPATH=. python tools/bench/sizing.py FOLDER [--step_seconds S --gpus N]

The speed of a GPU is not measured: give the seconds a step that a training prints after its first 20 steps, or the
table reckons with --tflops sustained by each GPU.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from lass import config as configuration
from lass.data.datadir import Row, write_data_dir
from lass.data.format import to_store
from lass.data.mixtures import TrainingMixtures
from lass.io import audio
from lass.queries.query import Query
from lass.train.system import build_model

CONF = Path(__file__).parents[2] / "conf"
CLIPS, EXAMPLES, CLIP_SECONDS, SEGMENT = 200, 200, 10.0, 5.0  # AudioSet's clips, AudioSep's segments
AUDIO = {".wav", ".flac", ".ogg", ".mp3"}


def measure_store(sources: list[Path], store: Path) -> tuple[list[Path], float, float, float]:
    """The clips as 32 kHz mono FLAC, their seconds, bytes a second of audio, and seconds of CPU for it."""
    begin, made = time.process_time(), []
    for number, source in enumerate(sources):
        made.append(store / f"c{number}.flac")
        to_store(str(source), made[-1])
    spent = time.process_time() - begin
    seconds = sum(audio.info(str(path)).frames for path in made) / 32000
    return made, seconds, sum(path.stat().st_size for path in made) / seconds, spent / seconds


def measure_loader(clips: list[Path], folder: Path) -> float:
    """Seconds of CPU that a training mixture takes."""
    write_data_dir(folder, [Row(p.stem, str(p), ["a sound"], {p.stem: p.stem}) for p in clips])
    rule = {"rule": "lufs", "low": -35, "high": -25}
    sets, query = [{"dir": folder.name}], {"source": "caption"}
    mixtures = TrainingMixtures(sets, query, SEGMENT, rule, 1, 32000, seed=0, root=folder.parent)
    begin = time.process_time()
    for number in range(EXAMPLES):
        mixtures[number]
    return (time.process_time() - begin) / EXAMPLES


def count_step() -> tuple[int, int]:
    """Floating-point operations of forward and backward of one mixture, and the number of weights."""
    config = configuration.load([CONF / "train.yaml", CONF / "model" / "resunet30.yaml"])
    encoder, separator = build_model(config)
    wave = torch.randn(2, 1, 1, round(SEGMENT * separator.sample_rate))
    query = Query(torch.randn(1, encoder.dim), None, None, ["extraction"], "text")
    with FlopCounterMode(display=False) as counter:
        separator.training_loss({"mixture": wave[0], "target": wave[1], "query": query})["loss"].backward()
    return counter.get_total_flops(), sum(weight.numel() for weight in separator.parameters())


def table(args: argparse.Namespace, bytes_second: float, format_cost: float, loader_cost: float) -> list[tuple]:
    """The rows."""
    flops, weights = count_step()
    clips, mixtures = args.hours * 3600 / CLIP_SECONDS, args.steps * args.batch
    gpu_seconds = mixtures * flops / (args.tflops * 1e12)
    step = args.step_seconds or gpu_seconds / args.steps / args.gpus
    how = "as given" if args.step_seconds else f"at {args.tflops:g} TFLOP/s sustained a GPU"
    rate = args.batch / step
    return [
        ("clips of 10 s, which are files of the store", f"{clips / 1e6:.2f} million"),
        ("store, 32 kHz mono FLAC", f"{clips * CLIP_SECONDS * bytes_second / 1e12:.2f} TB"),
        ("stage format", f"{args.hours * 3600 * format_cost / 3600:.0f} core hours"),
        ("mixtures of 5 s", f"{mixtures / 1e6:.0f} million, {mixtures / clips:.1f} epochs"),
        ("operations a mixture, forward and backward", f"{flops / 1e12:.2f} TFLOP"),
        (f"a step of {args.batch} on {args.gpus} GPUs ({how})", f"{step:.2f} s"),
        ("training", f"{step * args.steps / 86400:.0f} days, {step * args.steps * args.gpus / 3600:.0f} GPU hours"),
        ("loader: mixtures a second", f"{rate:.0f}"),
        ("loader: cores busy with it", f"{rate * loader_cost:.1f} ({1000 * loader_cost:.0f} ms of CPU a mixture)"),
        ("loader: read from the store", f"{2 * rate * SEGMENT * bytes_second / 1e6:.1f} MB/s, {2 * rate:.0f} files/s"),
        ("a checkpoint with the optimiser's state (amsgrad: one more)", f"{3 * 4 * weights / 1e6:.0f} MB"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="recordings to measure on")
    parser.add_argument("--hours", type=float, default=14000, help="of audio, as AudioSep")
    parser.add_argument("--steps", type=int, default=1_000_000, help="AudioSep, Sec. V-A")
    parser.add_argument("--batch", type=int, default=96, help="AudioSep, Sec. V-A")
    parser.add_argument("--gpus", type=int, default=8)
    parser.add_argument("--step_seconds", type=float, help="of a step, measured on your GPUs")
    parser.add_argument("--tflops", type=float, default=30.0, help="of a GPU, sustained")
    args = parser.parse_args()
    torch.set_num_threads(1)
    sources = sorted(path for path in args.folder.rglob("*") if path.suffix.lower() in AUDIO)
    random.Random(0).shuffle(sources)
    with tempfile.TemporaryDirectory() as name:
        clips, seconds, bytes_second, format_cost = measure_store(sources[:CLIPS], Path(name))
        loader_cost = measure_loader(clips, Path(name) / "set")
        print(f"measured on {len(clips)} recordings, {seconds / 60:.0f} minutes, one core\n")
        print("| what | needed |\n|---|---|")
        for row in table(args, bytes_second, format_cost, loader_cost):
            print("| {} | {} |".format(*row))


if __name__ == "__main__":
    main()
