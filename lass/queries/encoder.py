"""The interface of all query encoders."""

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from lass import config as configuration
from lass.errors import LassError
from lass.queries.query import Query


class QueryEncoder(nn.Module):
    """Turns texts, waves, frames or labels into a ``Query``. A subclass overrides the methods of its ``modalities``.

    Attributes:
        dim: D of the embeddings ``[B, D]``.
        modalities: what it encodes, of ``"text"``, ``"audio"``, ``"image"``, ``"labels"``.
        sample_rate: Hz of the waves that ``encode_audio`` takes, or None.
        normalised: True when embeddings have L2 norm 1.
        examples: clips a class that ``hear`` is to be given, as texts are names of classes; 0 where they are not.
        join: what stands between the labels that a text names, of encoders of labels.
        frozen: True when it never trains. A frozen encoder has neither parameters nor a state: it is named by
            ``identity()``, and its embeddings may be cached.
    """

    dim: int
    modalities: tuple[str, ...] = ()
    sample_rate: int | None = None
    normalised: bool = False
    join: str = " "
    frozen: bool = False
    examples: int = 0

    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts, none of them empty -> B queries."""
        raise self._cannot("text")

    def encode_audio(self, wave: Tensor) -> Query:
        """``[B, T]`` at ``sample_rate`` (the caller resamples) -> B queries."""
        raise self._cannot("audio")

    def encode_image(self, frames: Tensor) -> Query:
        """uint8 ``[B, H, W, 3]``, red, green and blue -> B queries."""
        raise self._cannot("image")

    def encode_labels(self, multi_hot: Tensor) -> Query:
        """``[B, L]`` of zeros and ones -> B queries."""
        raise self._cannot("labels")

    @property
    def classes(self) -> list[str]:
        """The names that texts must be one of; none where any text does."""
        return []

    def fit(self, texts: Iterable[str]) -> None:
        """Learn from the training captions what has to be known before the first step (a tokenizer)."""

    def hear(self, clips: Iterable[tuple[str, Tensor]]) -> None:
        """Learn the classes that texts may name from their example clips: (class, ``[T]`` at ``sample_rate``)."""

    def save_assets(self, folder: Path) -> None:
        """Write what the weights do not hold into a model folder: ``tokenizer.*``, ``classes.*``, ``encoder/``."""

    def load_assets(self, folder: Path) -> None:
        """Read what ``save_assets`` wrote."""

    def identity(self) -> str:
        """Encoder id and hash of its weights: names caches and goes into model cards."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.state_dict().items()):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes())
        return f"{type(self).__name__}-{digest.hexdigest()[:16]}"

    def unknown_class(self, name: str) -> LassError:
        """What to say of a text that names none of the ``classes``."""
        names = {known.casefold(): known for known in self.classes}
        if not names:
            return LassError(f"no class {name[:80]!r}: {type(self).__name__} knows none yet: run stage embed")
        near = difflib.get_close_matches(name.casefold(), names, cutoff=0.5) or list(names)[:3]
        return LassError(f"no class {name[:80]!r}: ask for one of the {len(names)} classes in training, such as "
                         f"{', '.join(repr(names[n]) for n in near)}")

    def _cannot(self, modality: str) -> LassError:
        return LassError(f"{type(self).__name__} encodes {' and '.join(self.modalities)}, not {modality}: "
                         "choose another encoder or another query source")


def encoder_of_text_and_audio(config: dict, assets: Path | None) -> QueryEncoder:
    """The encoder of a configuration, on the GPU where there is one. Raises LassError for one of something else.

    Args:
        assets: what ``save_assets`` wrote, of an encoder that learnt.
    """
    encoder = configuration.build(config, "encoder", QueryEncoder)
    if not {"text", "audio"} <= set(encoder.modalities):
        raise LassError(f"encoder: {type(encoder).__name__} encodes {' and '.join(encoder.modalities)}: choose one of "
                        "text and audio, such as lass.queries.clap.Clap")
    if assets:
        encoder.load_assets(assets)
    return encoder.to("cuda" if torch.cuda.is_available() else "cpu")


def check_wave(wave: Tensor, sample_rate: int) -> None:
    """Raise a LassError for what is no batch of waves ``[B, T]``."""
    if wave.dim() != 2 or not wave.numel():
        raise LassError(f"an audio query of shape {tuple(wave.shape)}: give samples [B, T] at {sample_rate} Hz")


def check_texts(texts: Sequence[str]) -> None:
    """Raise a LassError that names the first text of a batch that asks for nothing."""
    if isinstance(texts, str):
        raise LassError(f"one string ({texts[:80]!r}) where a list of texts is expected: write [text]")
    if not texts:
        raise LassError("no texts to encode: give at least one")
    for number, text in enumerate(texts, 1):
        if not text.strip():
            raise LassError(f"text {number} of {len(texts)} is empty ({text!r}): a query needs at least one word")
