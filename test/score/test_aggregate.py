import numpy as np
import pytest

from lass.score.aggregate import bootstrap_interval, examples, per_label, summary
from lass.score.items import Item


def item(label, value):
    return Item("m", label, 1, {"sdr": value, "sdri": value + 1, "si_sdr": value + 2, "si_sdri": value + 3})


def test_bootstrap_is_deterministic():
    values = np.random.default_rng(1).normal(5, 2, 200)
    assert bootstrap_interval(values) == bootstrap_interval(values)


def test_bootstrap_agrees_with_the_normal_interval():
    values = np.random.default_rng(1).normal(5, 2, 400)
    half = 1.96 * values.std() / 20
    low, high = bootstrap_interval(values)
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_bootstrap_of_one_value():
    assert bootstrap_interval(np.array([3.0])) == (3.0, 3.0)


def test_mean_and_median():
    found = summary([item("a", 0.0), item("a", 1.0), item("a", 8.0)])
    assert (found["sdr"]["mean"], found["sdr"]["median"]) == (3, 1)
    assert (found["si_sdri"]["mean"], found["si_sdri"]["median"]) == (6, 4)
    assert found["sdr"]["low"] < 3 < found["sdr"]["high"]


def test_values_that_are_undefined_are_left_out_and_counted():
    values = [1.0, np.nan, 3.0, np.inf]
    found = summary([Item("m", "", 1, {"psnr": value, "pesq_wb": np.nan}) for value in values])
    assert (found["psnr"]["mean"], found["psnr"]["undefined"]) == (2, 2)
    assert found["pesq_wb"] == {"mean": None, "median": None, "low": None, "high": None, "undefined": 4}


def test_undefined_values_of_labels_and_examples():
    items = [Item(f"m{n}", "a", 1, {"lsd": value}) for n, value in enumerate([2.0, np.nan, 4.0])]
    assert per_label(items, {})["a"] == {"name": "a", "n": 3, "lsd": 3}
    assert per_label(items[1:2], {})["a"]["lsd"] is None
    assert {row["mix_id"] for rows in examples(items).values() for row in rows} == {"m0", "m2"}
    assert examples(items[1:2]) == {"best": [], "median": [], "worst": []}


def test_labels():
    found = per_label([item("b a", 2.0), item("a", 4.0), item("", 100.0)], {"a": "A bell"})
    assert list(found) == ["a", "b"]
    assert found["a"] == {"name": "A bell", "n": 2, "sdr": 3, "sdri": 4, "si_sdr": 5, "si_sdri": 6}
    assert (found["b"]["name"], found["b"]["n"]) == ("b", 1)  # an id that ``labels`` does not name


def test_examples():
    items = [Item(f"m{n}", "a", 1, {"sdri": sdri}) for n, sdri in enumerate([5.0, -2.0, 9.0, 9.0, 4.0, 0.5, 30.0])]
    found = examples(items)  # the median is 5
    ids = {which: [row["mix_id"] for row in rows] for which, rows in found.items()}
    assert ids == {"best": ["m6", "m2", "m3"], "median": ["m0", "m4", "m2"], "worst": ["m1", "m5", "m4"]}
    assert found["best"][0] == {"mix_id": "m6", "label": "a", "sdri": 30.0}
    assert {which: len(rows) for which, rows in examples(items[:2]).items()} == {"best": 2, "median": 2, "worst": 2}
