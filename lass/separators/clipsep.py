"""CLIPSep and CLIPSep-NIT (ICLR 2023, arXiv:2212.07065): masks on a logarithmic frequency axis, asked by CLIP.

Their state_dicts have the key names and shapes of the released code. First weights are Xavier's, as in the other
networks here: the released ones are so small that no query matters before training.
"""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from lass.errors import LassError
from lass.layers.initial import xavier
from lass.layers.log_frequency import to_linear_frequency, to_log_frequency
from lass.layers.stft import STFT
from lass.separators.separator import Separator

ROWS = 256  # of the logarithmic frequency axis
FLOOR = 1e-10  # of magnitudes
WEIGHTS = (1e-3, 10.0)  # limits of log(1 + magnitude), by which the loss weighs each bin
WIDEST = 3  # level from which on the width no longer doubles


def _upsample() -> nn.Upsample:
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)


class Level(nn.Module):
    """A level of the U-Net around the next deeper one: ``model`` is numbered as in the released code.

    That activates its input in place, so that the skip connection carries the activated map: here this is said.
    """

    def __init__(self, outer: int, inner: int, deeper: "Level | None"):
        super().__init__()
        down = [nn.LeakyReLU(0.2), nn.Conv2d(outer, inner, 4, 2, 1, bias=False)]
        up = [nn.ReLU(), _upsample(), nn.Conv2d(inner * (2 if deeper else 1), outer, 3, 1, 1, bias=False)]
        middle = [nn.BatchNorm2d(inner), deeper] if deeper else []
        self.model = nn.Sequential(*down, *middle, *up, nn.BatchNorm2d(outer))

    def forward(self, x: Tensor) -> Tensor:
        x = self.model[0](x)
        return torch.cat((x, self.model[1:](x)), dim=1)


