"""BERT: the first token as the query (LASS-Net, Sec. 3.2)."""

from collections.abc import Sequence

import torch
from transformers import BertConfig, BertModel, BertTokenizer

from lass.queries.pretrained import PretrainedEncoder
from lass.queries.query import Query

GOOGLE = {"num_hidden_layers", "num_attention_heads", "intermediate_size", "type_vocab_size"}


class BertText(PretrainedEncoder):
    """Frozen BERT: embedding = last hidden state of ``[CLS]``; tokens = all last hidden states.

    Args:
        model: folder or hub id.
    """

    modalities = ("text",)
    model_types = ("bert",)
    config_class = BertConfig
    backbone_class = BertModel
    tokenizer_class = BertTokenizer
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

    def _type_of(self, config: dict) -> str:
        """Google's own configurations, such as that of prajjwal1/bert-mini, name no type."""
        own = isinstance(config, dict) and "model_type" not in config and GOOGLE <= config.keys()
        return "bert" if own else super()._type_of(config)
