"""CLAP: text and audio in one space (AudioSep-CLAP; audio queries)."""

import functools
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

from lass.errors import LassError
from lass.queries.encoder import check_wave
from lass.queries.pretrained import PretrainedEncoder, load
from lass.queries.query import Query


class Clap(PretrainedEncoder):
    """Frozen LAION-CLAP as transformers' ClapModel: texts, or waves at 48 kHz, of which the middle 10 s are heard.

    transformers' feature extractor draws a random crop of longer waves, and marks a random wave of a batch as long:
    here waves are cut before it and never marked, so that a wave always has the same embedding.

    Args:
        model: folder or hub id.
        normalised: scale embeddings to L2 norm 1.
    """

    modalities = ("text", "audio")
    sample_rate = 48000
    model_types = ("clap",)
    config_class = ClapConfig
    backbone_class = ClapModel

    def __init__(self, model: str, normalised: bool = True) -> None:
        super().__init__(model)
        self.normalised = normalised
        self.dim = self.config.projection_dim
        # 77 as LAION-CLAP; RoBERTa's positions begin behind its padding id
        self.max_tokens = min(77, self.config.text_config.max_position_embeddings - 2)

    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``."""
        return self._query(self.project_text(texts), "text")

    @torch.no_grad()
    def project_text(self, texts: Sequence[str]) -> Tensor:
        """B texts -> what CLAP gives, of any norm: ``[B, D]``."""
        ids, mask = self.tokenise(texts)
        pooled = self.backbone.text_model(ids, attention_mask=mask).pooler_output
        return self.backbone.text_projection(pooled)

    @torch.no_grad()
    def encode_audio(self, wave: Tensor) -> Query:
        """``[B, T]`` at 48 kHz -> embedding ``[B, D]``."""
        check_wave(wave, self.sample_rate)
        longest = self._extractor.nb_max_samples
        start = max(0, (wave.shape[1] - longest) // 2)
        heard = wave[:, start : start + longest].float().cpu().numpy()
        features = self._extractor(heard, sampling_rate=self.sample_rate, return_tensors="pt")["input_features"]
        pooled = self.backbone.audio_model(
            features.to(self._place), is_longer=torch.zeros(len(wave), 1, dtype=torch.bool)
        ).pooler_output
        return self._query(self.backbone.audio_projection(pooled), "audio")

    @property
    def mel_norm(self) -> nn.Module:
        """The layer that gives the normalised mel spectrogram ``[B, bins, frames, 1]``."""
        return self.backbone.audio_model.audio_encoder.batch_norm

    @functools.cached_property
    def _extractor(self) -> ClapFeatureExtractor:
        extractor = load(ClapFeatureExtractor, self._folder)
        if extractor.sampling_rate != self.sample_rate:
            raise LassError(f"{self._folder}/preprocessor_config.json: sampling_rate {extractor.sampling_rate} Hz, "
                            f"not {self.sample_rate} Hz: choose a CLAP of that rate")
        return extractor

    def save_pretrained(self, folder: Path) -> None:
        super().save_pretrained(folder)
        self._extractor.save_pretrained(folder)

    def _query(self, embedding: Tensor, modality: str) -> Query:
        if self.normalised:
            embedding = functional.normalize(embedding, dim=-1)
        return Query(embedding, None, None, ["extraction"] * len(embedding), modality)
