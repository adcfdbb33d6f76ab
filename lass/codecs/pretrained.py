"""EnCodec and DAC through transformers, for codec reports and as codecs of an acoustic decoder."""

import math

import torch
from torch import Tensor
from torch.nn import functional
from transformers import DacModel, EncodecModel, PreTrainedModel

from lass.codecs.codec import Codec
from lass.errors import LassError
from lass.io.pretrained import find_weights, load


class PretrainedCodec(Codec):
    """Base of codecs that come trained.

    Args:
        model: a folder as ``save_pretrained`` writes it, or a hub id.
        groups: residual codebooks that are used; at most those of the model.

    A subclass sets ``network_class``.
    """

    network_class: type[PreTrainedModel]

    def __init__(self, model: str, groups: int):
        super().__init__()
        folder = find_weights(model)[0].parent
        safe = {"dtype": torch.float32, "weights_only": True, "output_loading_info": True}
        self.network, report = load(self.network_class, folder, **safe)
        if report["missing_keys"]:
            raise LassError(f"{folder}: the weights lack {len(report['missing_keys'])} entries that "
                            f"{self.network_class.__name__} needs ({min(report['missing_keys'])}, ..): fetch it anew")
        self.network.eval().requires_grad_(False)
        config = self.network.config
        self.sample_rate, self.frame_size = config.sampling_rate, config.hop_length
        self.groups, self.codebook_size = groups, config.codebook_size
        if not 0 < groups <= self.available:
            raise LassError(f"{model}: groups {groups}: it has {self.available} codebooks")

    @property
    def available(self) -> int:
        """Codebooks of the model."""
        raise NotImplementedError

    def encode(self, wave: Tensor) -> Tensor:
        padded = functional.pad(wave, (0, -wave.shape[-1] % self.frame_size))
        return self._codes(padded[:, None]).transpose(1, 2)[:, : padded.shape[-1] // self.frame_size]

    def decode(self, tokens: Tensor) -> Tensor:
        samples = tokens.shape[1] * self.frame_size
        wave = self._decoded(tokens.transpose(1, 2)).flatten(1)
        return functional.pad(wave, (0, samples - wave.shape[-1]))  # DAC's lacks a few samples; a negative number cuts

    def _codes(self, wave: Tensor) -> Tensor:
        """``[B, 1, T]`` -> ``[B, groups, N]``."""
        raise NotImplementedError

    def _decoded(self, codes: Tensor) -> Tensor:
        """``[B, groups, N]`` -> ``[B, 1, T]`` or ``[B, T]``."""
        raise NotImplementedError

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        raise LassError(f"{type(self).__name__}: comes trained: train lass.codecs.tf_codec.TFCodec")


class Encodec(PretrainedCodec):
    """EnCodec (Defossez et al., "High fidelity neural audio compression", 2022), causal, 24 kHz, 75 frames a second.

    8 groups are 6 kbit/s. That of 48 kHz is not taken: it has a scale beside its tokens.
    """

    network_class = EncodecModel

    def __init__(self, model: str, groups: int):
        super().__init__(model, groups)
        config = self.network.config
        if config.normalize or config.audio_channels != 1:
            raise LassError(f"{model}: scaled, or of {config.audio_channels} channels: take the EnCodec of 24 kHz")

    @property
    def available(self) -> int:
        return self.network.config.num_quantizers

    def _codes(self, wave: Tensor) -> Tensor:
        return self.network.quantizer.encode(self.network.encoder(wave), self._kilobits).transpose(0, 1)

    @property
    def _kilobits(self) -> float:
        return self.groups * math.log2(self.codebook_size) * self.frame_rate / 1000

    def _decoded(self, codes: Tensor) -> Tensor:
        return self.network.decode(codes[None], [None]).audio_values


class Dac(PretrainedCodec):
    """DAC (Kumar et al., "High-fidelity audio compression with improved RVQGAN", NeurIPS 2023), not causal.

    That of 16 kHz has 50 frames a second: 12 groups are 6 kbit/s.
    """

    network_class = DacModel

    @property
    def available(self) -> int:
        return self.network.config.n_codebooks

    def _codes(self, wave: Tensor) -> Tensor:
        return self.network.encode(wave, self.groups).audio_codes

    def _decoded(self, codes: Tensor) -> Tensor:
        return self.network.decode(audio_codes=codes).audio_values
