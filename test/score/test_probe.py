"""Accuracy of linear probes, with its interval."""

import pytest

from lass.score.probe import summary


def test_accuracy_of_each_system():
    labels, said = "baaa", "aaab"
    items = [{"utt": str(i), "label": labels[i], "one": said[i], "all": labels[i]} for i in range(4)]
    found = summary(items, [{"clips": 3}, {"clips": 2}])
    assert (found["n_found"], found["n_expected"], found["classes"], found["chance"]) == (4, 5, 2, 0.75)
    assert list(found["systems"]) == ["one", "all"]
    row = found["systems"]["one"]
    assert row["accuracy"] == pytest.approx(0.5) and row["right"] == 2 and 0 <= row["low"] < 0.5 < row["high"] <= 1
    assert found["systems"]["all"] == {"accuracy": 1.0, "low": 1.0, "high": 1.0, "right": 4}
