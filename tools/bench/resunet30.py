"""Time and memory of ResUNet30 on a CPU: estimates of 10 s, training steps of 2 x 5 s, batches of a test set.

    PYTHONPATH=. python tools/bench/resunet30.py [--threads 2] [CASE ...]

Each case runs in a process of its own: one warm-up, then the median of 5; peak resident memory of the process.
The network has the released sizes (26.4 M weights) and random values, at 32 kHz.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

CONF = Path(__file__).parents[2] / "conf"
RUNS = 5


def build(training: bool):
    """The separator in training or eval mode, and its query."""
    import torch

    from lass import config as configuration
    from lass.train.system import build_model

    torch.manual_seed(0)
    encoder, separator = build_model(configuration.load([CONF / "train.yaml", CONF / "model" / "resunet30.yaml"]))
    return separator.train(training), encoder.dim


def ask(batch: int, dim: int):
    import torch

    from lass.queries.query import Query

    return Query(torch.randn(batch, dim), None, None, ["extraction"] * batch, "text")


def forward(plain: bool = False, bf16: bool = False, batch: int = 1, seconds: float = 10.0) -> Callable[[], None]:
    """An estimate as ``lass separate`` makes it, or by the plain network."""
    import torch

    separator, dim = build(training=False)
    mixture, query = 0.1 * torch.randn(batch, 1, round(32000 * seconds)), ask(batch, dim)

    def run() -> None:
        with torch.no_grad() if plain else torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            separator(mixture, query)

    return run


def step(plain: bool = False, bf16: bool = False) -> Callable[[], None]:
    """Forward, L1 and backward of 2 x 5 s, without optimiser, as ``lass train`` makes it or by torch's own parts."""
    import torch

    from lass.layers.film import modulate
    from lass.separators import resunet30
    from lass.train.memory import keep_freed_memory

    separator, dim = build(training=True)
    if plain:
        lrelu = torch.nn.functional.leaky_relu
        resunet30.preactivated = lambda norm, conv, x, *film: conv(lrelu(modulate(norm(x), film), 0.01, inplace=True))
    else:
        separator.to(memory_format=torch.channels_last)
        keep_freed_memory()
    waves, query = 0.1 * torch.randn(2, 2, 1, 5 * 32000), ask(2, dim)

    def run() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = separator.training_loss({"mixture": waves[0], "target": waves[1], "query": query})["loss"]
        loss.backward()
        separator.zero_grad()

    return run


def error() -> Callable[[], None]:
    """Prints how far bf16 and the network in strips are from the plain one (dB below its estimate)."""
    import torch

    separator, dim = build(training=False)
    mixture, query = 0.1 * torch.randn(1, 1, 320000), ask(1, dim)

    def run() -> None:
        with torch.no_grad():
            plain = separator(mixture, query)
        for bf16 in (False, True):
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                difference = separator(mixture, query) - plain
            ratio = difference.square().mean() / plain.square().mean()
            print(f"{'bf16' if bf16 else 'float32'}: error {10 * ratio.log10():.1f} dB", flush=True)

    return run


CASES: dict[str, Callable[[], Callable[[], None]]] = {
    "forward_plain": lambda: forward(plain=True),
    "forward": forward,
    "forward_bf16": lambda: forward(bf16=True),
    "step_plain": lambda: step(plain=True),
    "step": step,
    "step_bf16": lambda: step(bf16=True),
    **{f"forward_{n}x10s": lambda n=n: forward(batch=n) for n in (2, 4, 8)},
    **{f"forward_1x{s}s": lambda s=s: forward(seconds=s) for s in (5, 20, 40)},
}


def measure(case: str, threads: int) -> None:
    """One case, in this process."""
    import torch

    torch.set_num_threads(threads)
    if case == "error":
        return error()()
    run, times = CASES[case](), []
    for _ in range(RUNS + 1):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    median = statistics.median(times[1:])
    print(f"{case:16} {median:7.2f} s ({min(times[1:]):.2f} to {max(times[1:]):.2f}) {peak:7.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join([*CASES, 'error'])}; default: all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    for case in args.cases or [*CASES, "error"]:
        if args.here:
            measure(case, args.threads)
            continue
        subprocess.run([sys.executable, __file__, "--here", "--threads", str(args.threads), case], check=True)


if __name__ == "__main__":
    main()
