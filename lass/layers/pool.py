"""Average pooling that keeps nothing for its backward pass, where torch keeps its whole input."""

import torch
from torch import Tensor
from torch.nn import functional


def average_pool(x: Tensor, size: tuple[int, int]) -> Tensor:
    """``[B, C, H, W]``, H and W multiples of ``size`` -> ``[B, C, H / size[0], W / size[1]]``."""
    return _AveragePool.apply(x, size)


class _AveragePool(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, size: tuple[int, int]) -> Tensor:
        ctx.size = size
        return functional.avg_pool2d(x, size)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        height, width = ctx.size
        return functional.interpolate(gradient / (height * width), scale_factor=ctx.size, mode="nearest"), None
