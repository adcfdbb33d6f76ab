"""ResUNet30: the keys and the odd behaviour of the released network, and the variants of the paper."""

import hashlib
import re

import pytest
import torch
from torch import Tensor

from lass.errors import LassError
from lass.queries.query import Query
from lass.separators.resunet30 import ResUNet30

# sha256 of the lines "<key> <shape>" of the released separator, sorted; the STFT matrices of its framework left out
RELEASED_KEYS = "9012b4bb5ef0282e852ef6c5164e32d2d0ac690d6a0eec7ef95d5e705b19f184"
PAPER = {"film": "scale_shift", "blocks_per_level": 2, "bottleneck_blocks": 4}
SMALL = {"condition": 6, "sample_rate": 8000, "window": 64, "hop": 16, "widths": (4, 6, 8)}


def query(embedding: Tensor) -> Query:
    return Query(embedding, None, None, ["extraction"] * len(embedding), "text")


@pytest.fixture(scope="module")
def released() -> ResUNet30:
    return ResUNet30().eval()


def test_keys_and_shapes(released):
    state = released.state_dict()
    lines = sorted(f"{key} {list(value.shape)}" for key, value in state.items())
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == RELEASED_KEYS
    assert state["base.bn0.weight"].shape == (1025,)
    assert state["base.encoder_block2.conv_block1.shortcut.weight"].shape == (64, 32, 1, 1)
    assert state["base.conv_block7a.conv_block1.conv1.weight"].shape == (384, 384, 3, 3)
    assert state["base.decoder_block6.conv1.weight"].shape == (64, 32, 2, 2)
    assert state["film.encoder_block1->conv_block1->beta1.weight"].shape == (32, 512)
    assert state["film.decoder_block1->beta2.bias"].shape == (384,)
    assert sum(weight.numel() for weight in released.parameters()) == 26_447_941


def make(**changes) -> ResUNet30:
    torch.manual_seed(1)
    network = ResUNet30(**{**SMALL, **changes}).eval()
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.running_mean.normal_(0.0, 0.2)
            norm.bias.data.normal_(0.0, 0.2)
    return network


@pytest.fixture
def small() -> ResUNet30:
    return make()


