"""Learning-rate schedules; the scales are those of AudioSep's released lr_schedulers.py, to the last bit."""

from pathlib import Path

import pytest
import torch
from numpy.random import default_rng

from lass import config
from lass.data.levels import draw
from lass.train.schedules import constant, constant_warm_up, linear_decay, linear_warm_up, one_cycle, warm_up_then_decay

ROOT = Path(__file__).resolve().parents[2]
CONSTANT_WARM_UP = {
    0: 0.001, 1: 0.001, 9_999: 0.001, 10_000: 0.01, 19_999: 0.01, 20_000: 0.1, 29_999: 0.1, 30_000: 1.0,
    999_999: 1.0, 1_000_000: 1.0, 2_500_000: 1.0,
}  # fmt: skip
LINEAR_WARM_UP = {
    0: 0.0, 1: 0.001, 500: 0.5, 999: 0.999, 1_000: 1.0, 1_001: 1.0, 4_999: 1.0, 5_000: 0.9, 5_001: 0.9, 9_999: 0.9,
    10_000: 0.81, 10_001: 0.81, 19_999: 0.7290000000000001, 20_000: 0.6561, 29_999: 0.5904900000000001,
    30_000: 0.531441, 999_999: 7.838976787394853e-10, 1_000_000: 7.055079108655367e-10,
    2_500_000: 1.322070819480823e-23,
}  # fmt: skip


def test_constant_warm_up():
    assert {step: constant_warm_up(step, 10**6, warm_up_steps=10_000) for step in CONSTANT_WARM_UP} == CONSTANT_WARM_UP
    assert constant_warm_up(10_000, 1) == 0.01  # 10 000 is the default


def test_linear_warm_up():
    found = {step: linear_warm_up(step, 10**6, warm_up_steps=1_000, reduce_steps=5_000) for step in LINEAR_WARM_UP}
    assert found == LINEAR_WARM_UP
    assert linear_warm_up(5_000, 1) == 0.9 and linear_warm_up(500, 1) == 0.5  # the defaults


def test_warm_up_then_decay():
    """MERL: 4 k steps up, 160 k constant, then 0.9 every 10 k."""
    steps = (0, 2_000, 4_000, 163_999, 164_000, 173_999, 174_000, 183_999, 184_000, 399_999)
    found = [warm_up_then_decay(step, 400_000) for step in steps]
    assert found == pytest.approx([0, 0.5, 1, 1, 1, 1, 0.9, 0.9, 0.81, 0.9**23])


def test_linear_decay():
    found = [linear_decay(step, 200_000) for step in (0, 4_999, 5_000, 52_500, 100_000, 199_999)]
    assert found == pytest.approx([1 / 5_000, 1.0, 1.0, 0.55, 0.1, 0.1])
    assert linear_decay(3, 9, warm_up_steps=2, decay_steps=4, end=0.5) == 0.75


def test_constant():
    assert {constant(step, 10) for step in range(20)} == {1.0}


def test_one_cycle():
    scales = [one_cycle(step, 1000) for step in range(1001)]
    assert scales[0] == pytest.approx(0.04) and scales[100] == 1.0 and scales[1000] == pytest.approx(1e-3)
    assert max(scales) == scales[100]
    assert scales[:101] == sorted(scales[:101]) and scales[100:] == sorted(scales[100:], reverse=True)
    assert scales[50] == pytest.approx((0.04 + 1.0) / 2) and scales[550] == pytest.approx((1.0 + 1e-3) / 2)
    assert one_cycle(5000, 1000) == scales[1000]  # beyond the end
    assert [one_cycle(step, 1) for step in (0, 1)] == pytest.approx([0.04, 1.0])
    assert one_cycle(0, 1000, warmup=0.0) == pytest.approx(0.04) and one_cycle(1, 1000, warmup=0.0) == 1.0


def test_the_released_training_is_that_of_its_yaml():
    found = config.load([ROOT / "conf" / "train.yaml", ROOT / "conf" / "model" / "audiosep_released.yaml"])
    schedule = config.build_function(found, "schedule")
    assert {step: schedule(step, found["train"]["max_steps"]) for step in CONSTANT_WARM_UP} == CONSTANT_WARM_UP
    optimiser = config.build_function(found, "optimiser")([torch.nn.Parameter(torch.zeros(1))])
    group = optimiser.param_groups[0]
    assert (group["lr"], group["betas"], group["weight_decay"], group["amsgrad"]) == (1e-3, (0.9, 0.999), 0.0, True)
    deltas = {delta for n in range(300) for delta in draw(found["data"]["level"], 1, default_rng(n))["deltas_db"]}
    assert deltas == set(range(-10, 11))
