"""Each figure is drawn from its data, whatever the names hold."""

import itertools

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread

from lass.report.figures import examples, input_snr, label_bars, label_pairs, modality_gap, plotting, system_boxes
from lass.report.results import Experiment
from lass.report.scored import ScoredSet, scored_sets

HOSTILE = ["$\\frac{", "_hidden", "鐘 مرحبا", "a\nb\x07c", "<b>", "x" * 200]


@pytest.fixture
def saved(monkeypatch):
    """Axes of the figures that were saved."""
    found = []
    real = plotting.save

    def save(figure, path, **more):
        real(figure, path, **more)
        found.append(figure.axes)

    for module in (input_snr, label_bars, label_pairs, modality_gap, system_boxes):
        monkeypatch.setattr(module, "save", save)
    return found


def names_on(axis) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


@pytest.mark.parametrize("name", HOSTILE)
def test_modality_gap(tmp_path, saved, name):
    matched, unmatched = np.linspace(0.2, 0.6, 50), np.linspace(-0.3, 0.3, 500)
    modality_gap.draw(tmp_path / "a.png", name, matched, unmatched)
    axes = saved[0][0]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["its text, mean 0.40", "other texts, mean 0.00"]
    assert [line.get_xdata()[0] for line in axes.lines] == pytest.approx([0.4, 0.0])


def test_label_bars(tmp_path, saved):
    groups = [("low", [1.0, 2.0]), ("high", [5.0, 7.0, 12.0]), ("below", [-3.0])]
    label_bars.draw(tmp_path / "a.png", "sdri", groups)
    axes = saved[0][0]
    assert names_on(axes.yaxis) == ["high (3)", "low (2)", "below (1)"]
    assert [bar.get_width() for bar in axes.patches] == [8, 1.5, -3]
    assert axes.get_xlabel() == "SDRi (dB)"


@pytest.mark.parametrize("labels", [50, 527])
def test_label_bars_of_many_labels_stay_apart(tmp_path, saved, labels):
    label_bars.draw(tmp_path / "a.png", "sdri", [(f"label {n}", [float(n)]) for n in range(labels)])
    axes = saved[0][0]
    shown = min(labels, label_bars.MOST)
    assert len(axes.patches) == shown
    boxes = [label.get_window_extent() for label in axes.yaxis.get_ticklabels()]
    assert all(upper.y0 > lower.y1 for upper, lower in zip(boxes, boxes[1:]))
    assert (f"of {labels} labels" in axes.get_title(loc="left")) == (labels > shown)


def test_system_boxes(tmp_path, saved):
    systems = [("model", [1.0, 2.0, 30.0]), ("asked with the interferer's query", [0.0])]
    system_boxes.draw(tmp_path / "a.png", "sdri", systems)
    axes = saved[0][0]
    assert names_on(axes.yaxis) == ["model (3)", "asked with the interferer's\nquery (1)"]
    assert axes.yaxis_inverted()  # the first one is on top
    system_boxes.draw(tmp_path / "b.png", "sdri", systems * 4)
    assert all(max(box.get_facecolor()[:3]) > 0.4 for box in saved[1][0].patches)  # the median is black


def test_input_snr(tmp_path, saved):
    snr = np.linspace(-15, 15, 400)
    input_snr.draw(tmp_path / "a.png", "sdri", snr, 2 - snr)
    axes = saved[0][0]
    line = axes.lines[0]
    assert np.allclose(line.get_xdata(), np.arange(-13.5, 15, 3), atol=0.1)
    assert np.allclose(line.get_ydata(), 2 - line.get_xdata())


def test_bins_without_mixtures_are_left_out():
    x, y = input_snr.binned_means(np.array([0.0, 0.1, 10.0]), np.array([1.0, 3.0, 7.0]))
    assert np.allclose(x, [0.05, 10]) and y.tolist() == [2, 7]


def test_input_snr_that_hardly_varies():
    assert not input_snr.varies([0.0, 0.9]) and input_snr.varies([0.0, 1.1])
    assert not input_snr.varies([3.0]) and not input_snr.varies([])


