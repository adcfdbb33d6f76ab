"""AudioMAE (Huang et al., "Masked autoencoders that listen", NeurIPS 2022): the local features of HSM-TSS, Sec. III-B.

A vision transformer on patches of a log-mel spectrogram, 16 frames (160 ms) by 16 bands. It is trained without labels:
most patches are dropped before the encoder, and a small decoder, here that of MW-MAE, rebuilds them.
"""

from collections.abc import Mapping

import torch
from timm.layers import build_sincos2d_pos_embed
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError
from lass.layers.fbank import BANDS, SAMPLE_RATE, frames_of, log_mel
from lass.layers.initial import xavier
from lass.layers.mw_mae import MaeDecoder

PATCH = 16  # frames and bands


class AudioMae(nn.Module):
    """Waves ``[B, T]`` at 16 kHz -> local features ``[B, N, width]``; the defaults are those of AudioMAE and HSM-TSS.

    Args:
        width, depth, heads: of the encoder; ViT-B.
        frames: of the spectrogram, a multiple of 16; AudioMAE has 1024 for AudioSet and 512 for ESC-50.
        seconds: longest wave; its frames are at most ``frames``.
        mask_ratio: part of the patches that training drops and rebuilds; both papers have 0.8.
        decoder: arguments of ``MaeDecoder``; None for an encoder that cannot be trained.

    Attributes:
        grid: patches along time and frequency; N is their product. Features are in the order (time, frequency).
    """

    sample_rate = SAMPLE_RATE

    def __init__(
        self, width: int = 768, depth: int = 12, heads: int = 12, frames: int = 1024, seconds: float = 10.0,
        mask_ratio: float = 0.8, decoder: Mapping | None = None,
    ):  # fmt: skip
        super().__init__()
        if frames % PATCH or frames_of(round(seconds * SAMPLE_RATE)) > frames:
            raise LassError(f"AudioMae: frames {frames}: not a multiple of {PATCH} that holds {seconds} s")
        self.width, self.frames, self.seconds, self.mask_ratio = width, frames, seconds, mask_ratio
        self.grid = (frames // PATCH, BANDS // PATCH)
        self.vit = VisionTransformer(
            img_size=(frames, BANDS), patch_size=PATCH, in_chans=1, num_classes=0, global_pool="",
            embed_dim=width, depth=depth, num_heads=heads,
        )  # fmt: skip
        self._initialise()
        self.decoder = None if decoder is None else MaeDecoder(width, PATCH * PATCH, self.grid, **decoder)

    def _initialise(self) -> None:
        """First weights as in "Masked autoencoders are scalable vision learners" (CVPR 2022); positions stay fixed."""
        xavier(self.vit)
        patches = self.vit.patch_embed.proj.weight
        nn.init.xavier_uniform_(patches.view(self.width, -1))  # as the linear layer that it is
        nn.init.normal_(self.vit.cls_token, std=0.02)
        with torch.no_grad():
            self.vit.pos_embed.zero_()[:, 1:] = build_sincos2d_pos_embed(list(self.grid), self.width)
        self.vit.pos_embed.requires_grad_(False)

    def spectrogram(self, wave: Tensor) -> Tensor:
        """``[B, T]`` -> normalised log-mel ``[B, frames, 128]``; what is missing behind a shorter wave is padded.

        Raises:
            LassError: the wave is longer than ``seconds``: cut it first.
        """
        if wave.shape[-1] > round(self.seconds * SAMPLE_RATE):
            given = wave.shape[-1] / SAMPLE_RATE
            raise LassError(f"a wave of {given:.2f} s: this AudioMAE hears {self.seconds} s: cut it")
        return log_mel(wave, self.frames)

    def features(self, wave: Tensor) -> Tensor:
        """``[B, T]``, up to ``seconds`` -> the local features of all patches ``[B, N, width]``."""
        return self._encode(self._embed(self.spectrogram(wave)))

    forward = features

    def encode_masked(self, wave: Tensor, kept: Tensor) -> Tensor:
        """The features ``[B, K, width]`` of the patches ``kept`` ``[B, K]`` (0 to N - 1); no others are computed."""
        return self._encode(_pick(self._embed(self.spectrogram(wave)), kept))

    def _embed(self, spectrogram: Tensor) -> Tensor:
        return self.vit.patch_embed(spectrogram[:, None]) + self.vit.pos_embed[:, 1:]

    def _encode(self, patches: Tensor) -> Tensor:
        first = self.vit.cls_token + self.vit.pos_embed[:, :1]
        hidden = self.vit.blocks(torch.cat([first.expand(len(patches), -1, -1), patches], dim=1))
        return self.vit.norm(hidden)[:, 1:]

    def draw_mask(self, batch_size: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """The places of visible patches ``[B, K]`` and of dropped ones ``[B, N - K]``, drawn for each example."""
        patches = self.grid[0] * self.grid[1]
        order = torch.rand(batch_size, patches, device=device).argsort(dim=1)
        return order.tensor_split([round(patches * (1 - self.mask_ratio))], dim=1)

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        """``wave`` ``[B, T]`` -> ``loss``: mean squared error of the dropped patches, each normalised to mean 0 and
        variance 1 (AudioMAE; the released MW-MAE leaves them as they are)."""
        if self.decoder is None:
            raise LassError("AudioMae: an encoder without decoder cannot be trained: give decoder: {} in its yaml")
        spectrogram = self.spectrogram(batch["wave"])
        kept, dropped = self.draw_mask(len(spectrogram), spectrogram.device)
        visible = self._encode(_pick(self._embed(spectrogram), kept))
        found = _pick(self.decoder(visible, kept), dropped).float()
        return {"loss": functional.mse_loss(found, _pick(_targets(spectrogram), dropped))}


def _pick(patches: Tensor, places: Tensor) -> Tensor:
    """``[B, N, D]`` and ``[B, K]`` -> ``[B, K, D]``."""
    return patches.gather(1, places[..., None].expand(-1, -1, patches.shape[-1]))


def _targets(spectrogram: Tensor) -> Tensor:
    """``[B, frames, 128]`` -> normalised patches ``[B, N, 256]``."""
    patches = spectrogram.unflatten(1, (-1, PATCH)).unflatten(3, (-1, PATCH)).transpose(2, 3).flatten(3).flatten(1, 2)
    variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
    return (patches - mean) / (variance + 1e-6).sqrt()
