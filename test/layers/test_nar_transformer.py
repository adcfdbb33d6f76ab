import pytest
import torch

from lass.layers.nar_transformer import NarTransformer, Streams


@pytest.fixture
def network() -> NarTransformer:
    torch.manual_seed(0)
    return NarTransformer(width=16, layers=2, heads=4, dropout=0.1).eval()


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def test_padding_is_not_heard(network):
    x, mask = noise(2, 5, 16), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    other = torch.where(mask[..., None], x, 100 * noise(2, 5, 16).flip(1))
    torch.testing.assert_close(network(x, mask)[mask], network(other, mask)[mask])
    torch.testing.assert_close(network(x[1:, :3], mask[1:, :3])[0], network(x, mask)[1, :3])


def test_each_token_hears_those_before_and_behind_it(network):
    x, mask = noise(1, 5, 16).requires_grad_(), torch.ones(1, 5, dtype=torch.bool)
    network(x, mask)[0, 2].square().sum().backward()
    assert (x.grad[0].abs().sum(1) > 0).all()


def test_last_attention_is_that_which_the_last_layer_uses(network):
    """That of its own queries and keys for what it was really given."""
    x, mask = noise(2, 5, 16), torch.tensor([[True] * 5, [True] * 4 + [False]])
    found = network.last_attention(x, mask)
    assert found.shape == (2, 5, 5)
    torch.testing.assert_close(found.sum(-1), torch.ones(2, 5))
    assert not found[1, :, 4].any() and found[0, :, 4].all()
    seen = []
    network.layers[1].self_attn.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network.train().requires_grad_(False)  # the fast path of eval mode passes the module by
    for layer in network.modules():
        if isinstance(layer, torch.nn.Dropout):
            layer.p = 0.0
    network.layers[0].self_attn.dropout = network.layers[1].self_attn.dropout = 0.0
    network(x, mask)
    heads = network.layers[1].self_attn
    q, k, _ = torch.nn.functional.linear(seen[0], heads.in_proj_weight, heads.in_proj_bias).chunk(3, dim=-1)
    q, k = (part.unflatten(-1, (4, 4)).transpose(1, 2) for part in (q, k))
    logits = (q @ k.transpose(2, 3) / 2).masked_fill(~mask[:, None, None], -torch.inf)
    torch.testing.assert_close(found, logits.softmax(-1).mean(1))


def test_streams_stand_side_by_side_in_the_order_given():
    torch.manual_seed(0)
    streams = Streams({"a": 3, "b": 5}, 8)
    a, b, mask = noise(2, 1, 3), noise(2, 4, 5), torch.tensor([[True] * 4, [True, False, False, False]])
    tokens, found = streams({"b": (b, mask), "a": (a, None)})
    assert tokens.shape == (2, 5, 8)
    assert torch.equal(found, torch.cat((mask, torch.ones(2, 1, dtype=torch.bool)), dim=1))
    torch.testing.assert_close(tokens[:, 4:], streams({"a": (a, None)})[0])


def test_streams_of_the_same_content_differ_by_their_mark():
    torch.manual_seed(0)
    streams = Streams({"a": 4, "b": 4}, 8)
    streams.enter["b"].load_state_dict(streams.enter["a"].state_dict())
    x = noise(1, 2, 4)
    assert not torch.allclose(streams({"a": (x, None)})[0], streams({"b": (x, None)})[0])
