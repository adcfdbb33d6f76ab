"""Feature-wise linear modulation: a query scales and shifts each channel of a map (Perez et al., AAAI 2018)."""

import torch
from torch import Tensor, nn

Modulation = tuple[Tensor | None, Tensor]  # gamma [B, channels], None where nothing is scaled; beta [B, channels]


class Shift(nn.Linear):
    """Beta by one linear layer, no gamma: AudioSep as released."""

    def forward(self, embedding: Tensor) -> Modulation:
        """``[B, D]`` -> None and ``[B, channels]``."""
        return None, super().forward(embedding)


class ScaleShift(nn.Module):
    """Gamma and beta by two fully connected layers: AudioSep, Sec. III-D, Eq. 2.

    The paper tells neither the width of the first layer nor where its ReLU stands. Here the width is that of the
    embedding and the ReLU stands between the layers: behind the second one it would forbid negative shifts.
    """

    def __init__(self, condition: int, channels: int):
        super().__init__()
        self.hidden = nn.Linear(condition, condition)
        self.gamma, self.beta = nn.Linear(condition, channels), nn.Linear(condition, channels)

    def reset_scale(self) -> None:
        """Make gamma 1 whatever the query, so that a training starts from plain normalised maps."""
        nn.init.zeros_(self.gamma.weight)
        nn.init.ones_(self.gamma.bias)

    def forward(self, embedding: Tensor) -> Modulation:
        """``[B, D]`` -> twice ``[B, channels]``."""
        hidden = self.hidden(embedding).relu()
        return self.gamma(hidden), self.beta(hidden)


class Rectified(nn.Module):
    """Beta, or gamma and beta, by two fully connected layers with a ReLU behind each: LASS-Net, Sec. 3.3.

    As released it gives a shift that is never negative, and no gamma; the paper has both (Eq. 6).
    """

    def __init__(self, condition: int, channels: int, scale: bool):
        super().__init__()
        self.scale = scale
        last = nn.Linear(2 * channels, 2 * channels if scale else channels)
        self.linear = nn.Sequential(nn.Linear(condition, 2 * channels), nn.ReLU(), last, nn.ReLU())

    def reset_scale(self) -> None:
        """Make gamma 1 whatever the query: one that starts below 0 would shut its channel for good."""
        channels = self.linear[2].out_features // 2
        nn.init.zeros_(self.linear[2].weight[:channels])
        nn.init.ones_(self.linear[2].bias[:channels])

    def forward(self, embedding: Tensor) -> Modulation:
        """``[B, D]`` -> gamma (None where nothing is scaled) and beta, ``[B, channels]``."""
        found = self.linear(embedding)
        return tuple(found.chunk(2, dim=1)) if self.scale else (None, found)


def modulate(x: Tensor, modulation: Modulation) -> Tensor:
    """``[B, channels, H, W]`` -> gamma x + beta, of the same shape; in place where there is no gamma."""
    gamma, beta = modulation
    beta = beta[:, :, None, None]
    return x.add_(beta) if gamma is None else torch.addcmul(beta, x, gamma[:, :, None, None])
