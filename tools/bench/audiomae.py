"""Time and memory of AudioMAE on the CPU: encoding, a step of pre-training, the cost against the mask ratio.

    PYTHONPATH=. python tools/bench/audiomae.py [--threads 2] [CASE ...]

Sizes are those of conf/part. Each case runs in a process of its own: one warm-up, then the median of 5; peak resident
memory of the process, 0.6 GB of which are the libraries. CPU time counts where other jobs run beside.
"""

from pathlib import Path

import cases

CONF = Path(__file__).parents[2] / "conf" / "part"
RATIOS = (0.0, 0.5, 0.8, 0.9)


def build(size: str, **changes: object):
    import torch

    from lass.config import read_yaml
    from lass.layers.audiomae import AudioMae

    torch.manual_seed(0)
    spec = read_yaml(CONF / f"{size}.yaml")["part"] | changes
    return AudioMae(**{key: value for key, value in spec.items() if key != "class"})


def waves(part, batch: int):
    import torch

    return 0.1 * torch.randn(batch, round(part.seconds * part.sample_rate))


def encode(size: str, clips: int):
    """All patches of so many clips as long as the network hears: 10 s are one of ``audiomae``, two of the small."""
    import torch

    part = build(size).eval()
    wave = waves(part, clips)
    return torch.inference_mode()(lambda: part.features(wave))


def step(size: str, batch: int, bf16: bool = False, **changes: object):
    import torch

    part = build(size, **changes).train()
    batch = {"wave": waves(part, batch)}

    def run() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = part.training_loss(batch)["loss"]
        loss.backward()
        part.zero_grad()

    return run


def masked(size: str, batch: int, ratio: float):
    """The encoder alone on the patches that ``ratio`` leaves, with gradients."""
    import torch

    part = build(size, mask_ratio=ratio, decoder=None).train()
    wave = waves(part, batch)
    kept, _ = part.draw_mask(batch, torch.device("cpu"))

    def run() -> None:
        part.encode_masked(wave, kept).square().mean().backward()
        part.zero_grad()

    return run


CASES = {
    "encode_small_2x5s": lambda: encode("audiomae_small", 2),
    "encode_10s": lambda: encode("audiomae", 1),
    "step_small_16x5s": lambda: step("audiomae_small", 16),
    "step_small_16x5s_bf16": lambda: step("audiomae_small", 16, bf16=True),
    "step_4x10s": lambda: step("audiomae", 4),
    "step_4x10s_bf16": lambda: step("audiomae", 4, bf16=True),
    **{f"small_mask_{ratio}": lambda ratio=ratio: masked("audiomae_small", 8, ratio) for ratio in RATIOS},
    **{f"mask_{ratio}": lambda ratio=ratio: masked("audiomae", 1, ratio) for ratio in RATIOS},
}

if __name__ == "__main__":
    cases.main(__doc__, __file__, CASES)
