import pytest

from lass.data.shuffle import shuffled


@pytest.mark.parametrize("n", [*range(1, 40), 63, 64, 65, 255, 256, 257, 1000])
def test_a_permutation(n):
    assert sorted(shuffled(position, n, 3, 1) for position in range(n)) == list(range(n))


def test_keys_differ():
    n, keys = 500, ((0, 0), (0, 1), (1, 0), (0,), (10,), (1,))
    orders = [[shuffled(position, n, *key) for position in range(n)] for key in keys]
    for a, one in enumerate(orders):
        assert sum(x == y for x, y in zip(one, range(n))) < 10  # fixed points: 1 is expected
        for other in orders[:a]:
            assert sum(x == y for x, y in zip(one, other)) < 10


def test_the_order_is_frozen():
    """Others than these would change every training."""
    assert [shuffled(position, 10, 0, 0) for position in range(10)] == [2, 0, 1, 6, 8, 4, 5, 9, 7, 3]


def test_any_position_can_be_asked_first():
    forward = [shuffled(position, 100, 5, 2) for position in range(100)]
    assert [shuffled(position, 100, 5, 2) for position in reversed(range(100))] == forward[::-1]


def test_large_sets_need_no_table():
    n = 2_500_000
    found = [shuffled(position, n, 0, 7) for position in range(0, n, 25_000)]
    assert len(set(found)) == 100 and 0 <= min(found) < n / 10 and 0.9 * n < max(found) < n
