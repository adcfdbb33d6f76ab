"""What keeps a separator from overfitting to embeddings of audio: MERL ("Leveraging Audio-Only Data ..."), Sec. II-C.

A manipulation acts in training alone. Its figures come from the yaml. PCA, which acts on each query, is in pca.py.
"""

import contextlib
from collections.abc import Iterator, Sequence

import torch
import torchaudio
from torch import Tensor
from torch.nn import functional

from lass.errors import LassError
from lass.queries.encoder import QueryEncoder

Range = Sequence[float]  # lowest and highest, drawn uniformly


class Manipulation:
    """Base class, which changes nothing. Random numbers are torch's.

    Attributes:
        hears: True when audio is heard in another way each time, so that its embeddings cannot be cached.
    """

    hears: bool = False

    def waves(self, targets: Tensor) -> Tensor:
        """The targets of a batch ``[B, T]`` -> what the audio encoder hears of them, ``[B, T]``."""
        return targets

    @contextlib.contextmanager
    def hearing(self, encoder: QueryEncoder) -> Iterator[None]:
        """Within it ``encoder`` hears in another way."""
        yield

    def embeddings(self, found: Tensor, modality: str) -> Tensor:
        """``[B, D]``, all of one modality -> ``[B, D]``."""
        return found


class Mixup(Manipulation):
    """Audio is heard in a mixture with the target of another example of the batch.

    Args:
        snr: between both (dB), drawn for each example.
    """

    hears = True

    def __init__(self, snr: Range):
        self.snr = _checked("snr", snr, -200, 200)

    def waves(self, targets: Tensor) -> Tensor:
        if len(targets) < 2:
            raise LassError("manipulation: mixup needs a second example in the batch: raise train.batch_size")
        others = targets.roll(1, dims=0)
        snr = torch.empty(len(targets), 1, device=targets.device).uniform_(*self.snr)
        energies = [wave.square().sum(1, keepdim=True).clamp_min(1e-12) for wave in (targets, others)]
        return targets + others * (energies[0] / energies[1]).sqrt() * 10 ** (-snr / 20)


class SpecAugment(Manipulation):
    """Stripes of the normalised mel spectrogram are zeroed out, for each wave others; what was not drawn is heard.

    Args:
        frames: of a stripe across all bins, 0 to this.
        bins: of a stripe across all frames, 0 to this.
        stripes: of each kind.
    """

    hears = True

    def __init__(self, frames: int, bins: int, stripes: int):
        self.frames, self.bins, self.stripes = frames, bins, stripes

    @contextlib.contextmanager
    def hearing(self, encoder: QueryEncoder) -> Iterator[None]:
        if not hasattr(encoder, "mel_norm"):
            raise LassError(f"manipulation: the mel spectrogram of {type(encoder).__name__} cannot be reached: "
                            "choose another manipulation, or lass.queries.clap.Clap")
        hook = encoder.mel_norm.register_forward_hook(lambda _, __, mel: self.mask(mel[..., 0])[..., None])
        try:
            yield
        finally:
            hook.remove()

    def mask(self, mel: Tensor) -> Tensor:
        """``[B, bins, frames]`` -> the same with zeros in it."""
        for axis, widest in ((1, self.bins), (2, self.frames)):
            for _ in range(self.stripes):
                # torchaudio draws whole widths below the one given
                limit = min(widest + 1, mel.shape[axis])
                mel = torchaudio.functional.mask_along_axis_iid(mel, limit, 0.0, axis)
        return mel


class _OfEmbeddings(Manipulation):
    """One strength a forward pass and modality.

    Args:
        audio, text: its range for queries by audio and by text.
    """

    limits: tuple[float, float]

    def __init__(self, audio: Range, text: Range):
        self.ranges = {
            name: _checked(name, found, *self.limits) for name, found in (("audio", audio), ("text", text))
        }

    def strength(self, modality: str) -> float:
        if modality not in self.ranges:
            raise LassError(f"manipulation: {type(self).__name__} has no range for queries by {modality}: "
                            "ask by text or audio, or leave the manipulation out")
        return float(torch.empty(()).uniform_(*self.ranges[modality]))


class GaussianNoise(_OfEmbeddings):
    """q + a v / |v|, v Gaussian for each query; ``audio`` and ``text`` are ranges of a."""

    limits = (0.0, float("inf"))

    def embeddings(self, found: Tensor, modality: str) -> Tensor:
        return found + self.strength(modality) * functional.normalize(torch.randn_like(found), dim=-1)


class Dropout(_OfEmbeddings):
    """Each dimension is zeroed out with probability p; ``audio`` and ``text`` are ranges of p.

    What stays is scaled by 1 / (1 - p), as torch's dropout does; the paper does not tell.
    """

    limits = (0.0, 1.0)

    def embeddings(self, found: Tensor, modality: str) -> Tensor:
        return functional.dropout(found, self.strength(modality))


def _checked(name: str, found: Range, lowest: float, highest: float) -> tuple[float, float]:
    if not (isinstance(found, Sequence) and len(found) == 2 and lowest <= found[0] <= found[1] <= highest):
        raise LassError(f"manipulation: {name} {found!r} is not [lowest, highest] within {lowest} and {highest}")
    return float(found[0]), float(found[1])
