"""CNN14 of PANNs, the tagger of AudioSet (Kong et al., IEEE/ACM TASLP 2020; arXiv:1912.10211), as published.

Names and shapes of the weights are those of the published checkpoints, such as Cnn14_mAP=0.431.pth (32 kHz) and
Cnn14_16k_mAP=0.438.pth; a narrower network has the same names. It is asked here, not trained: what the authors do in
training alone (SpecAugment, mixup, dropout) is left out.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
import torchaudio
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError

FRAMES = 100  # a second
LOWEST, HIGHEST = 50.0, 14000.0  # Hz, edges of the mel bands
FLOOR = 1e-10  # of mel powers: -100 dB
POOLED = 32  # frames that the five poolings make one of
WAY_OUT = "get Cnn14_mAP=0.431.pth from Zenodo record 3987831"
DFT = "spectrogram_extractor.stft."  # matrices of the published front end, for which torch.stft stands here


class Heard(NamedTuple):
    """What CNN14 makes of B waves."""

    embedding: Tensor  # [B, E], not negative
    posteriors: Tensor  # [B, classes]


class ConvBlock(nn.Module):
    """Two 3x3 convolutions, each with batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.bn1(self.conv1(x)))
        return functional.relu(self.bn2(self.conv2(x)))


class LogMel(nn.Module):
    """Powers ``[..., bins]`` -> ``[..., mels]`` in dB."""

    def __init__(self, filters: Tensor):
        super().__init__()
        self.register_buffer("melW", filters)  # [bins, mels]

    def forward(self, power: Tensor) -> Tensor:
        return 10.0 * (power @ self.melW).clamp(min=FLOOR).log10()


class Cnn14(nn.Module):
    """Log-mel spectrogram of 32 ms windows every 10 ms, six ConvBlocks, an embedding, one posterior a class.

    Args:
        window: samples; the rate follows from it: 1024 at 32 kHz, 512 at 16 kHz.
        mels: bands of the front end, up to 14 kHz or half the rate.
        widths: channels of the six blocks; the last is the size E of the embedding.
        classes: of AudioSet.

    Attributes:
        sample_rate: Hz.
    """

    def __init__(
        self,
        window: int = 1024,
        mels: int = 64,
        widths: Sequence[int] = (64, 128, 256, 512, 1024, 2048),
        classes: int = 527,
    ):
        super().__init__()
        self.hop = window * 5 // 16
        self.sample_rate = self.hop * FRAMES
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        highest = min(HIGHEST, self.sample_rate / 2)
        filters = torchaudio.functional.melscale_fbanks(
            window // 2 + 1, LOWEST, highest, mels, self.sample_rate, norm="slaney", mel_scale="slaney"
        )
        self.logmel_extractor = LogMel(filters)
        self.bn0 = nn.BatchNorm2d(mels)
        for i, (inputs, outputs) in enumerate(zip((1, *widths), widths), start=1):
            self.add_module(f"conv_block{i}", ConvBlock(inputs, outputs))
        self.fc1 = nn.Linear(widths[-1], widths[-1])
        self.fc_audioset = nn.Linear(widths[-1], classes)

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], source: str) -> "Cnn14":
        """The frozen network of a checkpoint, of the sizes that the checkpoint has, in eval mode.

        Args:
            weights: as ``lass.io.checkpoint.read_weights`` gives them.
            source: names the file in errors.

        Raises:
            LassError: an entry is missing, unexpected or of another shape.
        """
        weights = {key: value for key, value in weights.items() if not key.startswith(DFT)}
        try:
            bins, mels = weights["logmel_extractor.melW"].shape
            widths = [len(weights[f"conv_block{i}.conv1.weight"]) for i in range(1, 7)]
            network = cls(window=2 * bins - 2, mels=mels, widths=widths, classes=len(weights["fc_audioset.bias"]))
            network.load_state_dict(weights)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else " ".join(str(error).split())[:200]
            raise LassError(f"{source}: no CNN14 of PANNs ({what}): {WAY_OUT}") from None
        return network.eval().requires_grad_(False)

    def forward(self, wave: Tensor) -> Heard:
        """``[B, T]`` at ``sample_rate`` -> embeddings and posteriors. Zeros are appended to waves below 0.31 s."""
        shortest = self.hop * (POOLED - 1)
        wave = functional.pad(wave, (0, max(0, shortest - wave.shape[-1])))
        # lass.layers.stft would end in one more frame: it has an inverse, and this hop is above window / 4
        spectrum = torch.stft(wave, len(self.window), self.hop, window=self.window, return_complex=True)
        mel = self.logmel_extractor(spectrum.abs().square().transpose(1, 2))  # [B, frames, mels]
        x = self.bn0(mel.transpose(1, 2)[..., None]).transpose(1, 3)  # [B, 1, frames, mels]
        for i in range(1, 6):
            x = functional.avg_pool2d(self.get_submodule(f"conv_block{i}")(x), 2)
        x = self.conv_block6(x).mean(dim=3)
        embedding = functional.relu(self.fc1(x.amax(dim=2) + x.mean(dim=2)))
        return Heard(embedding, self.fc_audioset(embedding).sigmoid())
