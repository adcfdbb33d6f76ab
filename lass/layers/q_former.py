"""The querying transformer of Q-Audio: HSM-TSS (arXiv:2505.21025), Sec. III-B 2, after BLIP-2 (arXiv:2301.12597).

A learnt query reads audio patches by cross-attention; the text branch has self-attention alone, whose weights both
share, and feed-forward layers of its own. Which positions see each other is told by a mask ``[B, 1 + N, 1 + N]``, the
query first: BLIP-2, Fig. 2, has one for each objective.
"""

import torch
from torch import Tensor, nn
from transformers import Blip2QFormerConfig, Blip2QFormerModel


def contrastive_mask(words: Tensor) -> Tensor:
    """Query and text do not see each other. ``words``: ``[B, N]``, True for a token, False for padding."""
    mask = matching_mask(words)
    mask[:, 0, 1:] = False
    mask[:, 1:, 0] = False
    return mask


def matching_mask(words: Tensor) -> Tensor:
    """All see all, but for padding."""
    seen = nn.functional.pad(words, (1, 0), value=True)
    return seen.unsqueeze(1).repeat(1, seen.shape[1], 1)


def generation_mask(words: Tensor) -> Tensor:
    """The text sees the query and its own past; the query does not see the text."""
    return matching_mask(words).tril()


class QFormer(nn.Module):
    """Audio patches ``[B, P, Ca]`` and states of a text encoder ``[B, N, Ct]`` -> states of one width.

    Args:
        audio_width, text_width: Ca, Ct.
        width: C of the states.
        layers: blocks of self-attention and, for the query, cross-attention.
        heads: attention heads.
        dropout: probability.
    """

    def __init__(
        self, audio_width: int, text_width: int, width: int = 768, layers: int = 2, heads: int = 12,
        dropout: float = 0.1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.query = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.text = nn.Linear(text_width, width)
        self.blocks = Blip2QFormerModel(Blip2QFormerConfig(
            hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers, num_attention_heads=heads,
            encoder_hidden_size=audio_width, cross_attention_frequency=1, use_qformer_text_input=True,
            hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout,
        ))  # fmt: skip

    def hear(self, patches: Tensor) -> Tensor:
        """The query alone: ``[B, P, Ca]`` -> ``[B, C]``."""
        query = self.query.expand(len(patches), -1, -1)
        return self.blocks(query_embeds=query, encoder_hidden_states=patches).last_hidden_state[:, 0]

    def read(self, states: Tensor, words: Tensor) -> Tensor:
        """The text alone: ``[B, N, Ct]`` and ``[B, N]`` (True for a token) -> ``[B, N, C]``."""
        mask = words[:, None, None].expand(-1, -1, words.shape[1], -1)
        return self.blocks(query_embeds=self.text(states), query_length=0, attention_mask=mask).last_hidden_state

    def forward(self, patches: Tensor, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Both, with a mask of above: ``[B, P, Ca]``, ``[B, N, Ct]`` -> query ``[B, C]``, text ``[B, N, C]``."""
        query = self.query.expand(len(patches), -1, -1)
        found = self.blocks(
            query_embeds=torch.cat([query, self.text(states)], dim=1), query_length=1,
            attention_mask=mask.unsqueeze(1), encoder_hidden_states=patches,
        ).last_hidden_state  # fmt: skip
        return found[:, 0], found[:, 1:]
