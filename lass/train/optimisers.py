"""Optimisers, bound to the yaml."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor


def adamw(
    parameters: Iterable[Tensor],
    lr: float,
    betas: Sequence[float] = (0.9, 0.999),
    weight_decay: float = 0.0,
    amsgrad: bool = False,
) -> torch.optim.Optimizer:
    """AdamW; AudioSep's released training is this with weight decay 0 and amsgrad."""
    return torch.optim.AdamW(
        parameters, lr, betas=tuple(betas), weight_decay=weight_decay, amsgrad=amsgrad, fused=True
    )
