"""Spectrograms on a logarithmic frequency axis, as The Sound of Pixels (ECCV 2018) and CLIPSep have them.

The axis runs from 0 Hz to half the sample rate: row t of [0, 1] is the frequency (21^t - 1) / 20 of [0, 1].
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

BASE = 21.0


def to_log_frequency(spectrum: Tensor, rows: int) -> Tensor:
    """``[B, C, bins, frames]`` -> ``[B, C, rows, frames]``."""
    t = torch.linspace(0.0, 1.0, rows, dtype=torch.float64)
    return _sample(spectrum, (BASE**t - 1.0) / (BASE - 1.0))


def to_linear_frequency(warped: Tensor, bins: int) -> Tensor:
    """``[B, C, rows, frames]`` -> ``[B, C, bins, frames]``."""
    f = torch.linspace(0.0, 1.0, bins, dtype=torch.float64)
    return _sample(warped, torch.log1p((BASE - 1.0) * f) / math.log(BASE))


def _sample(x: Tensor, positions: Tensor) -> Tensor:
    """Rows at ``positions`` of [0, 1], by linear interpolation."""
    frames = torch.linspace(-1.0, 1.0, x.shape[-1], dtype=torch.float64)
    height, width = torch.meshgrid(2.0 * positions - 1.0, frames, indexing="ij")
    grid = torch.stack((width, height), dim=-1).to(x)
    return functional.grid_sample(x, grid.expand(len(x), -1, -1, -1), align_corners=True)
