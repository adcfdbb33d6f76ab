"""Q-Audio: global features of sounds and texts in one space (HSM-TSS, arXiv:2505.21025, Sec. III-B 2)."""

import functools
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError
from lass.io.files import sha256
from lass.layers.audiomae import AudioMae
from lass.layers.q_audio import QAudioNetwork
from lass.parts.folder import copy_part, load_part
from lass.queries import ENCODER
from lass.queries.encoder import QueryEncoder, check_wave
from lass.queries.query import Query
from lass.queries.t5 import T5Text


class QAudioPart(nn.Module):
    """What ``lass train_part`` trains: the querying transformer between a frozen AudioMAE and a frozen T5 encoder.

    Negatives come from the batch of one process.

    Args:
        audio: AudioMAE, ``{model: DIR}`` in the yaml.
        text: folder or hub id of the T5, ``{pretrained: google/flan-t5-base}`` in the yaml.
        dim, width, layers, heads, dropout: see ``QAudioNetwork``.
    """

    def __init__(
        self, audio: AudioMae, text: str, dim: int = 768, width: int = 768, layers: int = 2, heads: int = 12,
        dropout: float = 0.1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.audio, self.text = audio, T5Text(text)
        self.sample_rate, self.seconds = audio.sample_rate, audio.seconds
        self.network = QAudioNetwork(
            audio.width, self.text.dim, self.text.config.vocab_size, dim, width, layers, heads, dropout
        )

    def train(self, mode: bool = True) -> "QAudioPart":
        super().train(mode)
        self.audio.eval()
        return self

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        """``wave`` ``[B, T]``, lists of ``captions`` and of ``labels`` of each clip -> the losses.

        Each clip is told by one of its captions or, where it has none, by one of its labels, drawn by chance. ``loss``
        is the sum of ``contrastive``, ``matching`` and ``generation``: weights of 1 (Sec. IV-C). Clips that are told
        alike, or have the same labels, are no negatives of each other.

        Raises:
            LassError: a clip has neither captions nor labels.
        """
        told = [_draw(*of_clip) for of_clip in zip(batch["captions"], batch["labels"], batch["utt"])]
        labels = [frozenset(own) for own in batch["labels"]]
        clips = list(zip(told, labels))
        alike = torch.tensor([[a == b or bool(x) and x == y for b, y in clips] for a, x in clips])
        with torch.no_grad():
            patches = self.audio.features(batch["wave"])
            asked = self.text.encode_text(told)
            past, words, ids = self.text.encode_past(told)
        alike = alike.to(patches.device)
        contrastive, similarity = self.network.contrast(patches, asked.tokens, asked.mask, alike)
        matching = self.network.decide(patches, asked.tokens, asked.mask, alike, similarity)
        generation = self.network.write(patches, past, words, ids)
        losses = {"contrastive": contrastive, "matching": matching, "generation": generation}
        return {"loss": sum(losses.values())} | losses


def _draw(captions: Sequence[str], labels: Sequence[str], utt: str) -> str:
    texts = captions or labels
    if not texts:
        raise LassError(f"{utt}: has neither captions nor labels: train Q-Audio on sets that have them")
    return texts[int(torch.randint(len(texts), ()))]


class QAudio(QueryEncoder):
    """Frozen Q-Audio: texts, or waves at 16 kHz, of which the middle seconds are heard that its AudioMAE takes.

    ``embedding`` is the global feature G of a sound, or that of a text beside it, behind the projections that the
    contrastive loss compares; ``tokens`` are the states of the text branch, T_cap in Sec. III-C.

    Args:
        model: the folder ``model`` of a training of ``QAudioPart``.
        normalised: scale embeddings to L2 norm 1, as the contrastive loss does.
    """

    modalities = ("text", "audio")
    frozen = True

    def __init__(self, model: str, normalised: bool = True) -> None:
        super().__init__()
        self.model, self.normalised = model, normalised
        self.register_buffer("_place", torch.zeros(1), persistent=False)  # knows the device before there are weights

    @functools.cached_property  # lands in __dict__, past nn.Module's registration of submodules
    def _loaded(self) -> QAudioPart:
        with torch.device("cpu"):  # also where a system is built without memory for its weights
            return load_part(Path(self.model).expanduser())

    @property
    def _part(self) -> QAudioPart:
        """On this module's device."""
        return self._loaded.to(self._place.device)

    @property
    def dim(self) -> int:
        return self._loaded.network.audio_projection.out_features

    @property
    def sample_rate(self) -> int:
        """16000 Hz."""
        return self._loaded.sample_rate

    @property
    def audio(self) -> AudioMae:
        """The AudioMAE whose patches ``embed_patches`` takes."""
        return self._part.audio

    @property
    def token_dim(self) -> int:
        """Size of the tokens of a query."""
        return self._loaded.network.text_projection.in_features

    @property
    def word_dim(self) -> int:
        """Size of what ``embed_words`` gives."""
        return self._loaded.text.dim

    def embed_words(self, words: Sequence[str]) -> tuple[Tensor, Tensor]:
        """The pieces of each word as T5's vocabulary has them: ``[B, N, D]``, mask ``[B, N]``."""
        return self._part.text.embed_words(words)

    @torch.no_grad()
    def embed_patches(self, patches: Tensor) -> Tensor:
        """``[B, N, Ca]`` -> embedding ``[B, D]``: ``encode_audio`` of what the AudioMAE has heard already."""
        return self._query(self._part.network.embed_audio(patches), "audio").embedding

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Query:
        """B texts -> embedding ``[B, D]``, tokens ``[B, N, C]``."""
        asked = self._part.text.encode_text(texts)
        embedding, tokens = self._part.network.embed_text(asked.tokens, asked.mask)
        return self._query(embedding, "text", tokens, asked.mask)

    @torch.no_grad()
    def encode_audio(self, wave: Tensor) -> Query:
        """``[B, T]`` at 16 kHz -> embedding ``[B, D]``."""
        check_wave(wave, self.sample_rate)
        longest = round(self._part.seconds * self.sample_rate)
        start = max(0, (wave.shape[1] - longest) // 2)
        heard = wave[:, start : start + longest].to(self._place.device, torch.float32)
        return self._query(self._part.network.embed_audio(self.audio.features(heard)), "audio")

    @functools.cached_property
    def _weights_hash(self) -> str:
        own = sorted(Path(self.model).expanduser().rglob("*.safetensors"))
        return hashlib.sha256("".join([*map(sha256, own), self._loaded.text.identity()]).encode()).hexdigest()[:16]

    def identity(self) -> str:
        """Class, name of the folder and hash of its weight files (which it reads)."""
        return f"{type(self).__name__}-{Path(self.model).name}-{self._weights_hash}"

    def save_assets(self, folder: Path) -> None:
        """Copy it to ``<folder>/encoder``."""
        target = folder / ENCODER
        if Path(self.model).resolve() != target.resolve():
            shutil.rmtree(target, ignore_errors=True)  # that of an older model
            copy_part(Path(self.model).expanduser(), target)

    def _query(
        self, embedding: Tensor, modality: str, tokens: Tensor | None = None, mask: Tensor | None = None
    ) -> Query:
        if self.normalised:
            embedding = functional.normalize(embedding, dim=-1)
        return Query(embedding, tokens, mask, ["extraction"] * len(embedding), modality)
