"""A part of a corpus for validation, where its publisher names none: recordings drawn by their names alone."""

import hashlib
import heapq
from collections.abc import Collection


def held_out(recordings: Collection[str], share: float) -> frozenset[str]:
    """The ``share`` (0 to 1) of ``recordings`` whose hashes are the smallest; at least two, to be mixed.

    They are the same in every run, and but for a few also in another version of the corpus.
    """
    return frozenset(heapq.nsmallest(max(2, round(share * len(recordings))), recordings, key=_hash))


def _hash(recording: str) -> bytes:
    return hashlib.blake2b(recording.encode(), digest_size=8).digest()
