"""Cache of frozen audio embeddings: one a clip."""

from collections.abc import Iterable

import numpy as np
import torch
from tqdm import tqdm

from lass.errors import LassError
from lass.io import audio
from lass.queries.encoder import QueryEncoder
from lass.queries.store import EmbeddingStore

_CLIPS_A_PART = 200
FOLDER = "clips"  # beside the texts of the same encoder


class ClipEmbeddingCache(EmbeddingStore):
    """Embeddings ``[D]`` (float32) by clip, a value of ``wav.scp``: of all of it, as loud as it is there."""

    table = "audio_emb.scp"
    what = "audio embedding of"

    def add(self, encoder: QueryEncoder, clips: Iterable[str]) -> None:
        """Encode what is missing. A kill loses at most the part in work; the next call goes on behind it."""
        clips = self.missing(clips)
        with tqdm(total=len(clips), desc=f"embed {self.folder.parent.name}/{FOLDER}", unit="clip") as progress:
            for start in range(0, len(clips), _CLIPS_A_PART):
                part = clips[start : start + _CLIPS_A_PART]
                found = []
                for clip in part:
                    found.append(_encode(encoder, clip))
                    progress.update()
                self.write_part(part, found)
        self.merge()


def _encode(encoder: QueryEncoder, clip: str) -> np.ndarray:
    wave, rate = audio.read(clip)
    wave = torch.from_numpy(audio.resample(wave.mean(0), rate, encoder.sample_rate))
    embedding = encoder.encode_audio(wave[None]).embedding[0].float().cpu().numpy()
    if not np.isfinite(embedding).all():
        raise LassError(f"{encoder.identity()}: the embedding of {clip} is not finite: remove the clip from the set")
    return embedding
