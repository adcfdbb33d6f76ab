"""Batch norm, FiLM, LeakyReLU and convolution in one, against torch's own in float64."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from lass.layers import preactivated as module
from lass.layers.preactivated import preactivated

CONVS = {"plain": nn.Conv2d(5, 4, 3, padding=1, bias=False), "up": nn.ConvTranspose2d(5, 4, (2, 3), (2, 3), bias=False)}


def plain(norm, conv, x, gamma, beta):
    gamma = 1.0 if gamma is None else gamma[:, :, None, None]
    return conv(functional.leaky_relu(gamma * norm(x) + beta[:, :, None, None], 0.01))


@pytest.mark.parametrize("piece", [1, 100, 1 << 20])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize(("with_gamma", "kind"), [(False, "plain"), (True, "plain"), (True, "up")])
def test_values_gradients_and_running_statistics(piece, layout, with_gamma, kind, monkeypatch):
    monkeypatch.setattr(module, "PIECE", piece)
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(5, momentum=0.1)
    for weight in norm.parameters():
        weight.data.normal_()
    x = (2.0 * torch.randn(3, 5, 7, 6) + 3.0).contiguous(memory_format=layout)
    gamma, beta = torch.randn(2, 3, 5)
    weights = torch.randn_like(CONVS[kind](x))
    found = []
    for function, precision in ((preactivated, torch.float32), (plain, torch.float64)):
        own, conv = (copy.deepcopy(layer).to(precision) for layer in (norm, CONVS[kind]))
        given = (x, gamma, beta) if with_gamma else (x, beta)
        given = [v.detach().to(precision, copy=True).requires_grad_() for v in given]
        y = function(own, conv, given[0], given[1] if with_gamma else None, given[-1])
        (y * weights).sum().backward()
        gradients = [v.grad for v in (*given, *own.parameters(), conv.weight)]
        assert own.num_batches_tracked == 1
        found.append([y.detach(), *gradients, own.running_mean, own.running_var])
    for ours, expected in zip(*found, strict=True):
        torch.testing.assert_close(ours.double(), expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))


def test_statistics_of_a_large_map_are_exact():
    """Where torch's own, in this layout, adds up a million values in float32."""
    torch.manual_seed(0)
    x = (torch.randn(1, 5, 1024, 1024) + 3.0).contiguous(memory_format=torch.channels_last)
    norm = nn.BatchNorm2d(5, momentum=1.0)
    with torch.no_grad():
        preactivated(norm, CONVS["plain"], x, None, torch.zeros(1, 5))
    expected = x.double().mean((0, 2, 3)), x.double().var((0, 2, 3))
    torch.testing.assert_close(norm.running_mean.double(), expected[0], rtol=1e-6, atol=0)
    torch.testing.assert_close(norm.running_var.double(), expected[1], rtol=1e-5, atol=0)
