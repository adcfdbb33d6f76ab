"""What the manipulations do to queries, in figures."""

import pytest
import torch

from lass.errors import LassError
from lass.queries.clap import Clap
from lass.queries.manipulate import Dropout, GaussianNoise, Manipulation, Mixup, SpecAugment

AUDIO, TEXT = (0.75, 0.95), (0.25, 0.75)  # MERL's ranges for dropout


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_the_base_changes_nothing(tiny_models):
    none, wave = Manipulation(), torch.randn(2, 100)
    assert none.waves(wave) is wave and none.embeddings(wave, "text") is wave
    clap = Clap(str(tiny_models["Clap"]))
    with none.hearing(clap):
        assert clap.encode_audio(torch.randn(1, 4800)).embedding.isfinite().all()


@pytest.mark.parametrize("modality, range_", [("audio", AUDIO), ("text", TEXT)])
def test_dropout_keeps_the_part_that_was_drawn(modality, range_):
    dropout, ones = Dropout(AUDIO, TEXT), torch.ones(8, 20_000)
    dropped = []
    for _ in range(100):
        found = dropout.embeddings(ones, modality)
        part = float((found == 0).float().mean())
        torch.testing.assert_close(found[found != 0].mean(), torch.tensor(1 / (1 - part)), rtol=0.05, atol=0)
        dropped.append(part)
    low, high = range_
    assert low - 0.01 < min(dropped) < low + 0.05 and high - 0.05 < max(dropped) < high + 0.01
    assert sum(dropped) / 100 == pytest.approx((low + high) / 2, abs=0.06)
    assert not torch.equal(found[0], found[1])  # each query loses others


@pytest.mark.parametrize("modality, range_", [("audio", (1.5, 3.5)), ("text", (1.0, 2.0))])
def test_noise_has_the_norm_that_was_drawn(modality, range_):
    noise, query, norms = GaussianNoise((1.5, 3.5), (1.0, 2.0)), torch.randn(4, 512), []
    for _ in range(200):
        added = noise.embeddings(query, modality) - query
        torch.testing.assert_close(added.norm(dim=1), added[0].norm().expand(4), rtol=1e-4, atol=0)
        assert abs(torch.cosine_similarity(added[0], added[1], dim=0)) < 0.25
        norms.append(float(added[0].norm()))
    low, high = range_
    assert low - 1e-3 < min(norms) < low + 0.1 and high - 0.1 < max(norms) < high + 1e-3


def test_mixup_adds_another_target_at_the_drawn_snr():
    targets = torch.randn(64, 1000) * torch.logspace(-2, 0, 64)[:, None]
    added = Mixup((-5, 5)).waves(targets) - targets
    snr = 10 * (targets.square().sum(1) / added.square().sum(1)).log10()
    assert -5.01 < snr.min() < -4 and 4 < snr.max() < 5.01
    same = torch.cosine_similarity(added, targets.roll(1, dims=0))
    torch.testing.assert_close(same, torch.ones(64))
    with pytest.raises(LassError, match="mixup needs a second example in the batch"):
        Mixup((-5, 5)).waves(targets[:1])


def test_spec_augment_zeroes_stripes():
    mel, widest = torch.ones(400, 64, 500), {"frames": 0, "bins": 0}
    for row in SpecAugment(frames=64, bins=2, stripes=2).mask(mel):
        frames = (row == 0).all(0)
        bins = (row == 0).all(1)
        assert torch.equal(row == 0, frames[None] | bins[:, None])
        assert frames.sum() <= 128 and bins.sum() <= 4
        widest = {"frames": max(widest["frames"], int(frames.sum())), "bins": max(widest["bins"], int(bins.sum()))}
    assert widest["frames"] > 64 and widest["bins"] == 4  # two of each
    assert SpecAugment(64, 2, 1).mask(mel).eq(0).float().mean() == pytest.approx(32 / 500 + 1 / 64, rel=0.2)


def test_spec_augment_is_heard_by_clap_alone(tiny_models):
    clap, wave = Clap(str(tiny_models["Clap"])), torch.randn(1, 48_000)
    plain = clap.encode_audio(wave).embedding
    with SpecAugment(64, 8, 2).hearing(clap):
        first, second = (clap.encode_audio(wave).embedding for _ in range(2))
    assert not torch.equal(first, plain) and not torch.equal(first, second)
    assert torch.equal(clap.encode_audio(wave).embedding, plain)
    with pytest.raises(LassError, match="the mel spectrogram of str cannot be reached"):
        SpecAugment(64, 2, 2).hearing("no CLAP").__enter__()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Dropout([0.5, 1.5], TEXT), r"audio \[0.5, 1.5\] is not \[lowest, highest\] within 0.0 and 1.0"),
        (lambda: GaussianNoise(AUDIO, 1.0), r"text 1.0 is not"),
        (lambda: Mixup([5, -5]), r"snr \[5, -5\] is not"),
        (lambda: Dropout(AUDIO, TEXT).embeddings(torch.ones(1, 2), "image"), "no range for queries by image"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(LassError, match=message):
        make()
