"""MS-CLAP: Microsoft's CLAP, text and audio in one space (MERL, Table III; the CLAP score of HSM-TSS)."""

import functools
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedConfig

from lass.io.checkpoint import read_weights
from lass.queries.encoder import check_texts, check_wave
from lass.queries.ms_clap_model import RATE, MsClapModel
from lass.queries.pretrained import PretrainedEncoder, find_weights
from lass.queries.query import Query


class MsClapConfig(PreTrainedConfig):
    """``vocab_size`` and ``projection_dim``; all other sizes are those of the weights."""

    model_type = "ms_clap"


class MsClap(PretrainedEncoder):
    """Frozen MS-CLAP of 2022 or 2023: texts, or waves at 44.1 kHz, of which the middle 5 s or 7 s are heard.

    A shorter wave is repeated, as the package msclap does, which hears a random part of a longer one.

    Args:
        model: folder that ``lass import ms_clap`` wrote, or hub id of such a one.
        normalised: scale embeddings to L2 norm 1.
    """

    modalities = ("text", "audio")
    sample_rate = RATE
    model_types = ("ms_clap",)
    config_class = MsClapConfig

    def __init__(self, model: str, normalised: bool = True) -> None:
        super().__init__(model)
        self.normalised = normalised
        self.dim = self.config.projection_dim

    @functools.cached_property
    def _loaded(self) -> MsClapModel:
        file = find_weights(self.model)[0]
        return MsClapModel(read_weights(file), str(file))

    @property
    def max_tokens(self) -> int:
        return self._loaded.max_tokens

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``."""
        check_texts(texts)
        ids, mask = self.tokenise([text + self._loaded.end for text in texts])
        return self._query(self.backbone.embed_text(ids, mask), "text")

    @torch.no_grad()
    def encode_audio(self, wave: Tensor) -> Query:
        """``[B, T]`` at 44.1 kHz -> embedding ``[B, D]``."""
        check_wave(wave, self.sample_rate)
        wanted = self._loaded.heard
        start = max(0, (wave.shape[1] - wanted) // 2)
        heard = wave[:, start : start + wanted].to(self._place.device, torch.float32)
        repeated = heard.repeat(1, -(-wanted // heard.shape[1]))[:, :wanted]
        return self._query(self.backbone.embed_audio(repeated), "audio")

    def _query(self, embedding: Tensor, modality: str) -> Query:
        if self.normalised:
            embedding = functional.normalize(embedding, dim=-1)
        return Query(embedding, None, None, ["extraction"] * len(embedding), modality)
