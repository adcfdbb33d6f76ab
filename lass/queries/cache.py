"""Cache of frozen text embeddings: one a distinct text."""

from collections.abc import Iterable, Sequence

import numpy as np
from tqdm import tqdm

from lass.errors import LassError
from lass.queries.encoder import QueryEncoder
from lass.queries.store import EmbeddingStore

_TEXTS_A_PART = 1000


class TextEmbeddingCache(EmbeddingStore):
    """Embeddings ``[D]`` (float32) by text; texts come with their template filled."""

    table = "text_emb.scp"
    what = "embedding of"

    def add(self, encoder: QueryEncoder, texts: Iterable[str], batch_size: int = 64) -> None:
        """Encode what is missing. A kill loses at most the part in work; the next call goes on behind it."""
        if not encoder.frozen:
            raise LassError(f"{type(encoder).__name__} trains with the separator: its embeddings cannot be cached")
        texts = self.missing(texts)
        with tqdm(total=len(texts), desc=f"embed {self.folder.name}", unit="text") as progress:
            for start in range(0, len(texts), _TEXTS_A_PART):
                part = texts[start : start + _TEXTS_A_PART]
                self.write_part(part, _encode(encoder, part, batch_size, progress))
        self.merge()


def _encode(encoder: QueryEncoder, texts: Sequence[str], batch_size: int, progress: tqdm) -> np.ndarray:
    batches = []
    for start in range(0, len(texts), batch_size):
        batch = texts[start : start + batch_size]
        embeddings = encoder.encode_text(batch).embedding.float().cpu().numpy()
        if not np.isfinite(embeddings).all():
            worst = batch[int(np.isfinite(embeddings).all(axis=1).argmin())]
            raise LassError(f"{encoder.identity()}: embedding of {worst!r} is not finite: remove or reword the text")
        batches.append(embeddings)
        progress.update(len(batch))
    return np.concatenate(batches)  # [len(texts), D]
