"""The network of HSM-TSS's second stage (arXiv:2505.21025, Sec. III-D): patches of a mixture -> of the target."""

import torch
from torch import Tensor, nn

from lass.layers.nar_transformer import NarTransformer, Streams
from lass.separators.global_semantic import Text


class LocalSemantic(nn.Module):
    """Predicts the target's AudioMAE patches from the mixture's, the text and the target's global feature.

    Args:
        dim: of a patch.
        patches: of a clip; each has a learnt position.
        caption: size of the caption's tokens.
        task: size of the task's tokens.
        condition: size of the global feature; 0 for none ("Ours single", Sec. V-A).
        width: of the transformer (Sec. IV-C), as are ``layers`` and ``heads``.
        layers: blocks.
        heads: of the attention.
        dropout: in the blocks; ours.
    """

    def __init__(
        self, dim: int, patches: int, caption: int, task: int, condition: int, width: int = 768, layers: int = 12,
        heads: int = 8, dropout: float = 0.1,
    ):  # fmt: skip
        super().__init__()
        self.condition = condition
        asked = {"target": condition} if condition else {}
        self.streams = Streams({**asked, "mixture": dim, "caption": caption, "task": task}, width)
        self.positions = nn.Parameter(0.02 * torch.randn(patches, dim))
        self.transformer = NarTransformer(width, layers, heads, dropout)
        self.leave = nn.Linear(width, dim)

    def forward(self, mixture: Tensor, text: Text, target: Tensor | None) -> Tensor:
        """Patches ``[B, N, dim]``, the text and a global feature ``[B, condition]`` -> patches ``[B, N, dim]``."""
        tokens, mask = self._tokens(mixture, text, target)
        return self.leave(self.transformer(tokens, mask)[:, -mixture.shape[1] :])

    def attention(self, mixture: Tensor, text: Text, target: Tensor) -> Tensor:
        """How the global feature attends to the patches in the last layer (Fig. 6): ``[B, N]``."""
        tokens, mask = self._tokens(mixture, text, target)
        return self.transformer.last_attention(tokens, mask)[:, 0, -mixture.shape[1] :]

    def _tokens(self, mixture: Tensor, text: Text, target: Tensor | None) -> tuple[Tensor, Tensor]:
        """The patches stand last, the global feature first."""
        asked = {"target": (target[:, None], None)} if self.condition else {}
        return self.streams({**asked, **text, "mixture": (mixture + self.positions, None)})
