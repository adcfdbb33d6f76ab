import pytest
import torch

from lass.codecs.quantiser import GroupQuantiser


@pytest.fixture
def quantiser() -> GroupQuantiser:
    """Two codebooks of 8 entries in the plane."""
    torch.manual_seed(0)
    made = GroupQuantiser(width=4, groups=2, codebook_size=8)
    made.entries.normal_()
    made.uses.fill_(10)
    return made.eval()


def clusters(count: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    """``[1, count, 4]``: in both groups eight narrow clusters on a circle."""
    generator = torch.Generator().manual_seed(seed)
    angles = torch.randint(8, (count, 2), generator=generator) * torch.pi / 4
    points = torch.stack([angles.cos(), angles.sin()], dim=-1).flatten(1) + shift
    return (points + 0.01 * torch.randn(points.shape, generator=generator))[None]


def test_tokens_are_the_nearest_entries(quantiser):
    latent = torch.randn(2, 5, 4)
    tokens = quantiser.tokens(latent)
    for group in range(2):
        distances = torch.cdist(latent[:, :, 2 * group : 2 * group + 2], quantiser.entries[group])
        assert torch.equal(tokens[:, :, group], distances.argmin(-1))
        assert torch.equal(quantiser.lookup(tokens)[:, :, 2 * group : 2 * group + 2],
                           quantiser.entries[group][tokens[:, :, group]])


def test_the_gradient_passes_straight_through(quantiser):
    latent = torch.randn(2, 5, 4, requires_grad=True)
    tokens, found, _ = quantiser(latent)
    torch.testing.assert_close(found, quantiser.lookup(tokens))
    wanted = torch.randn(2, 5, 4)
    (found * wanted).sum().backward()
    torch.testing.assert_close(latent.grad, wanted)


def test_commitment_pulls_latent_vectors_to_their_entries(quantiser):
    latent = torch.randn(2, 5, 4, requires_grad=True)
    tokens, _, commitment = quantiser(latent)
    commitment.backward()
    away = latent.detach() - quantiser.lookup(tokens)
    assert commitment.item() == pytest.approx(away.square().mean().item())
    torch.testing.assert_close(latent.grad, 2 * away / away.numel())


def test_the_codebook_follows_only_in_training(quantiser):
    before = quantiser.entries.clone()
    quantiser(clusters(50, seed=0))
    assert torch.equal(quantiser.entries, before)
    quantiser.train()(clusters(50, seed=0))
    assert not torch.equal(quantiser.entries, before)


def test_all_entries_are_used_and_lie_where_the_latent_vectors_do():
    torch.manual_seed(0)
    made = GroupQuantiser(width=4, groups=2, codebook_size=16)
    for step in range(600):
        tokens, found, commitment = made(clusters(400, seed=step))
    assert commitment.item() < 0.02  # of a variance of 0.5
    assert min(len(tokens[0, :, group].unique()) for group in range(2)) >= 14


def test_entries_that_are_no_longer_chosen_move():
    """What all vectors have left is given up after a while, and is where they are now."""
    torch.manual_seed(0)
    made = GroupQuantiser(width=4, groups=2, codebook_size=16)
    for step in range(20):
        made(clusters(400, seed=step))
    far = clusters(400, seed=99, shift=50.0)
    for _ in range(300):
        tokens, _, _ = made(far)
    assert min(len(tokens[0, :, group].unique()) for group in range(2)) >= 8
    assert made.entries.min() > 45
