"""Cache of frozen image embeddings: one a second of each video."""

import itertools

import numpy as np
import torch

from lass.io import video
from lass.queries.each import FileEmbeddingCache, UnusableFile, refuse_not_finite
from lass.queries.encoder import QueryEncoder

_PICTURES_AT_ONCE = 16
FOLDER = "frames"  # beside the texts of the same encoder


class FrameEmbeddingCache(FileEmbeddingCache):
    """Embeddings ``[frames, D]`` (float32) by video, a value of ``video.scp``: of the middle of each of its seconds."""

    table = "image_emb.scp"
    what = "frames of"
    unit = "video"

    def encode(self, encoder: QueryEncoder, name: str) -> np.ndarray:
        """``[frames, D]``."""
        pictures, encoded = video.each_second(video.Segment.parse(name)), []
        try:
            while batch := list(itertools.islice(pictures, _PICTURES_AT_ONCE)):
                encoded.append(encoder.encode_image(torch.from_numpy(np.stack(batch))).embedding)
        except video.VideoError as error:
            raise UnusableFile(str(error)) from None
        return refuse_not_finite(torch.cat(encoded).float().cpu().numpy(), encoder, name)
