"""Small codecs and features with random weights."""

from collections.abc import Callable

import pytest
import torch

from lass.codecs.tf_codec import TFCodec
from lass.layers.audiomae import AudioMae

WEIGHTS = {"spectrum": 1.0, "mel": 0.25, "commitment": 0.25, "adversarial": 0.001, "features": 0.1}


@pytest.fixture
def make_codec() -> Callable[..., TFCodec]:
    """A codec of 4 tokens of 5 bits every 20 ms; ``adversarial_from`` as given."""

    def make(adversarial_from: int = 0) -> TFCodec:
        torch.manual_seed(0)
        return TFCodec(
            sample_rate=16000, window=320, channels=(4, 6, 6), strides=(1, 4, 4), hidden=24, kernel=3, latent=16,
            groups=4, codebook_size=32, weights=WEIGHTS, adversarial_from=adversarial_from,
            discriminator={"windows": [256, 512], "mels": [20, 40], "width": 4},
        )  # fmt: skip

    return make


@pytest.fixture
def codec(make_codec) -> TFCodec:
    """One that has heard noise, so that its codebooks hold something; loud enough that its output is not silence."""
    made = make_codec()
    for _ in range(3):
        made.training_loss({"wave": noise(4, 4800)})
    with torch.no_grad():
        made.spectrum.weight *= 30
    return made.eval().requires_grad_(False)


@pytest.fixture
def audio() -> AudioMae:
    """Features of 16 numbers; 0.64 s are 4 x 8 patches."""
    torch.manual_seed(1)
    return AudioMae(width=16, depth=1, heads=2, frames=64, seconds=0.64).eval().requires_grad_(False)


def noise(batch: int, samples: int, seed: int = 0) -> torch.Tensor:
    return 0.1 * torch.randn(batch, samples, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(name="noise")
def _noise() -> Callable[..., torch.Tensor]:
    """``noise(batch, samples, seed)``."""
    return noise
