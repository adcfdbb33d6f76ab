import numpy as np
import pytest

from lass.score.bootstrap import DRAWS, draws, figure, interval


def values(number=200):
    return np.random.default_rng(1).normal(5, 2, number)


@pytest.mark.parametrize("rule", ["mean", "class_mean", "class_median"])
def test_draws_are_deterministic_and_paired(rule):
    classes = ["a", "b"] * 100
    found = draws(values(), classes, rule)
    assert found.shape == (DRAWS,)
    assert np.array_equal(found, draws(values(), classes, rule))
    np.testing.assert_allclose(draws(values() + 3, classes, rule), found + 3)  # the same mixtures are drawn


def test_interval_agrees_with_the_normal_one():
    half = 1.96 * values(400).std() / 20
    low, high = interval(draws(values(400), [""] * 400, "mean"))
    assert low == pytest.approx(values(400).mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values(400).mean() + half, abs=0.1 * half)


def test_one_value():
    assert interval(draws(np.array([3.0]), ["a"], "class_median")) == (3.0, 3.0)


def test_figures():
    given = np.array([1.0, 2.0, 9.0, 10.0]), ["a", "a", "a", "b"]
    assert [figure(*given, rule) for rule in ("mean", "class_mean", "class_median")] == [5.5, 7.0, 6.0]
