"""LASS-Net: what the paper's network has, and what both do at the edges."""

import re

import pytest
import torch
from torch import Tensor, nn

from lass.errors import LassError
from lass.losses.l1 import l1
from lass.queries.query import Query
from lass.separators.lassnet import LASSNet

SMALL = {"condition": 6, "sample_rate": 8000, "window": 64, "hop": 32, "widths": (4, 6, 8)}
PAPER = {"kernel": 4, "film": "scale_shift", "blocks_per_level": 1, "bottleneck": False, "last_convolutions": 1}


def make(**changes) -> LASSNet:
    torch.manual_seed(1)
    network = LASSNet(**{**SMALL, **changes}).eval()
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.bias.data.normal_(0.0, 0.2)
    return network


@pytest.fixture
def noise() -> Tensor:
    return torch.randn(2, 1, 500, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def asked() -> Query:
    embedding = torch.rand(2, 6, generator=torch.Generator().manual_seed(1))
    return Query(embedding, None, None, ["extraction"] * 2, "text")


def test_the_network_of_the_paper():
    """Sec. 3.3: two ConvBlocks of a 4x4 convolution in each of twelve blocks, one at the end, a 1x1 convolution."""
    network = LASSNet(**PAPER)
    convolutions = {key: m for key, m in network.named_modules() if isinstance(m, nn.Conv2d)}
    wide = {key: m for key, m in convolutions.items() if m.kernel_size == (4, 4)}
    assert len(wide) == 2 * 12 + 1 and "UNet.after_conv_block1.conv1" in wide
    assert convolutions["UNet.after_conv2"].kernel_size == (1, 1)
    widths = [wide[f"UNet.encoder_block{i}.conv_block1.conv2"].out_channels for i in range(1, 7)]
    assert widths == [32, 64, 128, 256, 384, 384]
    assert [wide[f"UNet.decoder_block{i}.conv_block2.conv2"].out_channels for i in range(1, 7)] == widths[::-1]
    films = [key for key, _ in network.named_modules() if re.search(r"film\d$", key)]
    assert len(films) == len(wide)  # behind each ConvBlock


@pytest.mark.parametrize("changes", [{}, PAPER, {"kernel": 5}, {"widths": [3]}, {"window": 128}], ids=str)
@torch.no_grad()
def test_sizes(changes, noise, asked):
    found = make(**changes)(noise, asked)
    assert found.shape == noise.shape and bool(found.any()) and bool(found.isfinite().all())


@torch.no_grad()
def test_gamma_is_one_before_training(asked):
    network = make(**PAPER)
    gamma, beta = network.UNet.encoder_block1.conv_block1.film1(asked.embedding)
    assert bool((gamma == 1).all()) and bool(beta.any())


@torch.no_grad()
def test_the_mask_lies_between_0_and_1_and_is_a_half_in_the_two_highest_bins(noise, asked):
    network = make()
    magnitude = network._spectrum(noise).abs()
    mask = network._mask(magnitude, asked.embedding, 500)
    assert mask.shape == magnitude.shape and 0 < mask.min() and mask.max() < 1
    assert bool((mask[..., -2:] == 0.5).all()) and not bool((mask[..., :-2] == 0.5).any())


@torch.no_grad()
def test_the_last_samples_have_the_mask_of_the_last_whole_frame(noise, asked):
    """500 samples at a hop of 32: the released network hears 16 frames, and 17 hold all of them."""
    network = make()
    magnitude = network._spectrum(noise).abs()
    assert magnitude.shape[2] == 17
    mask = network._mask(magnitude, asked.embedding, 500)
    assert torch.equal(mask[:, :, 16], mask[:, :, 15])
    louder = magnitude.clone()
    louder[:, :, 16] *= 10
    assert torch.equal(network._mask(louder, asked.embedding, 500), mask)
    assert not torch.equal(network._mask(louder, asked.embedding, 512), mask)


def test_the_loss_is_that_of_magnitudes(noise, asked):
    network = make()
    network.loss = l1
    magnitude = network._spectrum(noise).abs()
    mask = network._mask(magnitude, asked.embedding, 500)
    expected = (mask * magnitude - 0.5 * magnitude).abs().mean()
    batch = {"mixture": noise, "target": -0.5 * noise, "query": asked}  # no phase counts
    torch.testing.assert_close(network.training_loss(batch)["loss"], expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"film": "scale"}, "separator: film 'scale' is not one of shift, scale_shift"),
        ({"kernel": 0}, "separator: kernel, blocks_per_level and last_convolutions must be 1 or more"),
        ({"window": 72}, "separator: window 72: window / 2 must be a multiple of .*3 levels: choose another .*"),
    ],
)
def test_variants_that_there_are_not(change, message):
    with pytest.raises(LassError, match=f"^{message}$"):
        LASSNet(**{**SMALL, **change})
