"""Cosine, divergences of posteriors, Fréchet distance."""

import numpy as np
import pytest
import scipy.linalg
import scipy.special

from lass.metrics.cosine import cosine
from lass.metrics.frechet import frechet_distance
from lass.metrics.kl import kl_sigmoid, kl_softmax


def test_cosine():
    assert cosine([3, 4], [4, 3]) == pytest.approx(24 / 25) and cosine([1, 0], [0, 2]) == 0
    assert np.isnan(cosine([0, 0], [1, 2]))


def test_kl_of_softmaxes_of_logits():
    logits = np.random.default_rng(0).normal(-2, 2, (2, 50))
    p, q = (scipy.special.softmax(x) for x in logits)
    found = kl_softmax(*(scipy.special.expit(x).astype(np.float32) for x in logits))
    assert found == pytest.approx(np.sum(p * np.log(p / q)), rel=2e-3)


def test_kl_of_sigmoids():
    p, q = np.array([0.9, 0.1, 0.5]), np.array([0.3, 0.1, 0.25])
    assert kl_sigmoid(p, q) == pytest.approx(0.9 * np.log(3) + 0.5 * np.log(2), abs=1e-4)
    assert kl_sigmoid(p, p) == kl_softmax(p, p) == 0 and np.isfinite(kl_softmax(np.zeros(3), np.ones(3)))


def test_frechet_distance_of_two_clouds():
    generator = np.random.default_rng(0)
    one, other = generator.standard_normal((300, 6)), generator.standard_normal((200, 6)) @ np.diag(range(1, 7)) + 0.5
    covariances = np.cov(one.T), np.cov(other.T)
    crossed = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    shift = np.sum((one.mean(axis=0) - other.mean(axis=0)) ** 2)
    expected = shift + np.trace(covariances[0] + covariances[1] - 2 * crossed)
    assert frechet_distance(iter(one), iter(other)) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(one, one + 2) == pytest.approx(24, abs=1e-6)  # six dimensions, 2^2 each


def test_frechet_distance_of_fewer_clips_than_dimensions():
    few = np.random.default_rng(0).standard_normal((3, 50))
    assert frechet_distance(few, few + 1) == pytest.approx(50, abs=1e-5)
    assert np.isnan(frechet_distance(few[:1], few)) and np.isnan(frechet_distance([], few))
    assert np.isnan(frechet_distance(few, np.full((3, 50), np.nan)))
