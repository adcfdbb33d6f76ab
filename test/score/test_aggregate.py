import numpy as np
import pytest

from lass.score.aggregate import difference, examples, per_label, summary
from lass.score.items import Item


def item(label, value):
    return Item("m", label, 1, {"sdr": value, "sdri": value + 1, "si_sdr": value + 2, "si_sdri": value + 3})


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


def named(values, classes=None):
    classes = classes or [""] * len(values)
    return [Item(f"m{n}", label, 1, {"sdri": value}) for n, (value, label) in enumerate(zip(values, classes))]


def test_aggregation_by_classes():
    items = named([1.0, 2.0, 9.0, 10.0], ["a", "a", "a", "b"])
    assert summary(items)["sdri"]["mean"] == 5.5
    assert summary(items, "class_mean")["sdri"]["mean"] == 7
    found = summary(items, "class_median")["sdri"]
    assert (found["mean"], found["median"]) == (6, 5.5)
    assert 5.5 <= found["low"] < 6 < found["high"] <= 9.5


def test_paired_difference():
    """Two systems 0.5 dB apart on mixtures of very different difficulty: the pairs tell them apart."""
    generator = np.random.default_rng(0)
    hard = generator.normal(0, 10, 200)
    ours, theirs = named(hard + 0.5 + generator.normal(0, 0.2, 200)), named(hard)
    assert summary(ours)["sdri"]["low"] < summary(theirs)["sdri"]["high"]
    found = difference(ours, theirs[:150][::-1])["sdri"]
    assert found["n"] == 150
    assert 0.4 < found["low"] < found["difference"] < found["high"] < 0.6
    assert found["difference"] == pytest.approx(found["ours"] - found["theirs"], abs=1e-6)


def test_difference_of_what_both_have():
    one, two = named([1.0, np.nan, 3.0]), named([0.0, 0.0, np.nan])
    assert difference(one, two)["sdri"] == {"n": 1, "ours": 1, "theirs": 0, "difference": 1, "low": 1, "high": 1}
    assert difference(one, named([np.nan] * 3)) == {}
    classes = ["a", "a", "b"]
    found = difference(named([1.0, 3.0, 5.0], classes), named([1.0, 1.0, 1.0], classes), "class_mean")["sdri"]
    assert (found["ours"], found["difference"]) == (3.5, 2.5)
