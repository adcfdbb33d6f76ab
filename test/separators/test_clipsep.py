"""CLIPSep: its loss on masks of all sources, its noise masks, lengths."""

import pytest
import torch
from torch import Tensor

from lass.errors import LassError
from lass.losses.mask_bce import mask_bce
from lass.queries.query import Query
from lass.separators.clipsep import CLIPSep, CLIPSepNIT

SMALL = {"condition": 6, "sample_rate": 8000, "window": 64, "hop": 16, "layers": 3, "width": 4, "channels": 5}


def make(cls: type[CLIPSep] = CLIPSep, **changes) -> CLIPSep:
    torch.manual_seed(1)
    network = cls(**{**SMALL, **changes}).eval()
    network.loss = mask_bce
    return network


def make_nit(noise_weight: float, noise_free: float = 0.25) -> CLIPSepNIT:
    network = make(CLIPSepNIT)
    network.noise_weight, network.noise_free = noise_weight, noise_free
    return network


def query(seed: int) -> Query:
    embedding = torch.randn(2, 6, generator=torch.Generator().manual_seed(seed))
    return Query(embedding, None, None, ["extraction"] * 2, "image")


@pytest.fixture
def batch() -> dict:
    one, other = torch.randn(2, 2, 1, 500, generator=torch.Generator().manual_seed(0))
    others = [{"target": other, "query": query(2)}]
    return {"mixture": one + other, "target": one, "query": query(1), "others": others}


def magnitudes(network: CLIPSep, batch: dict) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Of mixture and sources, as the network hears them, and the embeddings."""
    waves = [batch["mixture"], batch["target"], batch["others"][0]["target"]]
    mixture, *targets = (network._warped(network.stft(wave).abs().transpose(2, 3)) for wave in waves)
    return mixture, targets, [batch["query"].embedding, batch["others"][0]["query"].embedding]


@torch.no_grad()
def test_the_loss_compares_each_mask_with_where_its_source_is_the_louder_half(batch):
    network = make()
    mixture, targets, embeddings = magnitudes(network, batch)
    maps, losses = network._maps(mixture), []
    for target, embedding in zip(targets, embeddings):
        mask = network._mask(network._features(embedding), maps)
        entropy = torch.where(target > 0.5 * mixture, -mask.log(), -(1 - mask).log())
        losses.append((mixture.log1p().clamp(1e-3, 10) * entropy).mean())
    torch.testing.assert_close(network.training_loss(batch)["loss"], sum(losses) / 2)


def test_a_query_weighs_the_maps():
    network = make()
    maps, features = torch.randn(2, 5, 8, 8), torch.randn(2, 5)
    network.synth_net.bias.data.fill_(0.3)
    expected = (features[:, :, None, None] * maps).sum(1, keepdim=True) + 0.3
    torch.testing.assert_close(network.synth_net(features, maps), expected)


def test_noise_masks_take_the_better_pairing(batch):
    """In value and gradient the released formula, which has no gradient where a mask and a noise mask exceed 1."""
    network = make_nit(0.0)
    both = network.training_loss(batch)["loss"]
    network.pit_nets = torch.nn.ModuleList(list(network.pit_nets)[::-1])
    torch.testing.assert_close(network.training_loss(batch)["loss"], both)
    mixture, targets, embeddings = magnitudes(network, batch)
    maps, features = network._maps(mixture), [network._features(embedding) for embedding in embeddings]
    weight, noise = mixture.log1p().clamp(1e-3, 10), network.noise_masks(features, maps)
    found, above = [], []
    for one, other in (noise, noise[::-1]):
        sums = [network._mask(f, maps) + extra for f, extra in zip(features, (one, other))]
        above += [float((each > 1).float().mean()) for each in sums]
        estimates = [1 - (1 - each).relu() for each in sums]
        found.append(sum(mask_bce(e, (t > 0.5 * mixture).float(), weight) for e, t in zip(estimates, targets)) / 2)
    expected = torch.minimum(*found).mean()
    torch.testing.assert_close(expected, both)
    assert 0.01 < min(above) and max(above) < 0.99
    weights = list(network.parameters())
    for ours, released in zip(torch.autograd.grad(both, weights), torch.autograd.grad(expected, weights), strict=True):
        torch.testing.assert_close(ours, released, rtol=1e-3, atol=1e-4 * float(released.abs().max()))


@torch.no_grad()
def test_noise_costs_above_what_is_free(batch):
    free = make_nit(0.0).training_loss(batch)
    costly = make_nit(2.0, 0.1).training_loss(batch)
    torch.testing.assert_close(costly["loss"] - free["loss"], 2.0 * (free["noise"] - 0.1))
    assert torch.equal(make_nit(2.0, 2.0).training_loss(batch)["loss"], free["loss"])


@torch.no_grad()
def test_an_estimate_has_no_part_of_the_noise_masks(batch):
    network = make(CLIPSepNIT)
    before = network(batch["mixture"], batch["query"])
    for weight in network.pit_nets.parameters():
        weight.normal_()
    assert torch.equal(network(batch["mixture"], batch["query"]), before)


def test_more_sources_than_noise_masks(batch):
    with pytest.raises(LassError, match="^data.interferers: 2, but CLIPSep-NIT has two noise masks: give 1$"):
        make(CLIPSepNIT).training_loss(batch | {"others": batch["others"] * 2})


@torch.no_grad()
def test_silence_behind_the_end_is_as_what_is_filled_up(batch):
    """Frames are filled up with silence to a multiple of 2^layers."""
    network = make()
    wave = torch.cat((batch["mixture"][..., :300], torch.zeros(2, 1, 400)), dim=-1)
    short, long = (network(wave[..., :samples], batch["query"]) for samples in (528, 590))
    torch.testing.assert_close(short[..., :300], long[..., :300], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("layers", [1, 9])
def test_layers_that_the_rows_do_not_allow(layers):
    with pytest.raises(LassError, match=f"^separator: layers {layers}: choose 2 to 8, for 256 rows$"):
        make(layers=layers)
