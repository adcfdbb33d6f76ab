"""BERT: the first token as the query (LASS-Net, Sec. 3.2)."""

from collections.abc import Sequence

import torch
from transformers import BertConfig, BertModel

from lass.queries.pretrained import PretrainedEncoder
from lass.queries.query import Query


class BertText(PretrainedEncoder):
    """Frozen BERT: embedding = last hidden state of ``[CLS]``; tokens = all last hidden states.

    Args:
        model: folder or hub id.
    """

    modalities = ("text",)
    model_types = ("bert",)
    config_class = BertConfig
    backbone_class = BertModel
    backbone_arguments = {"add_pooling_layer": False}  # unused, and checkpoints of masked language models lack it

    def __init__(self, model: str) -> None:
        super().__init__(model)
        self.dim = self.config.hidden_size
        self.max_tokens = self.config.max_position_embeddings

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``, tokens ``[B, N, D]``."""
        ids, mask = self.tokenise(texts)
        tokens = self.backbone(ids, attention_mask=mask).last_hidden_state
        return Query(tokens[:, 0], tokens, mask.bool(), ["extraction"] * len(texts), "text")
