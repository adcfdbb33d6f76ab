"""Time of a training step of resunet30_small on this CPU by layout and precision: python tools/bench/step.py."""

import time
from pathlib import Path

import torch

from lass import config as configuration
from lass.queries.query import Query
from lass.train.system import build_model

CONF = Path(__file__).parents[2] / "conf"
BATCH, SECONDS, STEPS = 8, 2.0, 12


def step_time(memory_format: torch.memory_format, bf16: bool) -> float:
    """Median seconds of forward, backward and optimiser step after two warm-up steps."""
    torch.manual_seed(0)
    config = configuration.load([CONF / "train.yaml", CONF / "model" / "resunet30_small.yaml"])
    encoder, separator = build_model(config)
    separator.to(memory_format=memory_format)
    weights = [weight for weight in separator.parameters() if weight.requires_grad]
    optimiser = configuration.build_function(config, "optimiser")(weights)
    wave = 0.1 * torch.randn(2, BATCH, 1, round(SECONDS * separator.sample_rate))
    query = Query(torch.randn(BATCH, encoder.dim), None, None, ["extraction"] * BATCH, "text")
    times = []
    for _ in range(STEPS + 2):
        begin = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = separator.training_loss({"mixture": wave[0], "target": wave[1], "query": query})["loss"]
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        times.append(time.perf_counter() - begin)
    return sorted(times[2:])[STEPS // 2]


if __name__ == "__main__":
    print(f"{torch.get_num_threads()} threads")
    for layout in (torch.contiguous_format, torch.channels_last):
        for bf16 in (False, True):
            print(f"{layout}, {'bf16' if bf16 else 'float32'}: {step_time(layout, bf16):.3f} s")
