"""The decoder of MW-MAE (Yadav et al., "Masked autoencoders with multi-window local-global attention are better audio
learners", ICLR 2024), which rebuilds masked patches: each head attends within windows of a size of its own."""

import torch
from timm.layers import build_sincos2d_pos_embed
from timm.models.vision_transformer import Block
from torch import Tensor, nn
from torch.nn import functional

from lass.layers.initial import xavier


def window_sizes(patches: int, heads: int) -> list[int]:
    """The size of each head's windows, as in MW-MAE: the factors of the number of patches but 1; what heads are left
    see all patches. 250 patches and 8 heads: 2, 5, 10, 25, 50, 125, 250, 250.

    Where there are more factors than heads, the smallest are left out, which is our choice: 512 patches, as in HSM-TSS,
    have nine.
    """
    factors = [size for size in range(2, patches + 1) if patches % size == 0]
    return factors[-heads:] + [patches] * (heads - len(factors))


class MultiWindowAttention(nn.Module):
    """``[B, N, D]`` -> ``[B, N, D]``: self-attention whose heads see windows of the N patches, which do not overlap.

    Heads that see less than all patches have a bias for each distance of two patches, as in the released code.
    """

    def __init__(self, width: int, patches: int, heads: int):
        super().__init__()
        self.sizes = window_sizes(patches, heads)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.biases = nn.ParameterList(torch.zeros(2 * size - 1) for size in self.sizes if size < patches)
        for bias in self.biases:
            nn.init.trunc_normal_(bias, std=0.02)

    def forward(self, x: Tensor, **_: object) -> Tensor:
        qkv = self.qkv(x).unflatten(-1, (3, len(self.sizes), -1))  # [B, N, 3, heads, D / heads]
        heads = []
        for i, size in enumerate(self.sizes):
            windows = qkv[:, :, :, i].unflatten(1, (-1, size)).transpose(2, 3)  # [B, N / size, 3, size, D / heads]
            mask = self._bias(i, size).to(windows.dtype) if i < len(self.biases) else None
            attended = functional.scaled_dot_product_attention(*windows.unbind(2), attn_mask=mask)
            heads.append(attended.flatten(1, 2))
        return self.proj(torch.cat(heads, dim=-1))

    def _bias(self, head: int, size: int) -> Tensor:
        places = torch.arange(size, device=self.biases[head].device)
        return self.biases[head][places[:, None] - places + size - 1]


class MaeDecoder(nn.Module):
    """Encoded visible patches ``[B, K, inputs]`` -> all patches ``[B, N, outputs]``.

    Args:
        inputs: width of the encoder.
        outputs: values of a patch.
        grid: patches along time and frequency, of which N is the product.
        width, depth, heads: of the decoder; HSM-TSS, Sec. III-B, and MW-MAE have 384, 4 and 8.
    """

    def __init__(
        self, inputs: int, outputs: int, grid: tuple[int, int], width: int = 384, depth: int = 4, heads: int = 8
    ):
        super().__init__()
        patches = grid[0] * grid[1]
        self.embed = nn.Linear(inputs, width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        self.register_buffer("positions", build_sincos2d_pos_embed(list(grid), width), persistent=False)
        self.blocks = nn.ModuleList(Block(width, heads, qkv_bias=True) for _ in range(depth))
        for block in self.blocks:
            block.attn = MultiWindowAttention(width, patches, heads)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.predict = nn.Linear(width, outputs)
        xavier(self)
        nn.init.normal_(self.mask_token, std=0.02)

    def forward(self, visible: Tensor, kept: Tensor) -> Tensor:
        """``kept`` ``[B, K]``: the places, 0 to N - 1, of the visible patches."""
        embedded = self.embed(visible)
        places = kept[..., None].expand_as(embedded)
        masked = self.mask_token.to(embedded.dtype).expand(len(visible), len(self.positions), -1)
        tokens = masked.scatter(1, places, embedded) + self.positions
        for block in self.blocks:
            tokens = block(tokens)
        return self.predict(self.norm(tokens))
