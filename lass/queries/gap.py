"""The modality gap of an encoder of text and audio: MERL, Sec. II-B."""

from collections.abc import Sequence

import numpy as np


def cosines(audio: np.ndarray, text: np.ndarray, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Cosine similarities of N clips with their texts, and with those of other clips.

    Args:
        audio, text: embeddings ``[N, D]``.
        texts: what ``text`` embeds; a clip is not compared with the text of another that is its own, too.

    Returns:
        matched ``[N]``, unmatched ``[M]``.
    """
    audio, text = (found / np.linalg.norm(found, axis=1, keepdims=True) for found in (audio, text))
    similarity, names = audio @ text.T, np.asarray(texts, dtype=object)
    return similarity.diagonal().copy(), similarity[names[:, None] != names[None]]
