"""MW-MAE's decoder: sizes of windows, what a head can see, where patches are put."""

import pytest
import torch
from timm.layers import Attention

from lass.layers.mw_mae import MaeDecoder, MultiWindowAttention, window_sizes


@pytest.mark.parametrize("patches, heads, sizes", [
    (250, 8, [2, 5, 10, 25, 50, 125, 250, 250]),  # as MW-MAE has them
    (512, 8, [4, 8, 16, 32, 64, 128, 256, 512]),
    (7, 2, [7, 7]),
])  # fmt: skip
def test_window_sizes(patches, heads, sizes):
    assert window_sizes(patches, heads) == sizes


@pytest.fixture
def attention() -> MultiWindowAttention:
    """Heads that see windows of 4 and all 8 patches; the two halves of the width are theirs."""
    torch.manual_seed(0)
    return MultiWindowAttention(16, 8, 2).eval()


@pytest.mark.parametrize("head, seen", [(0, {4, 5, 6, 7}), (1, set(range(8)))])
def test_what_a_head_sees(attention, head, seen):
    with torch.no_grad():
        attention.proj.weight[:, 8 * (1 - head) : 8 * (2 - head)] = 0  # the other head is not heard
    x = torch.randn(1, 8, 16, requires_grad=True)
    attention(x)[0, 5].sum().backward()
    assert {i for i in range(8) if x.grad[0, i].any()} == seen


def test_windows_know_distances(attention):
    """Two heads that look at the same differ by the bias alone, which is of distances, not of places."""
    with torch.no_grad():
        attention.biases[0].copy_(torch.tensor([0.0, 0, 0, 0, 0, 0, 30.0]))  # the key three places before the query
        attention.proj.weight.copy_(torch.eye(16))
        attention.proj.bias.zero_()
    x = torch.randn(1, 8, 16)
    with torch.no_grad():
        value = attention.qkv(x)[0, :, 32:40]
        assert torch.allclose(attention(x)[0, [3, 7], :8], value[[0, 4]], atol=1e-5)


def test_heads_that_see_all_are_plain_attention():
    torch.manual_seed(0)
    ours, theirs = MultiWindowAttention(16, 7, 2), Attention(16, 2, qkv_bias=True)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(3, 7, 16)
    assert torch.allclose(ours(x), theirs(x), atol=1e-6)


def test_visible_patches_go_to_their_places():
    torch.manual_seed(0)
    decoder = MaeDecoder(6, 5, (4, 2), width=8, depth=1, heads=2)
    visible, kept = torch.randn(2, 3, 6), torch.tensor([[6, 0, 3], [1, 2, 7]])
    found = decoder(visible, kept)
    assert found.shape == (2, 8, 5)
    order = [2, 0, 1]
    assert torch.allclose(decoder(visible[:, order], kept[:, order]), found, atol=1e-6)
    assert not torch.allclose(decoder(visible, kept[:, order]), found, atol=1e-3)
    found.sum().backward()
    assert all(p.grad.any() for p in (decoder.mask_token, decoder.embed.weight, *decoder.blocks[0].attn.biases))
