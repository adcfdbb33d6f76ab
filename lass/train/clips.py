"""The whole clips of a training set, embedded before the training (stage embed)."""

from collections.abc import Callable
from pathlib import Path

from lass.data.datadir import DataDir
from lass.errors import LassError
from lass.queries.clips import ClipEmbeddingCache
from lass.queries.encoder import QueryEncoder
from lass.train.frames import list_failures

FAILED = "failed_clips.tsv"


def embed_clips(encoder: QueryEncoder, data: DataDir, folder: Path, whole: Callable[[str], bool]) -> None:
    """Embed the clips of a set that a training can ask for by their whole sound.

    Args:
        folder: the cache of the encoder's clips.
        whole: tells these.

    Raises:
        LassError: clips that cannot be used, which ``failed_clips.tsv`` lists; the others are embedded.
    """
    cache = ClipEmbeddingCache(folder)
    cache.add(encoder, filter(whole, cache.missing(path for _, path in data.wav)))
    if failed := list_failures(data.folder / FAILED, data.wav, cache.failures):
        raise LassError(f"{data.folder / FAILED}: {failed} clips cannot be used: mend them, or take them from the set")
