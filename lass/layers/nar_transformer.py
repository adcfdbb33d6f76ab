"""A transformer that predicts all outputs at once (non-autoregressive): each token sees all that are no padding."""

import torch
from torch import Tensor, nn


class NarTransformer(nn.Module):
    """Transformer encoder with the norm in front of each part, as it trains without a warm-up; a norm comes last.

    Args:
        width: of the tokens.
        layers: blocks.
        heads: of the attention.
        dropout: in the blocks.
    """

    def __init__(self, width: int, layers: int, heads: int, dropout: float):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``[B, N, width]`` and ``[B, N]`` (True for a token, False for padding) -> ``[B, N, width]``."""
        for layer in self.layers:
            x = layer(x, src_key_padding_mask=~mask)
        return self.norm(x)

    def last_attention(self, x: Tensor, mask: Tensor) -> Tensor:
        """What each token attends to in the last layer, mean over the heads: ``[B, N, N]``, rows sum to 1."""
        for layer in self.layers[:-1]:
            x = layer(x, src_key_padding_mask=~mask)
        last = self.layers[-1]
        x = last.norm1(x)
        return last.self_attn(x, x, x, key_padding_mask=~mask, need_weights=True)[1]


class Streams(nn.Module):
    """Lays token sequences of several kinds side by side: each kind has a linear layer and a learnt mark of its own.

    Args:
        dims: size of the tokens of each kind.
        width: of the joint sequence.
    """

    def __init__(self, dims: dict[str, int], width: int):
        super().__init__()
        self.enter = nn.ModuleDict({kind: nn.Linear(dim, width) for kind, dim in dims.items()})
        self.marks = nn.ParameterDict({kind: nn.Parameter(0.02 * torch.randn(width)) for kind in dims})

    def forward(self, streams: dict[str, tuple[Tensor, Tensor | None]]) -> tuple[Tensor, Tensor]:
        """Of each kind, in the order they are to stand in, ``[B, N, dim]`` and a mask ``[B, N]``, None for no padding.

        Returns:
            ``[B, sum of N, width]`` and its mask.
        """
        tokens, masks = [], []
        for kind, (x, mask) in streams.items():
            tokens.append(self.enter[kind](x) + self.marks[kind])
            masks.append(torch.ones(x.shape[:2], dtype=torch.bool, device=x.device) if mask is None else mask)
        return torch.cat(tokens, dim=1), torch.cat(masks, dim=1)
