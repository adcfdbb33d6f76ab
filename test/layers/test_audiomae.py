"""AudioMAE: shape and order of its features, patches that are really dropped, what its training rebuilds."""

import pytest
import torch

from lass.errors import LassError
from lass.layers.audiomae import AudioMae

SMALL = {"width": 16, "depth": 2, "heads": 2, "frames": 64, "seconds": 0.5}
DECODER = {"width": 8, "depth": 1, "heads": 2}


@pytest.fixture
def small() -> AudioMae:
    torch.manual_seed(0)
    return AudioMae(**SMALL, decoder=DECODER).eval()


@pytest.fixture
def wave() -> torch.Tensor:
    return 0.1 * torch.randn(2, 8000, generator=torch.Generator().manual_seed(0))


def test_the_size_of_the_papers():
    with torch.device("meta"):
        model = AudioMae(decoder={})
    assert model.grid == (64, 8) and model.width == 768
    assert model.vit.pos_embed.shape == (1, 513, 768) and len(model.vit.blocks) == 12
    trained = sum(p.numel() for p in model.vit.parameters() if p.requires_grad)
    assert trained + 527 * 769 == 85_659_407  # with the head of 527 classes, as the released code's log has it
    assert len(model.decoder.blocks) == 4 and model.decoder.mask_token.shape[-1] == 384
    assert model.decoder.blocks[0].attn.sizes == [4, 8, 16, 32, 64, 128, 256, 512]


@torch.no_grad()
def test_features_are_in_the_order_time_frequency(small, wave):
    """Before any block, a change of one patch of the spectrogram moves the one feature that is of it."""
    small.vit.blocks = torch.nn.Identity()
    plain = small.spectrogram(wave)
    changed = plain.clone()
    changed[:, 16 * 2 : 16 * 3, 16 * 5 : 16 * 6] += 1  # third in time, sixth in frequency
    moved = (small._encode(small._embed(changed)) - small._encode(small._embed(plain))).abs().amax((0, 2))
    assert moved.nonzero().flatten().tolist() == [2 * 8 + 5] and small.features(wave).shape == (2, 32, 16)


@torch.no_grad()
def test_masked_patches_are_dropped(small, wave):
    tokens = []
    small.vit.blocks[0].register_forward_pre_hook(lambda _, given: tokens.append(given[0].shape[1]))
    kept = torch.tensor([[3, 30, 8], [0, 9, 31]])
    found = small.encode_masked(wave, kept)
    assert tokens == [1 + 3] and found.shape == (2, 3, 16)
    louder = wave.clone()
    louder[0, 3000:4000] *= 9  # frames 17 to 24: patches 8 to 15, of which the first example keeps one
    assert not torch.allclose(small.encode_masked(louder, kept)[0], found[0], atol=1e-3)
    kept = torch.tensor([[3, 30], [0, 31]])
    assert torch.equal(small.encode_masked(louder - louder.mean(1, True), kept)[1], small.encode_masked(
        wave - wave.mean(1, True), kept)[1])  # fmt: skip


@torch.no_grad()
def test_without_a_mask_all_is_encoded(small, wave):
    every = torch.arange(32).expand(2, -1)
    assert torch.allclose(small.encode_masked(wave, every), small.features(wave), atol=1e-5)


@torch.no_grad()
def test_a_shorter_wave_is_padded_and_a_longer_one_refused(small, wave):
    assert small.features(wave[:, :2000]).shape == (2, 32, 16)
    with pytest.raises(LassError, match="a wave of 0.62 s: this AudioMAE hears 0.5 s: cut it"):
        small.features(torch.zeros(1, 9999))


@pytest.mark.parametrize("sizes", [{"frames": 60}, {"frames": 48, "seconds": 0.6}])
def test_wrong_sizes(sizes):
    with pytest.raises(LassError, match="frames .*: not a multiple of 16 that holds"):
        AudioMae(**SMALL | sizes)


def test_masks_are_drawn_anew_for_each_example(small):
    torch.manual_seed(1)
    kept, dropped = small.draw_mask(5, torch.device("cpu"))
    assert kept.shape == (5, 6) and dropped.shape == (5, 26)  # 20 % of 32
    assert torch.equal(torch.cat([kept, dropped], 1).sort(1).values, torch.arange(32).expand(5, -1))
    assert len({tuple(sorted(row)) for row in kept.tolist()}) > 1


def test_the_loss_is_that_of_dropped_normalised_patches(wave, monkeypatch):
    """A decoder that says nothing errs by the variance of the targets, which is 1; one that knows them, by nothing."""
    small = AudioMae(**SMALL | {"frames": 48}, decoder=DECODER)  # without padding, whose patches have no variance
    patches = small.spectrogram(wave).unfold(1, 16, 16).unfold(2, 16, 16).flatten(3).flatten(1, 2)  # [B, N, 256]
    target = (patches - patches.mean(-1, True)) / (patches.var(-1, keepdim=True) + 1e-6).sqrt()
    wrong = target.clone()
    order = iter([torch.zeros_like(target), target, wrong])
    monkeypatch.setattr(small.decoder, "forward", lambda visible, kept: next(order))
    assert small.training_loss({"wave": wave})["loss"].item() == pytest.approx(255 / 256, abs=1e-3)
    assert small.training_loss({"wave": wave})["loss"].item() < 1e-9
    torch.manual_seed(2)
    kept, _ = small.draw_mask(2, wave.device)
    wrong.scatter_(1, kept[..., None].expand(-1, -1, 256), 9.0)  # what was visible is not asked for
    torch.manual_seed(2)
    assert small.training_loss({"wave": wave})["loss"].item() < 1e-9


def test_it_learns_and_every_weight_does(small, wave):
    small.train()
    optimiser = torch.optim.AdamW([p for p in small.parameters() if p.requires_grad], 3e-3)
    losses = []
    for _ in range(60):
        optimiser.zero_grad()
        loss = small.training_loss({"wave": wave})["loss"]
        loss.backward()
        losses.append(loss.item())
        assert all(p.grad is not None and p.grad.any() for p in small.parameters() if p.requires_grad)
        optimiser.step()
    assert sum(losses[-10:]) < 0.95 * sum(losses[:10])
    assert [name for name, p in small.named_parameters() if not p.requires_grad] == ["vit.pos_embed"]


def test_an_encoder_alone_is_not_trained(wave):
    with pytest.raises(LassError, match="without decoder cannot be trained"):
        AudioMae(**SMALL).training_loss({"wave": wave})
