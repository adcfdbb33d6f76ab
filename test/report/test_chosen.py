import itertools

import pytest

from lass.errors import LassError
from lass.report.chosen import choose, label_medians
from lass.report.results import Item


def item(number, *labels, sdri=None):
    return Item(f"m{number:02d}", labels, 1, {"sdri": number if sdri is None else sdri})


def results(**groups):
    examples = {group: [{"mix_id": f"m{n:02d}"} for n in found] for group, found in groups.items()}
    return {"system": "model", "set": "test", "examples": examples, "metrics": {"sdr": {}, "sdri": {}}}


def chosen(items, found, most=40):
    return [(entry.item.mix_id, entry.group) for entry in choose(items, found, most, itertools.count(1))]


def test_median_item_of_each_label_best_label_first():
    items = [item(1, "a"), item(2, "a", "b"), item(9, "a"), item(30, "b"), item(31, "b"), item(5)]
    assert [found.mix_id for found in label_medians(items, "sdri")] == ["m30", "m02"]


def test_groups_without_repetition():
    items = [item(n, "even" if n % 2 == 0 else "odd") for n in range(11)]
    found = chosen(items, results(best=[10, 9, 8], median=[5, 4, 6], worst=[0, 1, 2]))
    assert found == [
        *(("m10", "best"), ("m09", "best"), ("m08", "best")),
        *(("m05", "median"), ("m04", "median"), ("m06", "median")),  # m05 is the median of "odd" and of "even", too
        *(("m00", "worst"), ("m01", "worst"), ("m02", "worst")),
    ]
    few = chosen(items[:2], results(best=[1, 0], median=[0, 1], worst=[0, 1]))
    assert few == [("m01", "best"), ("m00", "best")]


def test_labels_are_thinned_out_evenly():
    items = [item(n, f"label{n}") for n in range(50)]
    found = chosen(items, results(best=[49], median=[25], worst=[0]), most=8)
    assert len(found) == 8
    by_label = [mix for mix, group in found if group == "label"]
    assert by_label[0] == "m48" and by_label[-1] == "m01" and len(set(by_label)) == 5


def test_examples_are_cut_where_there_is_little_room():
    items = [item(n, f"label{n}") for n in range(20)]
    all_nine = results(best=[19, 18, 17], median=[9, 10, 8], worst=[0, 1, 2])
    assert [mix for mix, _ in chosen(items, all_nine, most=7)] == ["m19", "m18", "m09", "m10", "m00", "m01", "m17"]


def test_numbers_go_on_from_set_to_set():
    numbers = itertools.count(1)
    for expected in ("001-m01", "002-m01"):
        assert choose([item(1)], results(best=[1]), 9, numbers)[0].stem == expected


def test_scores_that_do_not_fit():
    with pytest.raises(LassError, match="model on test: results.json names 'm07'"):
        chosen([item(1)], results(best=[7]))
    with pytest.raises(LassError, match="has no examples: delete it and score again"):
        chosen([item(1)], {"system": "model", "set": "test"})
