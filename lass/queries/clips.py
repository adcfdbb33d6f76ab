"""Cache of frozen audio embeddings: one a clip."""

import numpy as np
import torch

from lass.io import audio
from lass.queries.each import FileEmbeddingCache, UnusableFile, refuse_not_finite
from lass.queries.encoder import QueryEncoder

FOLDER = "clips"  # beside the texts of the same encoder


class ClipEmbeddingCache(FileEmbeddingCache):
    """Embeddings ``[D]`` (float32) by clip, a value of ``wav.scp``: of all of it, as loud as it is there."""

    table = "audio_emb.scp"
    what = "audio embedding of"
    unit = "clip"

    def encode(self, encoder: QueryEncoder, name: str) -> np.ndarray:
        """``[D]``."""
        try:
            wave, rate = audio.read_whole(name)
        except audio.AudioError as error:
            raise UnusableFile(str(error)) from None
        wave = torch.from_numpy(audio.resample(wave.mean(0), rate, encoder.sample_rate))
        embedding = encoder.encode_audio(wave[None]).embedding[0].float().cpu().numpy()
        return refuse_not_finite(embedding, encoder, name)
