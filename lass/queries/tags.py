"""Tags of a clip as the query: UNet-Tag, the baseline of LASS-Net (Sec. 5.2)."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError
from lass.io.files import write_text
from lass.queries import ANYTHING
from lass.queries.encoder import QueryEncoder, check_texts
from lass.queries.query import Query

CLASSES = "classes.txt"


class Tags(QueryEncoder):
    """Multi-hot code of the tags -> Linear(dim) -> ReLU.

    A text is one tag or several, joined by ``join`` as the query rule of the training joins them; upper and lower case
    are one. ``fit`` learns the tags from the training; "a sound" is the mean of all.

    Args:
        dim: D of the embedding.
        size: tags that there is room for: 527 in AudioSet, 33 in the subset of the paper.
        join: what stands between two tags; names in AudioSet hold commas and blanks.
    """

    modalities = ("text", "labels")

    def __init__(self, dim: int = 256, size: int = 527, join: str = " | ") -> None:
        super().__init__()
        self.dim, self.join = dim, join
        self.projection = nn.Linear(size, dim)
        self._columns: dict[str, int] = {}

    @property
    def classes(self) -> list[str]:
        """The tags, in the order of the columns of ``encode_labels``."""
        return list(self._columns)

    def fit(self, texts: Iterable[str]) -> None:
        self._use(sorted({tag for text in texts for tag in self._split(text)}), "the training set")

    def save_assets(self, folder: Path) -> None:
        write_text(folder / CLASSES, "".join(f"{tag}\n" for tag in self._columns))

    def load_assets(self, folder: Path) -> None:
        path = folder / CLASSES
        try:
            tags = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise LassError(f"{path}: cannot be read ({error}): run stage embed, or copy the folder again") from None
        self._use(tags, str(path))

    def identity(self) -> str:
        both = super().identity() + "\n".join(self._columns)
        return f"{type(self).__name__}-{hashlib.sha256(both.encode()).hexdigest()[:16]}"

    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``. Raises LassError for a tag that no clip in training had."""
        check_texts(texts)
        multi_hot = torch.zeros(len(texts), len(self._columns))
        for row, text in zip(multi_hot, texts):
            tags = self._split(text)
            for tag in tags:
                if tag in self._columns:
                    row[self._columns[tag]] = 1.0
                elif tags == [ANYTHING] and self._columns:
                    row.fill_(1.0 / len(self._columns))
                else:
                    raise self.unknown_class(tag)
        return self._query(multi_hot, "text")

    def encode_labels(self, multi_hot: Tensor) -> Query:
        """``[B, L]`` of zeros and ones, a column for each of ``classes`` -> embedding ``[B, D]``."""
        if multi_hot.dim() != 2 or multi_hot.shape[1] != len(self._columns):
            raise LassError(f"tags of shape {tuple(multi_hot.shape)}: give [B, {len(self._columns)}]")
        return self._query(multi_hot, "labels")

    def _query(self, multi_hot: Tensor, modality: str) -> Query:
        weight, bias = self.projection.weight[:, : multi_hot.shape[1]], self.projection.bias
        embedding = functional.linear(multi_hot.to(weight), weight, bias).relu()
        return Query(embedding, None, None, ["extraction"] * len(embedding), modality)

    def _split(self, text: str) -> list[str]:
        return [tag for part in text.split(self.join) if (tag := " ".join(part.casefold().split()))]

    def _use(self, tags: Sequence[str], where: str) -> None:
        room = self.projection.in_features
        if not 0 < len(set(tags)) == len(tags) <= room:
            raise LassError(f"{where}: {len(tags)} tags ({len(set(tags))} different ones), and room for 1 to {room}: "
                            "raise encoder.size, or copy the folder again")
        self._columns = {tag: column for column, tag in enumerate(tags)}
