"""T5 and FLAN-T5: the encoder's tokens, for separators that read the sentence."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import T5Config, T5EncoderModel

from lass.queries.pretrained import PretrainedEncoder
from lass.queries.query import Query


class T5Text(PretrainedEncoder):
    """Frozen T5 encoder: tokens = last hidden states; embedding = their mean over the tokens that are not padding.

    Args:
        model: folder or hub id.
    """

    modalities = ("text",)
    model_types = ("t5",)
    config_class = T5Config
    backbone_class = T5EncoderModel
    max_tokens = 512  # relative positions set no limit: the length that T5 was pre-trained with

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.dim = self.config.d_model

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``, tokens ``[B, N, D]``."""
        ids, mask = self.tokenise(texts)
        tokens = self.backbone(ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * weights).sum(dim=1) / weights.sum(dim=1)
        return Query(mean, tokens, mask.bool(), ["extraction"] * len(texts), "text")

    @property
    def token_dim(self) -> int:
        """Size of the tokens of a query."""
        return self.dim

    @property
    def word_dim(self) -> int:
        """Size of what ``embed_words`` gives."""
        return self.dim

    @torch.no_grad()
    def embed_words(self, words: Sequence[str]) -> tuple[Tensor, Tensor]:
        """The pieces of each word as the vocabulary has them, unread: ``[B, N, D]``, mask ``[B, N]``."""
        ids, mask = self.tokenise(words)
        kept = mask.bool() & (ids != self.config.eos_token_id)
        longest = int(kept.sum(1).max())  # padding and the end of a text stand last
        return self.backbone.get_input_embeddings()(ids)[:, :longest], kept[:, :longest]

    @torch.no_grad()
    def encode_past(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        """The texts, for one who is to guess them: no state knows of the token at its place, nor of those behind.

        The encoder is run with a causal mask on the texts behind T5's start of a sequence, its padding.

        Returns:
            states ``[B, N, D]``, mask ``[B, N]`` (True for a token), ids ``[B, N]`` that are to be guessed.
        """
        ids, mask = self.tokenise(texts)
        before = torch.cat([ids.new_full((len(ids), 1), self.config.pad_token_id), ids[:, :-1]], dim=1)
        past = torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool, device=ids.device).tril()
        states = self.backbone(before, attention_mask=past.expand(len(ids), 1, -1, -1)).last_hidden_state
        return states, mask.bool(), ids
