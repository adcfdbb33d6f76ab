"""Cosine distance and L1 of feature vectors."""

from torch import Tensor
from torch.nn import functional


def cosine_l1(estimate: Tensor, target: Tensor, cosine: float = 1.0, l1: float = 1.0) -> Tensor:
    """Mean over the batch of cosine (1 - cos) + l1 |estimate - target| of ``[B, D]`` (HSM-TSS, Eq. 5 to 7, Sec. IV-C).

    The L1 norm is the mean over D, as in the papers' code of such losses: summed, it would be D times as large.
    """
    distance = 1.0 - functional.cosine_similarity(estimate, target, dim=-1)
    return cosine * distance.mean() + l1 * (estimate - target).abs().mean()