def test_label_pairs(tmp_path, saved):
    pairs = [(["a"], ["b"], 4.0), (["a"], ["b"], 6.0), (["b", "c"], ["a"], -1.0), (["a"], [], 99.0)]
    labels, means, counts = label_pairs.matrices(pairs, {"a": "Zebra", "c": "Ant"})
    assert labels == ["Ant", "Zebra", "b"]  # by display name
    assert np.array_equal(means, [[np.nan, -1, np.nan], [np.nan, np.nan, 5], [np.nan, -1, np.nan]], equal_nan=True)
    assert counts.tolist() == [[0, 1, 0], [0, 0, 2], [0, 1, 0]]
    label_pairs.draw(tmp_path / "a.png", "sdri", pairs, {})
    left, right = saved[0][:2]
    assert [text.get_text() for text in left.texts] == ["5.0", "-1.0", "-1.0"]
    assert [text.get_text() for text in right.texts] == ["2", "1", "1"]
    assert (left.get_xlabel(), left.get_ylabel()) == ("interferer", "target")


def test_the_most_frequent_of_many_labels_are_paired(tmp_path, saved):
    pairs = [([f"l{n % 70}"], [f"l{(n + 1) % 70}"], 1.0) for n in range(70)] + [(["l69"], ["l68"], 1.0)]
    labels, means, _ = label_pairs.matrices(pairs, {})
    assert len(labels) == 50 and {"l68", "l69"} <= set(labels) and means.shape == (50, 50)
    label_pairs.draw(tmp_path / "a.png", "sdri", pairs, {})
    assert not saved[0][0].texts  # figures would not fit into the cells


def test_hostile_names_are_drawn(tmp_path, recwarn):
    groups = [(name, [1.0, 2.0]) for name in HOSTILE]
    label_bars.draw(tmp_path / "a.png", "sdri", groups)
    system_boxes.draw(tmp_path / "b.png", "sdri", groups)
    pairs = [([name], [HOSTILE[0]], 1.0) for name in HOSTILE]
    label_pairs.draw(tmp_path / "c.png", "sdri", pairs, {})
    assert all(imread(tmp_path / f"{name}.png").ndim == 3 for name in "abc")
    assert not [str(warning.message) for warning in recwarn]


def test_examples(tmp_path, scored: ScoredSet, monkeypatch):
    titles = []
    real = Axes.set_title
    monkeypatch.setattr(Axes, "set_title", lambda axes, text, **more: (titles.append(text), real(axes, text, **more)))
    examples.draw(tmp_path / "test.png", scored)
    assert titles == [
        "best: mixture m2", "target Dog, barking", "estimate, SDRi 20.0 dB, asked for\n“a low tone”",
        "median: mixture m5", "target Dog, barking", "estimate, SDRi 10.2 dB, asked for\n“a low tone”",
        "worst: mixture m3", "target Bell", "estimate, SDRi -3.0 dB, asked for\n“a low tone”",
    ]  # fmt: skip
    assert imread(tmp_path / "test.png").ndim == 3


def test_examples_with_removal(tmp_path, tones, monkeypatch):
    """A fourth panel in each row, of the same mixture."""
    experiment = Experiment(tones.score(tmp_path / "exp", {"mixture": None, "model": 1, "removal": 0.5}))
    scored, rows = scored_sets(experiment, 40, itertools.count(1))["test"], []
    monkeypatch.setattr(examples.spectrogram, "draw", lambda path, panels, rate: rows.extend(panels))
    examples.draw(tmp_path / "test.png", scored)
    assert [row[3][0] for row in rows] == ["asked to remove the interferer"] * 3
    for row in rows:
        target, estimate, removal = (wave for _, wave in row[1:])
        np.testing.assert_allclose(removal - target, (estimate - target) / 2, atol=1e-3)


def test_examples_where_removal_was_stopped(tmp_path, tones, monkeypatch):
    tones.score(tmp_path / "exp", {"mixture": None, "model": 1})
    experiment = Experiment(tones.score(tmp_path / "exp", {"removal": 0.5}, mixtures=2))
    rows = []
    monkeypatch.setattr(examples.spectrogram, "draw", lambda path, panels, rate: rows.extend(panels))
    examples.draw(tmp_path / "test.png", scored_sets(experiment, 40, itertools.count(1))["test"])
    assert 3 in map(len, rows)
