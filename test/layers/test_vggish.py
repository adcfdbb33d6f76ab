"""VGGish: its front end bin by bin, the published layout, what is no checkpoint of it."""

import math

import numpy as np
import pytest
import torch

from lass.errors import LassError
from lass.layers.vggish import Vggish, mel_filters

PUBLISHED = {  # of vggish-10086976.pth
    **{f"features.{i}.weight": shape for i, shape in {
        0: (64, 1, 3, 3), 3: (128, 64, 3, 3), 6: (256, 128, 3, 3), 8: (256, 256, 3, 3), 11: (512, 256, 3, 3),
        13: (512, 512, 3, 3)}.items()},
    **{f"embeddings.{i}.weight": shape for i, shape in {0: (4096, 12288), 2: (4096, 4096), 4: (128, 4096)}.items()},
}  # fmt: skip


@pytest.fixture(scope="module")
def small() -> Vggish:
    torch.manual_seed(0)
    network = Vggish(((4,), (4,), (6, 6), (8, 8)), 16, 5).eval().requires_grad_(False)
    for weight in network.parameters():
        weight.mul_(3 if weight.dim() > 1 else 1)  # torch's own are so small that ReLUs fade a wave
    return network


@pytest.fixture(scope="module")
def noise() -> torch.Tensor:
    return 0.1 * torch.randn(2, 3 * 16000, generator=torch.Generator().manual_seed(0))


def test_names_and_shapes_are_those_published():
    with torch.device("meta"):
        shapes = {key: tuple(value.shape) for key, value in Vggish().state_dict().items()}
    biases = {key.replace("weight", "bias"): shape[:1] for key, shape in PUBLISHED.items()}
    assert shapes == PUBLISHED | biases


def test_patches(small, noise):
    """Each value by its definition: Hann window, DFT of 512, magnitudes, triangles over mel, log(x + 0.01)."""
    found = small.patches(noise)
    assert found.shape == (2, 3, 96, 64)
    wave = noise[1].double().numpy()
    mel = [1127 * math.log(1 + f / 700) for f in (125, 7500)]
    edges = np.linspace(*mel, 66)
    for patch, frame, band in ((0, 0, 0), (0, 95, 63), (2, 50, 20)):
        begin = (96 * patch + frame) * 160
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
        magnitudes = np.abs(np.fft.rfft(wave[begin : begin + 400] * hann, 512))
        places = 1127 * np.log(1 + np.arange(257) * 16000 / 512 / 700)
        triangle = np.interp(places, edges[band : band + 3], [0, 1, 0])
        expected = math.log(magnitudes @ triangle + 0.01)
        assert found[1, patch, frame, band].item() == pytest.approx(expected, abs=1e-4)


def test_filters_leave_out_what_is_beyond_the_edges():
    filters = mel_filters()
    frequencies = torch.arange(257) * 16000 / 512
    assert filters.shape == (257, 64) and (filters >= 0).all() and filters.sum(0).min() > 0
    assert not filters[(frequencies <= 125) | (frequencies >= 7500)].any()


def test_embeddings_are_of_patches(small, noise):
    """A patch is embedded alike wherever it stands; what is left behind the last one is not heard."""
    whole = small(noise)
    assert whole.shape == (2, 3, 5) and (whole[0, 0] - whole[0, 1]).abs().max() > 1e-4
    torch.testing.assert_close(small(noise[:, 96 * 160 :])[:, 0], whole[:, 1], atol=1e-5, rtol=0)
    torch.testing.assert_close(small(noise[:1, : 3 * 96 * 160]), whole[:1, :2], atol=1e-4, rtol=0)
    assert whole.min() < 0  # no ReLU behind them


def test_maps_are_laid_out_by_time_frequency_channels(noise, small):
    patches = small.patches(noise)[0, :1]
    maps = small.features(patches[:, None])[0]  # [C, time, frequency]
    flat = torch.tensor([maps[c, t, f] for t in range(6) for f in range(4) for c in range(8)])
    torch.testing.assert_close(small.embeddings(flat), small(noise)[0, 0], atol=1e-5, rtol=0)


def test_short_waves(small):
    short, padded = torch.ones(1, 1000), torch.zeros(1, 15600)
    padded[:, :1000] = 1
    assert small(short).shape == (1, 1, 5) and torch.equal(small(short), small(padded))


def test_a_checkpoint_tells_its_sizes(small, noise):
    found = Vggish.of(small.state_dict(), "here")
    assert torch.equal(found(noise), small(noise)) and not any(p.requires_grad for p in found.parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("features.8.weight"), r'Missing key.* "features.8.weight".*\): get vggish-10'),
        (lambda w: w.pop("embeddings.0.bias"), "lacks 'embeddings.0.bias'"),
        (lambda w: w.update({"pca": torch.zeros(1)}), "Unexpected key.* \"pca\""),
        (lambda w: w.clear(), "no VGGish"),
    ],
)
def test_what_is_no_vggish(small, change, message):
    weights = dict(small.state_dict())
    change(weights)
    with pytest.raises(LassError, match=message):
        Vggish.of(weights, "here")
