"""CLIP: the text side (AudioSep-CLIP, CLIPSep)."""

from collections.abc import Sequence

import torch
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModelWithProjection

from lass.queries.pretrained import PretrainedEncoder
from lass.queries.query import Query


class ClipText(PretrainedEncoder):
    """Frozen CLIP text encoder: embedding = projected end-of-text token.

    Args:
        model: folder or hub id, of a whole CLIP or of its text side.
        normalised: scale embeddings to L2 norm 1.
    """

    modalities = ("text",)
    model_types = ("clip", "clip_text_model")
    config_class = CLIPTextConfig
    backbone_class = CLIPTextModelWithProjection

    def __init__(self, model: str, normalised: bool = True) -> None:
        super().__init__(model)
        self.normalised = normalised
        self.dim = self.config.projection_dim
        self.max_tokens = self.config.max_position_embeddings

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``."""
        ids, mask = self.tokenise(texts)
        embedding = self.backbone(ids, attention_mask=mask).text_embeds
        if self.normalised:
            embedding = functional.normalize(embedding, dim=-1)
        return Query(embedding, None, None, ["extraction"] * len(texts), "text")
