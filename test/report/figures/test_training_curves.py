import numpy as np
import pytest

from lass.report.figures import training_curves
from lass.report.figures.training_curves import LOSS, VALIDATION, VALIDATION_LOSS, draw, is_logged, read_curves, smooth


def test_steps_are_counted_from_one_and_the_last_value_of_a_step_counts(tmp_path, log_scalars):
    log_scalars(tmp_path, (LOSS, 9, 5.0), (LOSS, 19, 4.0), (VALIDATION, 19, 1.5), ("train/lr", 9, 1e-3))
    log_scalars(tmp_path, (LOSS, 19, 3.5), (LOSS, 29, np.nan))
    curves = read_curves(tmp_path)
    assert set(curves) == {LOSS, VALIDATION}
    assert [part.tolist() for part in curves[LOSS]] == [[10, 20], [5.0, 3.5]]
    assert [part.tolist() for part in curves[VALIDATION]] == [[20], [1.5]]


def test_is_logged(tmp_path, log_scalars):
    assert not is_logged(tmp_path)
    log_scalars(tmp_path, ("train/lr", 1, 1.0))
    assert not is_logged(tmp_path)
    log_scalars(tmp_path, (VALIDATION, 1, 1.0))
    assert is_logged(tmp_path)


def test_smooth():
    steps, values = smooth((np.arange(80), np.tile([0.0, 2.0], 40)))
    assert len(steps) == 79 and np.allclose(values, 1)
    assert np.allclose(steps[[0, -1]], [0.5, 78.5])
    few = np.arange(5), np.arange(5.0)
    assert np.array_equal(smooth(few)[1], few[1])


@pytest.fixture
def saved(monkeypatch):
    found = []
    monkeypatch.setattr(training_curves, "save", lambda figure, path: found.append(figure))
    return found


def test_the_kept_step_is_marked(tmp_path, saved, log_scalars):
    scores = [(VALIDATION, 99, 1.0), (VALIDATION, 199, 6.25), (VALIDATION, 299, 6.25), (VALIDATION, 399, 2.0)]
    log_scalars(tmp_path, *((LOSS, n, 1 / (n + 1)) for n in range(400)), *scores)
    draw(tmp_path / "a.png", [("exp", tmp_path)])
    loss, validation = saved[0].axes
    # The first of equals, as in training.
    assert [text.get_text() for text in validation.texts] == ["6.25 dB, step 200"]
    assert [line.get_marker() for line in validation.lines] == [".", "*"]
    assert validation.lines[1].get_xydata().tolist() == [[200, 6.25]]
    assert [len(line.get_xdata()) for line in loss.lines] == [400, 391]
    assert loss.get_legend() is None


def test_of_a_validation_loss_the_lowest_is_marked(tmp_path, saved, log_scalars):
    log_scalars(tmp_path, (VALIDATION_LOSS, 99, 0.5), (VALIDATION_LOSS, 199, 0.25), (VALIDATION_LOSS, 299, 0.75))
    draw(tmp_path / "a.png", [("exp", tmp_path)])
    (validation,) = saved[0].axes
    assert [text.get_text() for text in validation.texts] == ["0.2500, step 200"]


def test_several_trainings_and_one_without_loss(tmp_path, saved, log_scalars):
    log_scalars(tmp_path / "_one", (LOSS, 9, 1.0), (LOSS, 19, 0.5))
    log_scalars(tmp_path / "two", (VALIDATION, 9, 1.0))
    draw(tmp_path / "a.png", [("_one", tmp_path / "_one"), ("$two", tmp_path / "two")])
    loss, validation = saved[0].axes
    assert (len(loss.lines), len(validation.lines)) == (1, 2)
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["_one", "$two"]
