"""Tells recordings from what a codec decodes: the multi-scale mel discriminator of HSM-TSS, Sec. III-E.

Paper and reference (Yang et al., "UniAudio", 2023) give no sizes; those here are ours.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from lass.losses.multi_scale_mel import log_mel


class MelDiscriminator(nn.Module):
    """2-D convolutions on a log-mel spectrogram; a judgement for each patch.

    Args:
        window: of the spectrogram (samples).
        mels: bands.
        sample_rate: Hz.
        width: channels.
    """

    def __init__(self, window: int, mels: int, sample_rate: int, width: int):
        super().__init__()
        self.spectrogram = window, mels, sample_rate
        first = nn.Conv2d(1, width, 3, padding=1)
        halving = [nn.Conv2d(width, width, 5, stride=2, padding=2) for _ in range(3)]
        self.layers = nn.ModuleList(map(weight_norm, (first, *halving)))
        self.judge = weight_norm(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, wave: Tensor) -> list[Tensor]:
        """``[B, T]`` -> maps of the layers, the judgements last: 1 is a recording, 0 is decoded."""
        x = log_mel(wave, *self.spectrogram).unsqueeze(1)
        maps = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.1)
            maps.append(x)
        return [*maps, self.judge(x)]


class MultiScaleMelDiscriminator(nn.Module):
    """Several of them, and the losses of a least-squares GAN (Mao et al., ICCV 2017).

    Args:
        windows: of the spectrograms (samples).
        mels: bands of each.
        sample_rate: Hz.
        width: channels.
    """

    def __init__(self, windows: Sequence[int], mels: Sequence[int], sample_rate: int, width: int):
        super().__init__()
        scales = zip(windows, mels)
        self.scales = nn.ModuleList(MelDiscriminator(*scale, sample_rate, width) for scale in scales)

    def loss(self, estimate: Tensor, target: Tensor) -> Tensor:
        """Of the discriminator, for ``[B, T]``; no gradient reaches the estimate."""
        pairs = [(scale(estimate.detach())[-1], scale(target)[-1]) for scale in self.scales]
        return sum(fake.square().mean() + (1 - real).square().mean() for fake, real in pairs) / len(pairs)

    def generator_losses(self, estimate: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Adversarial and feature matching loss of what made ``estimate``, ``[B, T]``.

        The second is the mean over layers of the L1 distance of their maps, relative to the mean of the target's.
        """
        self.requires_grad_(False)  # only the estimate learns from these
        maps = [(scale(estimate), [x.detach() for x in scale(target)]) for scale in self.scales]
        self.requires_grad_(True)
        adversarial = sum((1 - fake[-1]).square().mean() for fake, _ in maps) / len(maps)
        pairs = [pair for fake, real in maps for pair in zip(fake[:-1], real[:-1])]
        distances = [(one - other).abs().mean() / other.abs().mean().clamp_min(1e-8) for one, other in pairs]
        return adversarial, sum(distances) / len(distances)
