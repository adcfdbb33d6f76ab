"""Classes asked by example clips: embeddings of PANNs CNN14 (the queries of USS-ResUNet30 and USS-ResUNet60)."""

import functools
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from lass.errors import LassError
from lass.io.checkpoint import read_weights
from lass.io.files import atomic_path, sha256
from lass.layers.cnn14 import WAY_OUT, Cnn14
from lass.queries import ANYTHING
from lass.queries.encoder import QueryEncoder, check_texts, check_wave
from lass.queries.query import Query

CLASSES = "classes.safetensors"
PUBLISHED_DIM = 2048


class Panns(QueryEncoder):
    """Frozen CNN14: waves, or names of classes, upper or lower case.

    A class is asked with the mean embedding of example clips of the training set (AudioSep, Sec. V-B), which ``hear``
    is given; a model folder holds these means, so that classes are asked without CNN14. "a sound" is the mean of all
    classes. No embedding is scaled, as in the released code of USS (arXiv:2305.07447).

    Args:
        model: a checkpoint such as Cnn14_mAP=0.431.pth, or a folder with ``model.safetensors`` of the same names.
        examples: clips a class; the papers give no number.
    """

    modalities = ("text", "audio")
    frozen = True

    def __init__(self, model: str, examples: int = 10) -> None:
        super().__init__()
        if examples < 1:
            raise LassError(f"encoder: examples {examples}: a class needs at least one example clip")
        self.model, self.examples = model, examples
        self._means: dict[str, Tensor] = {}  # [D] by the name of the class
        self.register_buffer("_place", torch.zeros(1), persistent=False)  # knows the device before there are weights

    @property
    def dim(self) -> int:
        """2048, unless classes or weights that are here are of a narrower network."""
        if self._means:
            return len(next(iter(self._means.values())))
        return len(self._network.fc1.bias) if self._file.exists() else PUBLISHED_DIM

    @property
    def sample_rate(self) -> int:
        """32000 Hz for Cnn14_mAP=0.431.pth."""
        return self._network.sample_rate

    @property
    def classes(self) -> list[str]:
        """Those that it has heard, by display name."""
        return sorted(self._means)

    @functools.cached_property
    def _file(self) -> Path:
        path = Path(self.model).expanduser()
        return path / "model.safetensors" if path.is_dir() else path

    @functools.cached_property  # lands in __dict__, past nn.Module's registration of submodules
    def _network(self) -> Cnn14:
        if not self._file.exists():
            raise LassError(f"{self._file}: no such file: {WAY_OUT}, and name it by --set encoder.model=FILE (lass "
                            "import: --encoder FILE)")
        with torch.device("cpu"):  # also where a system is built without memory for its weights
            return Cnn14.of(read_weights(self._file), str(self._file))

    @torch.no_grad()
    def encode_audio(self, wave: Tensor) -> Query:
        """``[B, T]`` at ``sample_rate`` -> embedding ``[B, D]``."""
        check_wave(wave, self.sample_rate)
        network = self._network.to(self._place.device)
        return self._query(network(wave.to(self._place.device, torch.float32)).embedding, "audio")

    def encode_text(self, texts: Sequence[str]) -> Query:
        """B names of classes -> embedding ``[B, D]``. Raises LassError for a name that no example clip had."""
        check_texts(texts)
        means = {name.casefold(): mean for name, mean in self._means.items()}
        if means:
            means.setdefault(ANYTHING, torch.stack(list(means.values())).mean(0))
        for text in texts:
            if text.strip().casefold() not in means:
                raise self.unknown_class(text)
        found = torch.stack([means[text.strip().casefold()] for text in texts])
        return self._query(found.to(self._place.device), "text")

    def hear(self, clips: Iterable[tuple[str, Tensor]]) -> None:
        embeddings: dict[str, list[Tensor]] = {}
        for name, wave in clips:
            embeddings.setdefault(name, []).append(self.encode_audio(wave[None]).embedding[0].cpu())
        self._means = {name: torch.stack(heard).mean(0) for name, heard in embeddings.items()}

    def save_assets(self, folder: Path) -> None:
        with atomic_path(folder / CLASSES) as temporary:
            safetensors.torch.save_file(self._means, temporary)

    def load_assets(self, folder: Path) -> None:
        path = folder / CLASSES
        if not path.exists():
            raise LassError(f"{path}: no such file, which holds the classes: run stage embed, or copy the folder again")
        means = read_weights(path)
        size = next(iter(means.values())).numel()
        for mean in means.values():
            if mean.shape != (size,) or mean.dtype != torch.float32 or not mean.isfinite().all():
                raise LassError(f"{path}: not one vector of finite numbers a class: run stage embed again")
        self._means = means

    def identity(self) -> str:
        """Name of the model, and hash of the classes' means or, where there are none, of the weights."""
        digest = hashlib.sha256()
        for name, mean in sorted(self._means.items()):
            digest.update(f"{name}\n".encode() + mean.numpy().tobytes())
        heard = digest.hexdigest() if self._means else sha256(self._file)
        return f"{type(self).__name__}-{Path(self.model).name}-{heard[:16]}"

    def _query(self, embedding: Tensor, modality: str) -> Query:
        return Query(embedding, None, None, ["extraction"] * len(embedding), modality)
