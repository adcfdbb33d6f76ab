"""What a separator is asked with."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Query:
    """A batch of B queries.

    Attributes:
        embedding: ``[B, D]``, one vector a query.
        tokens: ``[B, N, Dt]``, one vector a word piece, for models that read the sentence; else None.
        mask: ``[B, N]`` bool, True where ``tokens`` holds a word piece and False where it is padding; else None.
        task: B strings, ``"extraction"`` or ``"removal"``.
        modality: ``"text"``, ``"audio"``, ``"image"`` or ``"labels"``; ``"mixed"`` where they differ within the batch.
    """

    embedding: Tensor
    tokens: Tensor | None
    mask: Tensor | None
    task: list[str]
    modality: str

    def __post_init__(self) -> None:
        if len(self.task) != len(self.embedding):
            raise ValueError(f"{len(self.task)} tasks for {len(self.embedding)} embeddings: give one task a query")

    def __len__(self) -> int:
        return len(self.task)

    def to(self, device: torch.device | str) -> "Query":
        """The same queries on ``device``."""
        return self._map(lambda tensor: tensor.to(device), self.task)

    def repeat_interleave(self, n: int) -> "Query":
        """Each query ``n`` times in a row (C channels asked alike): ``[B, ...]`` -> ``[B * n, ...]``."""
        task = [name for name in self.task for _ in range(n)]
        return self._map(lambda tensor: tensor.repeat_interleave(n, dim=0), task)

    def _map(self, change, task: list[str]) -> "Query":
        tokens = None if self.tokens is None else change(self.tokens)
        mask = None if self.mask is None else change(self.mask)
        return Query(change(self.embedding), tokens, mask, list(task), self.modality)
