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


def modulate(x: Tensor, modulation: Modulation) -> Tensor:
    """``[B, channels, H, W]`` -> gamma x + beta, of the same shape; in place where there is no gamma."""
    gamma, beta = modulation
    beta = beta[:, :, None, None]
    return x.add_(beta) if gamma is None else torch.addcmul(beta, x, gamma[:, :, None, None])
