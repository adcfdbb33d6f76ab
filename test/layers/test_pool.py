"""Average pooling against torch's own."""

import pytest
import torch
from torch.nn import functional

from lass.layers.pool import average_pool


@pytest.mark.parametrize("size", [(2, 2), (1, 2), (3, 1)])
def test_values_and_gradient(size):
    x = torch.randn(2, 3, 6, 8, generator=torch.Generator().manual_seed(0), requires_grad=True)
    found, expected = average_pool(x, size), functional.avg_pool2d(x, size)
    weights = torch.randn_like(expected)
    assert torch.equal(found, expected)
    gradients = [torch.autograd.grad((y * weights).sum(), x)[0] for y in (found, expected)]
    torch.testing.assert_close(*gradients)
