import numpy as np
import pytest

from lass.metrics.retrieval import chance, ranks, recall

OWN = np.eye(3, dtype=bool)


def test_ranks():
    similarity = np.array([[0.9, 0.1, 0.2], [0.9, 0.1, 0.2], [0.0, 0.3, 0.1]])
    assert ranks(similarity, OWN).tolist() == [1, 3, 2]
    several = np.array([[False, True, True], [True, True, False], [True, False, True]])
    assert ranks(similarity, several).tolist() == [2, 1, 2]


def test_an_encoder_that_tells_nothing_finds_nothing():
    assert ranks(np.zeros((3, 3)), OWN).tolist() == [3, 3, 3]


def test_recall_at_k():
    places = np.array([1, 3, 2, 11])
    assert [recall(places, k) for k in (1, 5, 10, 11)] == [0.25, 0.75, 0.75, 1.0]


def test_chance_is_that_of_random_orders():
    fits = np.zeros((2, 40), dtype=bool)
    fits[0, :8] = fits[1, 0] = True
    similarity = np.random.default_rng(0).random((40000, 40))
    for k in (1, 5, 10):
        found = np.mean([recall(ranks(similarity, np.tile(row, (40000, 1))), k) for row in fits])
        assert chance(fits, k) == pytest.approx(found, abs=0.01)
    assert chance(fits[:, :10], 100) == 1.0
    assert chance(OWN, 1) == pytest.approx(1 / 3)
