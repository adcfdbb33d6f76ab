"""Loss of features at two levels: HSM-TSS (arXiv:2505.21025), Eq. 5 to 8."""

import torch
from torch import Tensor
from torch.nn import functional

Levels = tuple[Tensor | None, Tensor | None]  # a global feature [B, D] and local ones [B, N, C]; None where not asked


def global_local(
    estimate: Levels, target: Levels, cosine: float = 1.0, l1: float = 1.0, global_weight: float = 1.0,
    local_weight: float = 1.0,
) -> Tensor:  # fmt: skip
    """``global_weight`` (cosine (1 - cos) + l1 |G - G'|) + ``local_weight`` |S - S'|, each where there is an estimate.

    An L1 norm is the mean over the features: summed up, that of a global feature would outweigh its cosine D times.
    """
    (own_global, own_local), (other_global, other_local) = estimate, target
    losses = []
    if own_global is not None:
        with torch.autocast(own_global.device.type, enabled=False):
            found = own_global.float()
            distance = 1.0 - functional.cosine_similarity(found, other_global, dim=-1).mean()
            losses.append(global_weight * (cosine * distance + l1 * functional.l1_loss(found, other_global)))
    if own_local is not None:
        losses.append(local_weight * functional.l1_loss(own_local.float(), other_local))
    return sum(losses)
