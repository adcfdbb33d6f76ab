"""The network of HSM-TSS's first stage (arXiv:2505.21025, Sec. III-C): global feature of a mixture -> of the target."""

from torch import Tensor, nn

from lass.layers.nar_transformer import NarTransformer, Streams

Text = dict[str, tuple[Tensor, Tensor | None]]  # "caption" and "task": tokens [B, N, dim] and their mask [B, N]


class GlobalSemantic(nn.Module):
    """Predicts the target's global feature from the mixture's, the caption and the task.

    Args:
        dim: of a global feature.
        caption: size of the caption's tokens.
        task: size of the task's tokens.
        width: of the transformer; the paper tells neither this nor its heads, here they are the second stage's.
        layers: blocks (Sec. IV-C).
        heads: of the attention.
        dropout: in the blocks; ours.
    """

    def __init__(
        self, dim: int, caption: int, task: int, width: int = 768, layers: int = 6, heads: int = 8, dropout: float = 0.1
    ):
        super().__init__()
        self.streams = Streams({"mixture": dim, "caption": caption, "task": task}, width)
        self.transformer = NarTransformer(width, layers, heads, dropout)
        self.leave = nn.Linear(width, dim)

    def forward(self, mixture: Tensor, text: Text) -> Tensor:
        """``[B, dim]`` and the text -> ``[B, dim]``."""
        tokens, mask = self.streams({"mixture": (mixture[:, None], None), **text})
        return self.leave(self.transformer(tokens, mask)[:, 0])
