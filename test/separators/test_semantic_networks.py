"""The networks of HSM-TSS's two stages."""

import pytest
import torch

from lass.separators.global_semantic import GlobalSemantic
from lass.separators.local_semantic import LocalSemantic

B, PATCHES, DIM, CAPTION, TASK = 2, 6, 8, 10, 12
MASK = torch.tensor([[True] * 4, [True, True, False, False]])


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def text(**other: torch.Tensor) -> dict:
    """A caption of four tokens and one of two, a task of one token."""
    tokens = {"caption": noise(B, 4, CAPTION), "task": noise(B, 1, TASK)} | other
    return {"caption": (tokens["caption"], MASK), "task": (tokens["task"], None)}


def small(network: type, *sizes: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return network(*sizes, width=16, layers=2, heads=4).eval()


@pytest.fixture(params=["global", "local", "single"])
def asked(request):
    """``asked(text)``: what a network answers to it."""
    if request.param == "global":
        network = small(GlobalSemantic, DIM, CAPTION, TASK)
        return lambda found: network(noise(B, DIM), found)
    network = small(LocalSemantic, DIM, PATCHES, CAPTION, TASK, DIM if request.param == "local" else 0)
    return lambda found: network(noise(B, PATCHES, DIM), found, noise(B, DIM, seed=1))


def test_shapes(asked):
    assert asked(text()).shape in ((B, DIM), (B, PATCHES, DIM))


def test_padding_of_a_caption_is_not_heard(asked):
    other = torch.where(MASK[..., None], text()["caption"][0], torch.tensor(50.0))
    torch.testing.assert_close(asked(text()), asked(text(caption=other)))


def test_caption_and_task_matter(asked):
    for kind, size in (("caption", (B, 4, CAPTION)), ("task", (B, 1, TASK))):
        difference = asked(text()) - asked(text(**{kind: noise(*size, seed=5)}))
        assert difference.abs().amax(tuple(range(1, difference.ndim))).min() > 1e-3, kind


def test_the_global_feature_matters_only_where_there_is_one():
    mixture = noise(B, PATCHES, DIM)
    for condition, differs in ((DIM, True), (0, False)):
        network = small(LocalSemantic, DIM, PATCHES, CAPTION, TASK, condition)
        first, second = (network(mixture, text(), noise(B, DIM, seed=seed)) for seed in (1, 2))
        assert bool((first - second).abs().max() > 1e-3) is differs


def test_patches_keep_their_places():
    """Moved patches do not give moved outputs: each has a position."""
    network, mixture = small(LocalSemantic, DIM, PATCHES, CAPTION, TASK, 0), noise(B, PATCHES, DIM)
    moved = network(mixture.roll(1, dims=1), text(), None).roll(-1, dims=1)
    assert (moved - network(mixture, text(), None)).abs().max() > 1e-3


def test_attention_of_the_global_feature():
    network, mixture = small(LocalSemantic, DIM, PATCHES, CAPTION, TASK, DIM), noise(B, PATCHES, DIM)
    found = network.attention(mixture, text(), noise(B, DIM))
    assert found.shape == (B, PATCHES) and (found > 0).all() and (found.sum(1) < 1).all()
