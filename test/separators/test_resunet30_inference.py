"""The network in strips, for estimates on a CPU, against its plain twin."""

import pytest
import torch

from lass.queries.query import Query
from lass.separators import resunet30_inference
from lass.separators.resunet30 import ResUNet30

SMALL = {"condition": 6, "sample_rate": 8000, "window": 64, "hop": 16, "widths": (4, 6, 8)}
PAPER = {"film": "scale_shift", "blocks_per_level": 2, "bottleneck_blocks": 4}


def make(**changes) -> ResUNet30:
    torch.manual_seed(0)
    network = ResUNet30(**{**SMALL, **changes}).eval()
    for norm in network.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            for values in (norm.weight, norm.bias, norm.running_mean):
                values.data.normal_()
            norm.running_var.uniform_(0.3, 3.0)
    for layer in network.film.values():
        for weight in layer.parameters():
            weight.data.normal_(0.0, 0.3)
    return network


def ask(network: ResUNet30, samples: int, batch: int = 3) -> tuple[torch.Tensor, Query]:
    mixture = torch.randn(batch, network.channels, samples)
    return mixture, Query(torch.randn(batch, 6), None, None, ["extraction"] * batch, "text")


def both(network: ResUNet30, mixture: torch.Tensor, query: Query) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.no_grad():
        plain = network(mixture, query)
    with torch.inference_mode():
        return plain, network(mixture, query)


@pytest.mark.parametrize(
    "changes", [{}, {"stem": 4}, {"channels": 2}, {"widths": (4,)}, {"widths": (3, 4, 5, 6)}, PAPER], ids=str
)
@pytest.mark.parametrize("samples", [1, 1500, 4001], ids=str)  # of 16 samples a frame, 16 frames a strip
def test_the_estimate_is_that_of_the_plain_network(changes, samples, monkeypatch):
    monkeypatch.setattr(resunet30_inference, "VALUES", 1)
    network = make(**changes)
    plain, fast = both(network, *ask(network, samples))
    assert fast.shape == plain.shape and plain.std() > 1e-3
    assert (fast - plain).abs().max() <= 2e-5 * plain.abs().max()


@pytest.mark.parametrize(("strip", "values"), [(1, 1), (2, 1), (8, 1), (1, 2000), (1000, 1)])
def test_strips_of_any_length(strip, values, monkeypatch):
    network = make(blocks_per_level=2)
    monkeypatch.setattr(resunet30_inference, "STRIP", strip)
    monkeypatch.setattr(resunet30_inference, "VALUES", values)
    plain, fast = both(network, *ask(network, 2500, 1))
    assert (fast - plain).abs().max() <= 2e-5 * plain.abs().max()


def test_it_runs_where_nothing_is_trained(monkeypatch):
    network, calls, unet = make(), [], resunet30_inference.unet
    monkeypatch.setattr(resunet30_inference, "unet", lambda *given: calls.append(0) or unet(*given))
    mixture, query = ask(network, 500)
    network(mixture, query)
    both(network.train(), mixture, query)
    assert not calls
    both(network.eval(), mixture, query)
    assert len(calls) == 1


def test_in_bf16_it_stays_near():
    network = make()
    mixture, query = ask(network, 4001)
    plain, _ = both(network, mixture, query)
    with torch.autocast("cpu", torch.bfloat16):
        _, fast = both(network, mixture, query)
    error = 10 * torch.log10((fast - plain).square().mean() / plain.square().mean())
    assert fast.dtype == torch.float32 and -60 < error < -20
