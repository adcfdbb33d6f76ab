"""Measure BSS Eval of two sources: ours, mir_eval and fast_bss_eval, on the same noise.

    PYTHONPATH=. python tools/bench/bss_eval.py [--seconds 10] [--rate 32000] [--runs 7]

Medians in seconds, one after the other, each in the same process; and how far ours is from mir_eval, in dB.
"""

import argparse
import statistics
import time
import warnings

import fast_bss_eval
import numpy as np
import torch

from lass.metrics.bss_eval import bss_eval

warnings.simplefilter("ignore", FutureWarning)  # separation leaves mir_eval in 0.9
from mir_eval.separation import bss_eval_sources  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=32000, help="Hz")
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()

    generator = np.random.default_rng(0)
    references, noise = generator.standard_normal((2, 2, round(args.seconds * args.rate)))
    estimates = references + 0.3 * references[::-1] + 0.1 * noise
    tensors = torch.from_numpy(references), torch.from_numpy(estimates)
    systems = {
        "lass.metrics.bss_eval": lambda: bss_eval(references, estimates),
        "mir_eval": lambda: bss_eval_sources(references, estimates, compute_permutation=False)[:3],
        "fast_bss_eval (torch)": lambda: fast_bss_eval.bss_eval_sources(*tensors, compute_permutation=False),
    }
    seconds = {name: [] for name in systems}
    for _ in range(args.runs):  # in turns: what else the machine does hits all alike
        for name, evaluate in systems.items():
            begin = time.perf_counter()
            evaluate()
            seconds[name].append(time.perf_counter() - begin)
    ours = statistics.median(seconds["lass.metrics.bss_eval"])
    for name, times in seconds.items():
        print(f"{name}: {statistics.median(times):.3f} s, {statistics.median(times) / ours:.1f} times ours")
    found, theirs = (np.array(systems[name]()) for name in ("lass.metrics.bss_eval", "mir_eval"))
    print(f"largest difference from mir_eval: {np.abs(found - theirs).max():.1e} dB")


if __name__ == "__main__":
    main()
