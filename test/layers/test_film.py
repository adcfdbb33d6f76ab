"""FiLM: what the layers give, and what is done with it."""

import torch

from lass.layers.film import Rectified, ScaleShift, Shift, modulate

MAP = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
GAMMA, BETA = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])


def test_each_channel_of_each_item_has_its_own():
    found = modulate(MAP.clone(), (GAMMA, BETA))
    for item in range(2):
        for channel in range(3):
            expected = GAMMA[item, channel] * MAP[item, channel] + BETA[item, channel]
            torch.testing.assert_close(found[item, channel], expected)


def test_without_gamma_it_is_a_gamma_of_one_in_place():
    x = MAP.clone()
    found = modulate(x, (None, BETA))
    assert found.data_ptr() == x.data_ptr()
    torch.testing.assert_close(found, modulate(MAP.clone(), (torch.ones(2, 3), BETA)))


@torch.no_grad()
def test_shift_is_linear_and_scale_shift_is_not():
    a, b = torch.randn(2, 1, 8, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(0)
    for layer, linear in ((Shift(8, 3, bias=False), True), (ScaleShift(8, 3), False)):
        for part in (0, 1)[linear:]:
            value = lambda x: layer(x)[part]  # noqa: E731
            bent = value(a + b) - value(a) - value(b) + value(0 * a)
            assert bool(bent.abs().max() < 1e-5) is linear
    assert Shift(8, 3)(a)[0] is None


def test_scale_starts_at_one_and_learns():
    torch.manual_seed(0)
    layer = ScaleShift(8, 3)
    layer.reset_scale()
    gamma, beta = layer(torch.randn(5, 8))
    assert torch.equal(gamma, torch.ones(5, 3)) and bool(beta.any())
    (gamma.sum() + beta.sum()).backward()
    assert all(bool(weight.grad.any()) for weight in layer.parameters())


@torch.no_grad()
def test_rectified_is_nowhere_below_zero():
    embedding = torch.randn(9, 8, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(0)
    gamma, beta = Rectified(8, 3, scale=False)(embedding)
    assert gamma is None and beta.shape == (9, 3) and beta.min() == 0 < beta.max()
    layer = Rectified(8, 3, scale=True)
    gamma, beta = layer(embedding)
    assert gamma.shape == beta.shape == (9, 3) and min(gamma.min(), beta.min()) == 0 < gamma.max()
    layer.reset_scale()
    gamma, same = layer(embedding)
    assert bool((gamma == 1).all()) and torch.equal(same, beta)
