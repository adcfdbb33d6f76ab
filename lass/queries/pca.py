"""CLAP's embeddings in the subspace of texts: PCA and PCA-inv of MERL, Sec. II-C."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional

from lass.errors import LassError
from lass.io.files import atomic_path
from lass.queries.clap import Clap
from lass.queries.query import Query

FILE = "pca.safetensors"
TEXTS = 1000  # MERL, Sec. II-C


class PcaClap(Clap):
    """``Clap``, of whose embeddings (norm 1) the first principal components of the training's texts are kept.

    Args:
        model: folder or hub id.
        components: of the embedding; MERL has 16.
        inverse: give the embedding in CLAP's own space, which those components span, not the components.
    """

    def __init__(self, model: str, components: int = 16, inverse: bool = False) -> None:
        super().__init__(model)
        if not 0 < components < self.dim:
            raise LassError(f"encoder: components {components}: choose 1 to {self.dim - 1}, {model} has {self.dim}")
        self.normalised, self.components, self.inverse = False, components, inverse
        self.dim = self.dim if inverse else components
        self._pca: dict[str, Tensor] = {}  # no state: it lies beside the weights

    def fit(self, texts: Iterable[str]) -> None:
        """Find the components of ``texts``, which must be more than ``components``."""
        texts = list(texts)
        if len(set(texts)) <= self.components:
            raise LassError(f"PCA: {len(set(texts))} distinct texts for {self.components} components: give more texts")
        found = torch.cat([self.project_text(texts[i : i + 64]) for i in range(0, len(texts), 64)])
        found = functional.normalize(found.double().cpu(), dim=-1)
        mean = found.mean(0)
        basis = torch.linalg.svd(found - mean, full_matrices=False).Vh[: self.components]
        self._pca = {"mean": mean.float(), "basis": basis.float().contiguous()}

    def save_pca(self, folder: Path) -> None:
        """Write ``pca.safetensors``."""
        with atomic_path(folder / FILE) as temporary:
            safetensors.torch.save_file(self._fitted(), temporary)

    def save_assets(self, folder: Path) -> None:
        super().save_assets(folder)
        self.save_pca(folder)

    def load_assets(self, folder: Path) -> None:
        path = folder / FILE
        try:
            found = safetensors.torch.load_file(path)
        except (OSError, SafetensorError) as error:
            raise LassError(f"{path}: cannot be read ({error}): run stage embed, or copy the folder again") from None
        size = self.config.projection_dim
        if {k: tuple(v.shape) for k, v in found.items()} != {"mean": (size,), "basis": (self.components, size)}:
            raise LassError(f"{path}: not {self.components} components of {size}: run stage embed again")
        self._pca = found

    def identity(self) -> str:
        digest = hashlib.sha256(b"".join(v.numpy().tobytes() for _, v in sorted(self._pca.items()))).hexdigest()
        return f"{super().identity()}-{digest[:16]}{'-inverse' * self.inverse}"

    def _fitted(self) -> dict[str, Tensor]:
        if not self._pca:
            raise LassError(f"{type(self).__name__}: no principal components yet: run stage embed")
        return self._pca

    def _query(self, embedding: Tensor, modality: str) -> Query:
        mean, basis = (self._fitted()[name].to(embedding) for name in ("mean", "basis"))
        found = (functional.normalize(embedding, dim=-1) - mean) @ basis.T
        return super()._query(found @ basis + mean if self.inverse else found, modality)
