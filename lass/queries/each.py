"""Caches of what a frozen encoder makes of one file after the other."""

from abc import abstractmethod
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lass.errors import LassError
from lass.queries.encoder import QueryEncoder
from lass.queries.store import EmbeddingStore


class UnusableFile(LassError):
    """A file that has no embedding; the message says why."""


class FileEmbeddingCache(EmbeddingStore):
    """Embeddings by file, each made of that file alone, so that several jobs make what one would.

    A subclass names the ``unit`` of the progress, how many are ``a_part`` of the archives, and encodes.
    """

    unit: str
    a_part = 200

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.failures: dict[str, str] = {}  # name -> reason

    @abstractmethod
    def encode(self, encoder: QueryEncoder, name: str) -> np.ndarray:
        """The array of a name.

        Raises:
            UnusableFile: it has none.
        """

    def add(self, encoder: QueryEncoder, names: Iterable[str], merge: bool = True) -> None:
        """Encode what is missing. A kill loses at most the part in work; the next call goes on behind it.

        A file that cannot be used goes to ``failures``, and is tried again by the next call.

        Args:
            merge: fold the parts into the table; not while other processes add theirs.
        """
        names = self.missing(names)
        title = f"embed {self.folder.parent.name}/{self.folder.name}"
        with tqdm(total=len(names), desc=title, unit=self.unit, mininterval=1.0) as progress:
            for start in range(0, len(names), self.a_part):
                found = {}
                for name in names[start : start + self.a_part]:
                    try:
                        found[name] = self.encode(encoder, name)
                    except UnusableFile as error:
                        self.failures[name] = str(error)
                    progress.update()
                if found:
                    self.write_part(list(found), found.values())
        if merge:
            self.merge()


def refuse_not_finite(embedding: np.ndarray, encoder: QueryEncoder, what: str) -> np.ndarray:
    """The embedding, or UnusableFile."""
    if not np.isfinite(embedding).all():
        raise UnusableFile(f"{encoder.identity()}: the embedding of {what} is not finite")
    return embedding
