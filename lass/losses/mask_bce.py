"""Binary cross entropy of masks."""

import torch
from torch import Tensor
from torch.nn import functional


def mask_bce(estimate: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean over each mixture of weight times the cross entropy of masks ``[B, 1, bins, frames]`` in [0, 1] -> ``[B]``.

    The loss of CLIPSep and CLIPSep-NIT (ICLR 2023). Logarithms are limited to -100.
    """
    with torch.autocast(estimate.device.type, enabled=False):  # of probabilities it needs float32
        found = functional.binary_cross_entropy(estimate.float(), target, weight, reduction="none")
    return found.mean((1, 2, 3))
