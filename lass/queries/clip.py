"""CLIP: text and images in one space (AudioSep-CLIP, CLIPSep)."""

import functools
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from transformers import (
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionModelWithProjection,
)

from lass.errors import LassError
from lass.queries.pretrained import PretrainedEncoder, load
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
        return self._query(self.backbone(ids, attention_mask=mask).text_embeds, "text")

    def _query(self, embedding: Tensor, modality: str) -> Query:
        if self.normalised:
            embedding = functional.normalize(embedding, dim=-1)
        return Query(embedding, None, None, ["extraction"] * len(embedding), modality)


class Clip(ClipText):
    """Frozen CLIP, both sides; each is loaded when it is asked for the first time.

    Args:
        model: folder or hub id of a whole CLIP, with the ``preprocessor_config.json`` of its images.
        normalised: scale embeddings to L2 norm 1.
    """

    modalities = ("text", "image")
    model_types = ("clip",)

    @torch.no_grad()
    def encode_image(self, frames: Tensor) -> Query:
        """uint8 ``[B, H, W, 3]`` -> embedding ``[B, D]``; the processor of the model scales and crops."""
        if frames.dtype != torch.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not frames.numel():
            raise LassError(f"images of shape {tuple(frames.shape)} and type {frames.dtype}: give uint8 [B, H, W, 3]")
        pixels = self._processor(list(frames.cpu().numpy()), input_data_format="channels_last", return_tensors="pt")
        network = self._image_side.to(self._place.device)
        return self._query(network(pixels["pixel_values"].to(self._place.device)).image_embeds, "image")

    @functools.cached_property
    def _image_side(self) -> CLIPVisionModelWithProjection:
        return self.load_frozen(CLIPVisionModelWithProjection)

    @functools.cached_property
    def _processor(self) -> CLIPImageProcessorPil:
        return load(CLIPImageProcessorPil, self._folder)

    def save_pretrained(self, folder: Path) -> None:
        for part in (self.load_frozen(CLIPModel), self._tokenizer, self._processor):
            part.save_pretrained(folder)