@pytest.fixture
def noise() -> Tensor:
    return torch.randn(2, 1, 500, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def asked() -> Query:
    return query(torch.randn(2, 6, generator=torch.Generator().manual_seed(1)))


@torch.no_grad()
def test_tensors_that_the_released_network_never_uses(small, noise, asked):
    before = small(noise, asked)
    dead = {k: v for k, v in small.named_parameters() if re.match(r"(base|film)\.decoder_block\d(\.bn2|->beta2)\.", k)}
    assert len(dead) == 4 * 3 and not any(weight.requires_grad for weight in dead.values())
    for weight in dead.values():
        weight.normal_()
    assert torch.equal(small(noise, asked), before)


@pytest.mark.parametrize("changes", [{}, PAPER], ids=["released", "paper"])
def test_every_modulation_matters(changes, noise, asked):
    """A gradient reaches each gamma and beta but those of the norms that the released network never applies."""
    network = make(**changes)
    parameters = {site: layer(asked.embedding) for site, layer in network.film.items()}
    used = [x for site, pair in parameters.items() for x in pair if x is not None and x.requires_grad]
    found = torch.autograd.grad(network.base(noise, parameters).square().mean(), used)
    assert len(used) == (3 * 2 + 2 + 3 * 3 if not changes else 2 * (3 * 4 + 8 + 3 * 5))
    assert all(bool(gradient.any()) for gradient in found)


@torch.no_grad()
def test_silence_gives_exact_silence(small, asked):
    assert not small(torch.zeros(2, 1, 500), asked).any()


@torch.no_grad()
def mask(network: ResUNet30, spectrum: Tensor, asked: Query) -> Tensor:
    film = {site: layer(asked.embedding) for site, layer in network.film.items()}
    return network.base._mask(network.base._features(spectrum.abs(), film))


def test_the_nyquist_bin_is_empty(small, noise, asked):
    """Before the inverse transform; a tone at the Nyquist frequency thus vanishes."""
    spectrum = small.base.stft(noise)
    found = mask(small, spectrum, asked)
    assert found.shape == spectrum.shape and not found[..., -1].any() and found[..., :-1].abs().min() > 0


def test_the_mask_never_amplifies(small, noise, asked):
    assert float(mask(small, small.base.stft(noise), asked).abs().max()) <= 1.0 + 1e-6


@pytest.mark.parametrize(
    "change",
    [{"stem": 2}, {"stem": 4}, {"widths": (3, 5)}, {"widths": [8]}, {"hop": 32}, {"window": 128, "stem": 8},
     {"channels": 2}, {"blocks_per_level": 2}, {"blocks_per_level": 4, "bottleneck_blocks": 4}, PAPER],
    ids=str,
)
@torch.no_grad()
def test_other_sizes(change, noise, asked):
    network = ResUNet30(**{**SMALL, **change}).eval()
    mixture = noise.expand(-1, change.get("channels", 1), -1)
    estimate = network(mixture, asked)
    assert estimate.shape == mixture.shape and bool(estimate.any()) and bool(torch.isfinite(estimate).all())


@pytest.mark.parametrize("change", [{"stem": 8}, {"stem": 3}, {"window": 72}, {"widths": (2,) * 6}], ids=str)
def test_sizes_that_do_not_divide_the_spectrum(change):
    with pytest.raises(LassError, match=r"separator: window \d+: window / 2 must be a multiple of .*: "):
        ResUNet30(**{**SMALL, **change})


def test_channels_that_the_network_lacks(noise, asked):
    network = ResUNet30(**SMALL, channels=2)
    with pytest.raises(LassError, match="separator: a mixture of 1 channels for a network of 2"):
        network(noise, asked)


@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_blocks_of_a_level(blocks):
    """Two 3x3 convolutions each; their names count from 1 as in the released network, in decoders from 2."""
    network = ResUNet30(**{**SMALL, "widths": (2,) * 5, "blocks_per_level": blocks, "bottleneck_blocks": 3})
    blocks_of = {
        name: [key for key, block in part.named_children() if key.startswith("conv_block")]
        for name, part in network.base.named_children()
    }
    assert blocks_of["encoder_block1"] == [f"conv_block{i}" for i in range(1, blocks + 1)]
    assert blocks_of["conv_block7a"] == ["conv_block1", "conv_block2", "conv_block3"]
    assert blocks_of["decoder_block5"] == [f"conv_block{i}" for i in range(2, blocks + 2)]
    wide = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3)]
    assert len(wide) == 2 * (5 * blocks + 3 + 5 * blocks)


@torch.no_grad()
def test_gamma_is_one_before_training(noise, asked):
    network = make(**PAPER)
    parameters = {site: layer(asked.embedding) for site, layer in network.film.items()}
    assert all(bool((gamma == 1).all()) and bool(beta.any()) for gamma, beta in parameters.values())
    shifts = {site: (None, beta) for site, (_, beta) in parameters.items()}
    torch.testing.assert_close(network.base(noise, parameters), network.base(noise, shifts))


def test_nothing_is_unused_where_no_weights_were_published():
    network = make(**PAPER)
    assert all(weight.requires_grad for weight in network.parameters())
    assert not [key for key in network.state_dict() if re.search(r"decoder_block\d(\.bn2|->beta2)", key)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"film": "scale"}, "separator: film 'scale' is not one of shift, scale_shift"),
        ({"blocks_per_level": 0}, "separator: blocks_per_level and bottleneck_blocks must be 1 or more"),
        ({"bottleneck_blocks": 0}, "separator: blocks_per_level and bottleneck_blocks must be 1 or more"),
    ],
)
def test_variants_that_there_are_not(change, message):
    with pytest.raises(LassError, match=f"^{message}$"):
        ResUNet30(**SMALL, **change)
