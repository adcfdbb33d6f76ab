"""Time and memory of ResUNet30 and Conformer on a CPU: estimates of 10 s, training steps, batches of a test set.

    PYTHONPATH=. python tools/bench/separators.py [--threads 2] [CASE ...]

Each case runs in a process of its own: one warm-up, then the median of 5 and that of the CPU time, which counts with
--threads 1 where other jobs run beside; peak resident memory of the process.
The networks have the published sizes (conf/model/resunet30.yaml, audio_only.yaml) and random values, at 32 kHz.
"""

from collections.abc import Callable
from pathlib import Path

import cases

CONF = Path(__file__).parents[2] / "conf"
DIM = 512  # of the queries


def build(training: bool, model: str = "resunet30"):
    """The separator of a model in training or eval mode."""
    import torch

    from lass import config as configuration
    from lass.separators.separator import Separator

    torch.manual_seed(0)
    config = configuration.load([CONF / "train.yaml", CONF / "model" / f"{model}.yaml"])
    separator = configuration.build(config, "separator", Separator, condition=DIM)
    separator.loss = configuration.build_function(config, "loss")
    return separator.train(training)


def ask(batch: int):
    import torch

    from lass.queries.query import Query

    return Query(torch.randn(batch, DIM), None, None, ["extraction"] * batch, "text")


def forward(
    plain: bool = False, bf16: bool = False, batch: int = 1, seconds: float = 10.0, model: str = "resunet30"
) -> Callable[[], None]:
    """An estimate as ``lass separate`` makes it, or by the plain network."""
    import torch

    separator = build(training=False, model=model)
    mixture, query = 0.1 * torch.randn(batch, 1, round(32000 * seconds)), ask(batch)

    def run() -> None:
        with torch.no_grad() if plain else torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            separator(mixture, query)

    return run


def step(
    plain: bool = False, bf16: bool = False, batch: int = 2, seconds: float = 5.0, model: str = "resunet30"
) -> Callable[[], None]:
    """Forward, loss and backward without optimiser, as ``lass train`` makes it or by torch's own parts."""
    import torch

    from lass.io.memory import keep_freed_memory
    from lass.layers.film import modulate
    from lass.separators import resunet30

    separator = build(training=True, model=model)
    if plain:
        lrelu = torch.nn.functional.leaky_relu
        resunet30.preactivated = lambda norm, conv, x, *film: conv(lrelu(modulate(norm(x), film), 0.01, inplace=True))
    else:
        separator.to(memory_format=torch.channels_last)
        keep_freed_memory()
    waves, query = 0.1 * torch.randn(2, batch, 1, round(seconds * 32000)), ask(batch)

    def run() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = separator.training_loss({"mixture": waves[0], "target": waves[1], "query": query})["loss"]
        loss.backward()
        separator.zero_grad()

    return run


def error() -> None:
    """Prints how far bf16 and the network in strips are from the plain one (dB below its estimate)."""
    import torch

    separator = build(training=False)
    mixture, query = 0.1 * torch.randn(1, 1, 320000), ask(1)
    with torch.no_grad():
        plain = separator(mixture, query)
    for bf16 in (False, True):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            difference = separator(mixture, query) - plain
        ratio = difference.square().mean() / plain.square().mean()
        print(f"{'bf16' if bf16 else 'float32'}: error {10 * ratio.log10():.1f} dB", flush=True)


CASES: dict[str, cases.Case] = {
    "forward_plain": lambda: forward(plain=True),
    "forward": forward,
    "forward_bf16": lambda: forward(bf16=True),
    "step_plain": lambda: step(plain=True),
    "step": step,
    "step_bf16": lambda: step(bf16=True),
    "step_1x10s": lambda: step(batch=1, seconds=10),
    "step_1x10s_bf16": lambda: step(bf16=True, batch=1, seconds=10),
    "conformer_forward": lambda: forward(model="audio_only"),
    "conformer_forward_bf16": lambda: forward(bf16=True, model="audio_only"),
    "conformer_step_1x10s": lambda: step(batch=1, seconds=10, model="audio_only"),
    "conformer_step_1x10s_bf16": lambda: step(bf16=True, batch=1, seconds=10, model="audio_only"),
    **{f"forward_{n}x10s": lambda n=n: forward(batch=n) for n in (2, 4, 8)},
    **{f"forward_1x{s}s": lambda s=s: forward(seconds=s) for s in (5, 20, 40)},
    "error": error,
}

if __name__ == "__main__":
    cases.main(__doc__, __file__, CASES)
