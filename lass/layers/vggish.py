"""VGGish (Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017), which FAD takes.

Names and shapes of the weights are those of torchvggish's checkpoint (vggish-10086976.pth), as is the order in which
the last maps are laid out: time, frequency, channels.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError

# The published model's front end (parameters of the TensorFlow release)
SAMPLE_RATE = 16000  # Hz
WINDOW, HOP, FFT = 400, 160, 512  # samples: 25 ms, 10 ms
BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0  # Hz
OFFSET = 0.01  # added to mel magnitudes before the logarithm
FRAMES = 96  # of a patch: 0.96 s
WIDTHS = ((64,), (128,), (256, 256), (512, 512))  # of convolutions; a pooling follows each group
EMBEDDING = 128
WAY_OUT = "get vggish-10086976.pth of harritaylor/torchvggish (GitHub, release v0.1)"


class Vggish(nn.Module):
    """Waves ``[B, T]`` at 16 kHz -> embeddings ``[B, N, D]``, one a patch of 0.96 s, without the last ReLU and PCA.

    What is left behind the last patch is not heard; zeros are appended to waves below 0.975 s.

    Args:
        widths: of convolutions, group by group.
        hidden: of the fully connected layers.
        embedding: D.
    """

    sample_rate = SAMPLE_RATE

    def __init__(self, widths=WIDTHS, hidden: int = 4096, embedding: int = EMBEDDING):
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 1
        for group in widths:
            for outputs in group:
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
                inputs = outputs
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        pooled = 2 ** len(widths)
        flat = inputs * (FRAMES // pooled) * (BANDS // pooled)
        self.embeddings = nn.Sequential(
            nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, embedding)
        )
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)
        self.register_buffer("filters", mel_filters(), persistent=False)

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], source: str) -> "Vggish":
        """The frozen network of a checkpoint, in eval mode.

        Raises:
            LassError: an entry is missing, unexpected or of another shape; ``source`` names the file.
        """
        try:
            network = cls(_groups(weights), *(len(weights[f"embeddings.{i}.bias"]) for i in (0, 4)))
            network.load_state_dict(weights)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else " ".join(str(error).split())[:200]
            raise LassError(f"{source}: no VGGish ({what}): {WAY_OUT}") from None
        return network.eval().requires_grad_(False)

    def forward(self, wave: Tensor) -> Tensor:
        patches = self.patches(wave)
        batch, count = patches.shape[:2]
        maps = self.features(patches.flatten(0, 1)[:, None])  # [B N, C, time, frequency]
        return self.embeddings(maps.permute(0, 2, 3, 1).flatten(1)).unflatten(0, (batch, count))

    def patches(self, wave: Tensor) -> Tensor:
        """``[B, T]`` -> log-mel patches ``[B, N, 96, 64]``; frames begin with the wave and are not centred."""
        shortest = (FRAMES - 1) * HOP + WINDOW
        wave = functional.pad(wave, (0, max(0, shortest - wave.shape[-1])))
        frames = wave.unfold(-1, WINDOW, HOP) * self.window
        mel = torch.log(torch.fft.rfft(frames, FFT).abs() @ self.filters + OFFSET)
        return mel.unfold(1, FRAMES, FRAMES).transpose(2, 3)


def mel_filters() -> Tensor:
    """``[257, 64]``: triangles over the mel scale 1127 ln(1 + f / 700), of height 1."""
    # by numpy: once transformers has loaded a model, torch.linspace may ignore torch.device("meta")
    edges = torch.tensor(np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2))
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    bins = torch.tensor([_mel(k * SAMPLE_RATE / FFT) for k in range(FFT // 2 + 1)], dtype=torch.float64)[:, None]
    return torch.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)).clamp(min=0).float()


def _mel(frequency: float) -> float:
    return 1127 * math.log(1 + frequency / 700)


def _groups(weights: Mapping[str, Tensor]) -> list[list[int]]:
    """Widths of the convolutions: those of a group are two places apart, a pooling adds one."""
    places = sorted(int(key.split(".")[1]) for key in weights if key.startswith("features.") and key.endswith(".bias"))
    groups: list[list[int]] = []
    for before, place in zip([-3, *places], places):
        if place != before + 2:
            groups.append([])
        groups[-1].append(len(weights[f"features.{place}.bias"]))
    if not groups:
        raise KeyError("features.0.weight")
    return groups
