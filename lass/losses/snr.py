"""Negative signal-to-noise ratio."""

import torch
from torch import Tensor


def negative_snr(estimate: Tensor, target: Tensor, floor_db: float = -60.0) -> Tensor:
    """Mean over the batch of -10 log10(|s|^2 / |s - e|^2) in dB, for ``[B, C, T]`` waveforms.

    Unlike SI-SDR it fixes the scale of the estimate. ``floor_db`` (dB re full scale, mean square) keeps the
    ratio finite for silent targets and perfect estimates.
    """
    floor = 10.0 ** (floor_db / 10.0)
    power = target.pow(2).mean(dim=(-2, -1)) + floor
    error = (target - estimate).pow(2).mean(dim=(-2, -1)) + floor
    return (10.0 * torch.log10(error / power)).mean()
