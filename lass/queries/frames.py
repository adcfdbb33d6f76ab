"""Cache of frozen image embeddings: one a second of each video."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from lass.errors import LassError
from lass.io import video
from lass.queries.encoder import QueryEncoder
from lass.queries.store import EmbeddingStore

_VIDEOS_A_PART = 200
_PICTURES_AT_ONCE = 16
FOLDER = "frames"  # beside the texts of the same encoder


class FrameEmbeddingCache(EmbeddingStore):
    """Embeddings ``[frames, D]`` (float32) by video, a value of ``video.scp``: of the middle of each of its seconds."""

    table = "image_emb.scp"
    what = "frames of"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.failures: dict[str, str] = {}  # video -> reason

    def add(self, encoder: QueryEncoder, videos: Iterable[str]) -> None:
        """Encode what is missing. A kill loses at most the part in work.

        A video that cannot be used goes to ``failures``, and is tried again by the next call.
        """
        videos = self.missing(videos)
        with tqdm(total=len(videos), desc=f"embed {self.folder.parent.name}/{FOLDER}", unit="video") as progress:
            for start in range(0, len(videos), _VIDEOS_A_PART):
                found = {}
                for name in videos[start : start + _VIDEOS_A_PART]:
                    try:
                        found[name] = _encode(encoder, name)
                    except video.VideoError as error:
                        self.failures[name] = str(error)
                    progress.update()
                if found:
                    self.write_part(list(found), found.values())
        self.merge()


def _encode(encoder: QueryEncoder, name: str) -> np.ndarray:
    """``[frames, D]``."""
    pictures, encoded = video.each_second(video.Segment.parse(name)), []
    while batch := list(itertools.islice(pictures, _PICTURES_AT_ONCE)):
        encoded.append(encoder.encode_image(torch.from_numpy(np.stack(batch))).embedding)
    embeddings = torch.cat(encoded).float().cpu().numpy()
    if not np.isfinite(embeddings).all():
        raise LassError(f"{encoder.identity()}: embeddings of {name!r} are not finite: remove the video from the set")
    return embeddings
