"""Clips found by texts, and texts by clips, through an encoder of both (HSM-TSS, Table V)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lass.data.asking import QueryRule
from lass.data.datadir import DataDir
from lass.metrics.retrieval import chance, ranks, recall
from lass.queries.cache import TextEmbeddingCache
from lass.queries.clips import FOLDER, ClipEmbeddingCache
from lass.queries.encoder import QueryEncoder
from lass.queries.store import cache_name
from lass.report.retrieval import KS


def texts_of(data: DataDir, rule: QueryRule) -> list[tuple[str, list[int]]]:
    """The texts of a set, each with the numbers of the clips that fit it: captions one by one, labels by their text."""
    asked = [(text, number) for number in range(len(data)) for text in rule.texts(data, data.utts(number))]
    if rule.source == "caption":
        return [(text, [number]) for text, number in asked]
    clips: dict[str, list[int]] = {}
    for text, number in asked:
        clips.setdefault(text, []).append(number)
    return list(clips.items())


def recalls(
    encoder: QueryEncoder, data: DataDir, queries: Sequence[tuple[str, list[int]]], folder: Path
) -> dict[str, dict]:
    """Recalls both ways: ``queries``, ``candidates``, and ``recall`` and ``chance`` (0 to 1) by k.

    Args:
        queries: what ``texts_of`` gives.
        folder: the embeddings are kept in ``embed`` there; what it has is not encoded again.
    """
    embedded, clips = folder / "embed" / cache_name(encoder), [path for _, path in data.wav]
    texts, sounds = TextEmbeddingCache(embedded), ClipEmbeddingCache(embedded / FOLDER)
    texts.add(encoder, [text for text, _ in queries])
    sounds.add(encoder, clips)
    read = _unit(np.stack([texts[text] for text, _ in queries]))
    heard = _unit(np.stack([sounds[clip] for clip in clips]))
    fits = np.zeros((len(queries), len(clips)), dtype=bool)
    for row, (_, numbers) in zip(fits, queries):
        row[numbers] = True
    similarity = read @ heard.T
    return {"text to audio": _row(similarity, fits), "audio to text": _row(similarity.T, fits.T)}


def _unit(embeddings: np.ndarray) -> np.ndarray:
    return embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True).clip(1e-12)


def _row(similarity: np.ndarray, fits: np.ndarray) -> dict:
    places = ranks(similarity, fits)
    return {"queries": fits.shape[0], "candidates": fits.shape[1],
            "recall": {str(k): recall(places, k) for k in KS}, "chance": {str(k): chance(fits, k) for k in KS}}
