"""Figures of a separation in feature space: each class and kind at its place, each patch at its time."""

import numpy as np
import pytest

from lass.report.figures import attention, global_features


@pytest.fixture
def saved(monkeypatch):
    """Figures in place of their files."""
    found = []
    for module in (attention, global_features):
        monkeypatch.setattr(module, "save", lambda figure, path: found.append(figure))
    return found


def test_features_of_a_class_lie_together(tmp_path, saved):
    """Those predicted beside the true ones, in the colour of their class; classes beyond the tenth are left out."""
    rng = np.random.default_rng(0)
    classes = [f"class {n:02}" for n in range(11) for _ in range(6)][:-1]  # the last one is the rarest
    centres = 5 * rng.standard_normal((11, 16))[[int(name[-2:]) for name in classes]]
    true, found = (centres + 0.3 * rng.standard_normal(centres.shape) for _ in range(2))
    global_features.draw(tmp_path / "a.png", "$\\frac{", true, found, classes)
    axes = saved[0].axes[0]
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts == ["true", "predicted", *(f"class {n:02}" for n in range(10))]
    points = [part.get_offsets() for part in axes.collections]
    assert [len(part) for part in points] == [6] * 20 and axes.get_title(loc="left") == "$\\frac{"
    middles = np.array([np.mean(part, axis=0) for part in points])
    distances = np.linalg.norm(middles[:10, None] - middles[None, 10:], axis=-1)
    assert (distances.argmin(axis=1) == np.arange(10)).all()
    colours = [tuple(part.get_facecolor()[0][:3]) for part in axes.collections]
    assert colours[:10] == colours[10:] and len(set(colours)) == 10


def test_features_of_few_targets(tmp_path, saved):
    wave = np.eye(3, 8)
    global_features.draw(tmp_path / "a.png", "x", wave, wave[::-1], ["a", "b", "a"])
    assert sum(len(part.get_offsets()) for part in saved[0].axes[0].collections) == 6


def test_attention_stands_below_the_sound(tmp_path, saved):
    """Time from left to right, frequency upwards, for spectrograms and patches alike."""
    sound, patches = np.zeros((512, 128)), np.zeros((32, 8))
    sound[256:, :16] = patches[16:, :1] = 1.0
    attention.draw(tmp_path / "a.png", "_m0", {"mixture": sound, "target": sound}, {"true": patches, "found": patches})
    panels = saved[0].axes
    assert [axes.get_title(loc="left") for axes in panels] == ["mixture", "target", "true", "found"]
    for axes in panels:
        image = axes.images[0]
        values = np.asarray(image.get_array())
        assert image.origin == "lower" and image.get_extent()[:2] == [0, 5.12]
        assert values[0, -1] == 1 and not values[0, 0] and not values[-1].any()
    assert panels[-1].get_xlabel() == "time (s)"
