"""Draws tokens from logits, the same for a seed whatever is drawn beside them."""

import torch
from torch import Tensor


class Sampler:
    """Top-k sampling by the Gumbel-max trick; all examples of a batch share the noise, so each is drawn as if alone.

    Args:
        temperature: divides the logits; 0 takes the most likely token.
        top_k: tokens that may be drawn.
        seed: of the noise.
    """

    def __init__(self, temperature: float, top_k: int, seed: int):
        self.temperature, self.top_k = temperature, top_k
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, logits: Tensor) -> Tensor:
        """``[B, groups, K]`` -> ``[B, groups]``."""
        if self.temperature == 0:
            return logits.argmax(-1)
        uniform = torch.rand(logits.shape[1:], generator=self.generator, dtype=torch.float64)
        noise = -(-uniform.clamp(1e-12, 1 - 1e-12).log()).log()
        scaled = logits.double() / self.temperature
        least = scaled.topk(min(self.top_k, logits.shape[-1])).values[..., -1:]
        return (scaled + noise.to(logits.device)).masked_fill(scaled < least, float("-inf")).argmax(-1)
