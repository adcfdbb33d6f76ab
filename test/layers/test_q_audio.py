"""The three objectives of Q-Audio, on features."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from lass.layers.q_audio import QAudioNetwork, hard_negatives

WORDS = torch.tensor([[True, True, True], [True, True, False], [True, False, False]])
APART = torch.eye(3, dtype=torch.bool)


@pytest.fixture
def network() -> QAudioNetwork:
    torch.manual_seed(0)
    return QAudioNetwork(audio_width=6, text_width=7, vocabulary=9, dim=5, width=16, heads=2).eval()


@pytest.fixture
def features() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return torch.randn(3, 4, 6), torch.randn(3, 3, 7), WORDS


def test_contrastive_loss_is_that_of_the_embeddings(network, features):
    patches, states, words = features
    audio = normalize(network.embed_audio(patches), dim=1)
    text = normalize(network.embed_text(states, words)[0], dim=1)
    logits = audio @ text.T / 0.07
    expected = (cross_entropy(logits, torch.arange(3)) + cross_entropy(logits.T, torch.arange(3))) / 2
    loss, similarity = network.contrast(patches, states, words, APART)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(similarity, logits.detach())


def test_what_is_alike_is_no_negative(network, features):
    alike = APART.clone()
    alike[0, 1] = alike[1, 0] = True
    logits = network.contrast(*features, APART)[1].masked_fill(alike & ~APART, -torch.inf)
    expected = (cross_entropy(logits, torch.arange(3)) + cross_entropy(logits.T, torch.arange(3))) / 2
    torch.testing.assert_close(network.contrast(*features, alike)[0].detach(), expected)
    for _ in range(50):
        assert hard_negatives(torch.zeros(3, 3), alike)[:2].tolist() == [2, 2]
    everything = torch.ones(3, 3, dtype=torch.bool)
    loss, similarity = network.contrast(*features, everything)
    assert loss.item() == 0 and network.decide(*features, everything, similarity).isfinite()


def test_hard_negatives_are_drawn_by_similarity():
    torch.manual_seed(0)
    similarity = torch.tensor([[50.0, 0.0, 1.0, 2.0]])
    drawn = hard_negatives(similarity.expand(20000, 4), torch.tensor([[True, False, False, False]]).expand(20000, 4))
    found = torch.bincount(drawn, minlength=4) / 20000
    torch.testing.assert_close(found[1:], torch.tensor([0.0, 1.0, 2.0]).softmax(0), atol=0.015, rtol=0)
    assert found[0] == 0


def test_matching_pairs(network, features, monkeypatch):
    """Each pair of the batch fits, and none with a negative does."""
    patches, states, words = features
    seen = {}

    def former(patches, states, mask):
        seen.update(patches=patches, states=states, mask=mask)
        return torch.zeros(len(patches), 16), None

    monkeypatch.setattr(network.former, "forward", former)
    network.match.bias.data = torch.tensor([0.0, 4.0])  # "it fits", each time
    loss = network.decide(patches, states, words, APART, torch.zeros(3, 3))
    clips = [next(i for i in range(3) if torch.equal(patches[i], found)) for found in seen["patches"]]
    texts = [next(i for i in range(3) if torch.equal(states[i], found)) for found in seen["states"]]
    assert clips[:6] == [0, 1, 2, 0, 1, 2] and texts[:3] + texts[6:] == [0, 1, 2, 0, 1, 2]
    assert all(clip != text for clip, text in list(zip(clips, texts))[3:])
    right, wrong = cross_entropy(torch.tensor([0.0, 4.0]), torch.tensor(1)), cross_entropy(
        torch.tensor([0.0, 4.0]), torch.tensor(0))
    torch.testing.assert_close(loss, (3 * right + 6 * wrong) / 9)
    assert torch.equal(seen["mask"][:, 0, 1:], words[texts]) and torch.equal(seen["mask"][:, 1, 1:], words[texts])


def test_generation_reads_the_past_and_the_clip(network, features):
    patches, past, words = features
    ids = torch.tensor([[1, 2, 3], [4, 5, 0], [6, 0, 0]])
    loss = network.write(patches, past, words, ids)
    other = ids.clone()
    other[~words] = 8  # padding is asked of nobody
    torch.testing.assert_close(network.write(patches, past, words, other), loss)
    assert network.write(patches + 1, past, words, ids) != loss
    assert network.write(patches, past, words, ids.roll(1, 0)) != loss


def test_every_weight_learns(network, features):
    patches, states, words = features
    contrastive, similarity = network.contrast(*features, APART)
    ids = torch.tensor([[1, 2, 3], [4, 5, 0], [6, 0, 0]])
    loss = contrastive + network.decide(*features, APART, similarity) + network.write(patches, states, words, ids)
    loss.backward()
    still = {name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0}
    assert not {name for name in still if not name.endswith("key.bias")}  # which softmax cancels
