import numpy as np
import pytest
import torch
from torch import Tensor

from lass.losses.global_local import global_local
from lass.losses.l1 import l1
from lass.losses.mask_bce import mask_bce
from lass.losses.multi_scale_mel import MELS, WINDOWS, _filters, multi_scale_mel
from lass.losses.si_sdr import negative_si_sdr
from lass.losses.snr import negative_snr
from lass.metrics.sdr import sdr
from lass.metrics.si_sdr import si_sdr

LOSSES = (l1, negative_si_sdr, negative_snr)


@pytest.fixture
def pair() -> tuple[Tensor, Tensor]:
    """An estimate and a target, [2, 3, 400]."""
    generator = torch.Generator().manual_seed(0)
    target = 0.3 * torch.randn(2, 3, 400, generator=generator)
    return 0.7 * target + 0.1 * torch.randn(2, 3, 400, generator=generator), target


def test_l1_value():
    assert l1(torch.tensor([[[1.0, -2.0]]]), torch.tensor([[[0.5, 1.0]]])) == pytest.approx(1.75)


def test_si_sdr_is_the_metric(pair):
    estimate, target = pair
    expected = np.mean(si_sdr(target.numpy(), estimate.numpy()))
    assert float(negative_si_sdr(estimate, target)) == pytest.approx(-expected, abs=1e-4)
    assert float(negative_si_sdr(4 * estimate, target)) == pytest.approx(-expected, abs=1e-4)


def test_snr_is_the_metric_but_for_its_floor(pair):
    estimate, target = (x[:, :1] for x in pair)
    expected = np.mean(sdr(target.numpy(), estimate.numpy()))
    assert float(negative_snr(estimate, target, floor_db=-120)) == pytest.approx(-expected, abs=1e-3)
    assert float(negative_snr(4 * estimate, target)) > float(negative_snr(estimate, target)) + 10


def test_snr_joins_the_channels_of_an_item(pair):
    estimate, target = pair
    joined = negative_snr(estimate.reshape(2, 1, -1), target.reshape(2, 1, -1))
    torch.testing.assert_close(negative_snr(estimate, target), joined)


def test_snr_floor():
    """A silent target: -10 log10(floor / (error + floor)), with -60 dB re full scale."""
    silence, error = torch.zeros(1, 1, 100), torch.full((1, 1, 100), 0.1)
    assert float(negative_snr(error, silence)) == pytest.approx(40.0, abs=0.01)
    assert float(negative_snr(silence, silence)) == 0.0
    loud = torch.ones(1, 1, 100)
    assert float(negative_snr(loud, loud)) == pytest.approx(-60.0, abs=0.01)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_better_estimate_has_a_lower_loss_and_the_gradient_leads_there(loss, pair):
    estimate, target = pair
    better = 0.5 * (estimate + target)
    assert float(loss(better, target)) < float(loss(estimate, target))
    estimate = estimate.clone().requires_grad_(True)
    before = loss(estimate, target)
    before.backward()
    step = 1e-3 * estimate.grad / estimate.grad.norm()
    assert loss(estimate - step, target) < before


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("silent", ["target", "estimate", "both", "equal"])
def test_silence_and_perfection_are_finite(loss, silent, pair):
    estimate, target = pair
    if silent in ("target", "both"):
        target = torch.zeros_like(target)
    if silent in ("estimate", "both"):
        estimate = torch.zeros_like(estimate)
    if silent == "equal":
        estimate = target.clone()
    estimate.requires_grad_(True)
    value = loss(estimate, target)
    value.backward()
    assert value.shape == () and torch.isfinite(value) and torch.isfinite(estimate.grad).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_is_the_mean_of_the_batch(loss, pair):
    estimate, target = pair
    items = [loss(estimate[i : i + 1], target[i : i + 1]) for i in range(2)]
    torch.testing.assert_close(loss(estimate, target), sum(items) / 2)


def test_mask_bce_is_one_value_a_mixture():
    estimate = torch.tensor([0.2, 0.9]).reshape(2, 1, 1, 1).expand(2, 1, 3, 4)
    weight = torch.tensor([1.0, 2.0]).reshape(2, 1, 1, 1).expand(2, 1, 3, 4)
    found = mask_bce(estimate, torch.ones(2, 1, 3, 4), weight)
    torch.testing.assert_close(found, torch.tensor([-np.log(0.2), -2 * np.log(0.9)], dtype=torch.float32))
    certain = mask_bce(torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2))
    assert certain.tolist() == [100.0]  # the logarithm is limited


def test_mask_bce_in_bf16():
    with torch.autocast("cpu", torch.bfloat16):
        found = mask_bce(torch.full((1, 1, 2, 2), 0.5).bfloat16(), torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2))
    assert found.dtype == torch.float32 and found.item() == pytest.approx(np.log(2), rel=1e-6)


def test_global_local_value():
    estimate, target = torch.tensor([[3.0, 4.0], [1.0, 0.0]]), torch.tensor([[4.0, 3.0], [2.0, 0.0]])
    cosine, distance = (1 - 24 / 25) / 2, (1.0 + 0.5) / 2
    local, other = torch.full((2, 3, 4), 0.25), torch.ones(2, 3, 4)
    assert global_local((estimate, None), (target, None)).item() == pytest.approx(cosine + distance)
    assert global_local((None, local), (target, other)).item() == pytest.approx(0.75)
    found = global_local((estimate, local), (target, other), cosine=2.0, l1=0.5, global_weight=0.1, local_weight=3.0)
    assert found.item() == pytest.approx(0.1 * (2 * cosine + 0.5 * distance) + 3 * 0.75)


def test_multi_scale_mel_of_a_gain():
    """A gain of 10 dB is half a unit of log10 at each of seven resolutions, but for bands without a bin."""
    wave = torch.randn(1, 16000, generator=torch.Generator().manual_seed(0))
    quieter = 10**-0.5 * wave
    filled = sum(float((_filters(*scale, 16000).sum(1) > 0).float().mean()) for scale in zip(WINDOWS, MELS))
    assert float(multi_scale_mel(quieter, wave, 16000)) == pytest.approx(0.5 * filled, rel=0.01)
    assert filled > 6.5
    assert multi_scale_mel(wave, wave, 16000) == 0


def test_multi_scale_mel_of_silence_has_finite_gradients():
    silence = torch.zeros(1, 4000, requires_grad=True)
    multi_scale_mel(silence, torch.randn(1, 4000), 16000).backward()
    assert silence.grad.isfinite().all()