class Outermost(nn.Module):
    """The level that is never skipped."""

    def __init__(self, width: int, outputs: int, deeper: Level):
        super().__init__()
        down = nn.Conv2d(1, width, 4, 2, 1, bias=False)
        self.model = nn.Sequential(down, deeper, nn.ReLU(), _upsample(), nn.Conv2d(2 * width, outputs, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class UNet(nn.Module):
    """``[B, 1, rows, frames]`` -> ``[B, outputs, rows, frames]``; rows and frames are multiples of 2^layers."""

    def __init__(self, layers: int, width: int, outputs: int):
        super().__init__()
        self.bn0 = nn.BatchNorm2d(1)
        widths = [width * 2 ** min(i, WIDEST) for i in range(layers)]
        level = None
        for outer, inner in reversed(list(itertools.pairwise(widths))):
            level = Level(outer, inner, level)
        self.unet_block = Outermost(width, outputs, level)

    def forward(self, x: Tensor) -> Tensor:
        return self.unet_block(self.bn0(x))


class InnerProduct(nn.Module):
    """Features ``[B, K]`` of a query and maps ``[B, K, rows, frames]`` -> logits ``[B, 1, rows, frames]``."""

    def __init__(self, channels: int):
        super().__init__()
        self.scale, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor, maps: Tensor) -> Tensor:
        return torch.einsum("bk,bkrt->brt", features * self.scale, maps)[:, None] + self.bias


class CLIPSep(Separator):
    """CLIPSep: masks of the magnitudes, with the phase of the mixture. Trained on binary masks of all sources.

    Args:
        condition: size of the query embedding.
        sample_rate: Hz.
        window: STFT window (samples).
        hop: STFT hop (samples).
        layers: of the U-Net.
        width: channels of its outermost level; it doubles up to the fourth.
        channels: maps that a query weighs.

    Attributes:
        heads: noise masks.
    """

    asks_all = True
    heads = 0

    def __init__(
        self,
        condition: int = 512,
        sample_rate: int = 16000,
        window: int = 1024,
        hop: int = 256,
        layers: int = 7,
        width: int = 64,
        channels: int = 32,
    ):
        super().__init__()
        if not 2 <= layers <= ROWS.bit_length() - 1:
            raise LassError(f"separator: layers {layers}: choose 2 to {ROWS.bit_length() - 1}, for {ROWS} rows")
        self.sample_rate = sample_rate
        self.stft = STFT(window, hop)
        self.frames = 2**layers  # whose multiples the U-Net takes
        self.sound_net = UNet(layers, width, channels)
        self.frame_net = nn.Linear(condition, channels)
        self.synth_net = InnerProduct(channels)
        self.pit_nets = nn.ModuleList(nn.Linear(channels, channels) for _ in range(self.heads))
        xavier(self)

    def forward(self, mixture: Tensor, query) -> Tensor:
        batch, channels, samples = mixture.shape
        spectrum = self.stft(mixture.reshape(batch * channels, 1, samples))
        maps = self._maps(self._warped(spectrum.abs().transpose(2, 3) + FLOOR))
        features = self._features(query.embedding.repeat_interleave(channels, dim=0))
        warped = self._mask(features, maps)[..., : spectrum.shape[2]]
        mask = to_linear_frequency(warped, spectrum.shape[3]).transpose(2, 3)
        return self.stft.inverse(mask * spectrum, samples).reshape(mixture.shape)

    def training_loss(self, batch: dict) -> dict[str, Tensor]:
        """The yaml's loss on the masks of all sources."""
        sources = [batch, *batch["others"]]
        waves = [batch["mixture"], *(source["target"] for source in sources)]
        mixture, *targets = (self.stft(wave).abs().transpose(2, 3) for wave in waves)
        return self.loss_of_masks(mixture, targets, [source["query"].embedding for source in sources])

    def loss_of_masks(
        self, mixture: Tensor, targets: Sequence[Tensor], embeddings: Sequence[Tensor]
    ) -> dict[str, Tensor]:
        """The same of magnitudes ``[B, 1, bins, frames]`` and embeddings ``[B, D]`` of each source."""
        mixture = self._warped(mixture + FLOOR)
        truths = [(self._warped(target) > 0.5 * mixture).to(mixture) for target in targets]
        return self._loss(self._maps(mixture), truths, embeddings, mixture.log1p().clamp(*WEIGHTS))

    def _loss(
        self, maps: Tensor, truths: Sequence[Tensor], embeddings: Sequence[Tensor], weight: Tensor
    ) -> dict[str, Tensor]:
        masks = [self._mask(self._features(embedding), maps) for embedding in embeddings]
        losses = [self.loss(mask, truth, weight=weight) for mask, truth in zip(masks, truths)]
        return {"loss": torch.stack(losses).mean()}

    def _warped(self, magnitude: Tensor) -> Tensor:
        """``[B, 1, bins, frames]`` -> ``[B, 1, rows, frames]``, with silent frames up to a multiple of ``frames``."""
        padded = functional.pad(magnitude, (0, -magnitude.shape[3] % self.frames), value=FLOOR)
        return to_log_frequency(padded, ROWS)

    def _maps(self, warped: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):  # its convolutions in bf16 gave NaN on one processor
            return self.sound_net(warped.clamp(min=FLOOR).log())

    def _features(self, embedding: Tensor) -> Tensor:
        return self.frame_net(embedding)

    def _mask(self, features: Tensor, maps: Tensor) -> Tensor:
        return self.synth_net(features.sigmoid(), maps).float().sigmoid()


class CLIPSepNIT(CLIPSep):
    """CLIPSep with noise invariant training: two more masks take what no query explains, and are left out afterwards.

    Attributes:
        noise_weight: of the penalty on these masks (released training).
        noise_free: mean of their sum that costs nothing (released training).
    """

    heads = 2
    noise_weight = 0.1
    noise_free = 0.25

    def noise_masks(self, features: Sequence[Tensor], maps: Tensor) -> list[Tensor]:
        """Features ``[B, K]`` of each query -> two masks ``[B, 1, rows, frames]``."""
        mean = torch.stack(list(features)).mean(0)
        return [self._mask(net(mean), maps) for net in self.pit_nets]

    def _loss(
        self, maps: Tensor, truths: Sequence[Tensor], embeddings: Sequence[Tensor], weight: Tensor
    ) -> dict[str, Tensor]:
        """Each source is its mask and one noise mask; of the ways to pair them the best one counts."""
        if len(truths) > self.heads:
            raise LassError(f"data.interferers: {len(truths) - 1}, but CLIPSep-NIT has two noise masks: give 1")
        features = [self._features(embedding) for embedding in embeddings]
        masks, noise = [self._mask(each, maps) for each in features], self.noise_masks(features, maps)
        pairings = [
            torch.stack([
                self.loss((mask + other).clamp(max=1.0), truth, weight=weight)
                for mask, other, truth in zip(masks, others, truths)
            ]).mean(0)
            for others in itertools.permutations(noise, len(truths))
        ]  # fmt: skip
        activity = sum(noise).mean()
        separation = torch.stack(pairings).amin(0).mean()
        penalty = self.noise_weight * (activity - self.noise_free).relu()
        return {"loss": separation + penalty, "noise": activity}
