"""What can and what cannot influence what under each of the three masks."""

import pytest
import torch

from lass.layers.q_former import QFormer, contrastive_mask, generation_mask, matching_mask

BATCH, PATCHES, WORDS = 2, 5, 4
KEPT = torch.tensor([[True] * WORDS, [True] * 3 + [False]])
EVERY_WORD = [0, 1, 2, 3]


@pytest.fixture
def network() -> QFormer:
    torch.manual_seed(0)
    network = QFormer(audio_width=6, text_width=7, width=16, heads=2).eval()
    for weight in network.parameters():
        weight.data += 0.2 * torch.randn_like(weight)  # of transformers' own 0.02, little would be heard
    return network


@pytest.fixture
def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(BATCH, PATCHES, 6), torch.randn(BATCH, WORDS, 7)


def influence(output: torch.Tensor, inputs: torch.Tensor) -> list[int]:
    """Positions of the first clip's input whose gradient is not zero."""
    (gradient,) = torch.autograd.grad(output[0].sum(), inputs, retain_graph=True, allow_unused=True)
    return [] if gradient is None else gradient[0].abs().sum(-1).nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("make", "words_to_query", "patches_to_words", "words_to_word"),
    [
        (contrastive_mask, [], [], [EVERY_WORD] * 4),
        (matching_mask, EVERY_WORD, list(range(PATCHES)), [EVERY_WORD] * 4),
        (generation_mask, [], list(range(PATCHES)), [[0], [0, 1], [0, 1, 2], EVERY_WORD]),
    ],
)
def test_influence(network, inputs, make, words_to_query, patches_to_words, words_to_word):
    patches, states = (found.requires_grad_() for found in inputs)
    query, text = network(patches, states, make(KEPT))
    weights = torch.randn(16)  # the sum over the outputs of a LayerNorm is constant
    query, text = query * weights, text * weights
    assert influence(query, patches) == list(range(PATCHES))
    assert influence(query, states) == words_to_query
    assert [influence(text[:, n], patches) for n in range(WORDS)] == [patches_to_words] * WORDS
    assert [influence(text[:, n], states) for n in range(WORDS)] == words_to_word
    (gradient,) = torch.autograd.grad(query[1].sum() + text[1, :3].sum(), states)
    assert not gradient[1, 3].any()  # padding


@torch.no_grad()
def test_apart_is_what_the_contrastive_mask_gives(network, inputs):
    patches, states = inputs
    query, text = network(patches, states, contrastive_mask(KEPT))
    torch.testing.assert_close(network.hear(patches), query)
    torch.testing.assert_close(network.read(states, KEPT)[KEPT], text[KEPT])


def test_self_attention_is_shared_and_cross_attention_is_of_the_query(network, inputs):
    patches, states = inputs
    names = {
        "hear": {n for n, g in gradients(network, network.hear(patches)) if g},
        "read": {n for n, g in gradients(network, network.read(states, KEPT)) if g},
    }
    shared = {name for name in names["hear"] & names["read"] if ".layer." in name}
    assert shared and all(".attention." in name for name in shared)
    assert len({name.split(".")[3] for name in shared}) == 2  # in both layers
    assert any(".crossattention." in name for name in names["hear"] - names["read"])
    assert not any(".crossattention." in name for name in names["read"])


def gradients(network: QFormer, output: torch.Tensor) -> list[tuple[str, bool]]:
    network.zero_grad()
    (output * torch.randn_like(output)).sum().backward()
    return [(name, p.grad is not None and bool(p.grad.any())) for name, p in network.named_parameters()]


def test_published_size():
    """Two layers with two self-attentions and two cross-attentions (Sec. IV-C)."""
    with torch.device("meta"):
        network = QFormer(768, 768)
    names = [name for name, _ in network.named_modules()]
    assert sum(name.endswith(".crossattention") for name in names) == 2
    assert sum(name.endswith(".attention.attention") for name in names) == 2
