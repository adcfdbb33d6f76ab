"""Negative scale-invariant signal-to-distortion ratio."""

import torch
from torch import Tensor


def negative_si_sdr(estimate: Tensor, target: Tensor, eps: float = 1e-8) -> Tensor:
    """Mean over batch and channels of -SI-SDR in dB, ``[B, C, T]`` (Le Roux et al. 2019, Eq. 3; no mean removal)."""
    dot = (estimate * target).sum(-1, keepdim=True)
    scaled = target * dot / (target.pow(2).sum(-1, keepdim=True) + eps)
    error = (estimate - scaled).pow(2).sum(-1)
    return -10.0 * torch.log10((scaled.pow(2).sum(-1) + eps) / (error + eps)).mean()
