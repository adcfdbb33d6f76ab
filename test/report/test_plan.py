"""Which systems the box plots of a set show."""

import itertools

import pytest

from lass.report.figures import system_boxes
from lass.report.plan import set_figures
from lass.report.results import Experiment
from lass.report.scored import scored_sets

SYSTEMS = {"mixture": None, "model": 1, "control_interferer": 2}


@pytest.fixture
def boxes(monkeypatch, tmp_path):
    """Draws the figure ``*_systems.png`` of experiments; gives the metric and the values of each system in it."""
    drawn = []
    monkeypatch.setattr(system_boxes, "draw", lambda path, metric, systems: drawn.append((metric, dict(systems))))

    def draw(*folders):
        first, *others = map(Experiment, folders)
        scored = scored_sets(first, 40, itertools.count(1))["test"]
        figures = {f.path.name: f for f in set_figures(tmp_path, first, others, scored)}
        figures["test_systems.png"].draw(tmp_path / "x.png")
        return drawn[-1]

    return draw


def test_several_experiments_by_their_gains(tones, boxes):
    one, other = (tones.score(tones.folder / name, SYSTEMS) for name in ("lassnet", "unet_tag"))
    metric, systems = boxes(one, other)
    assert metric == "sdri" and list(systems) == ["model", "asked with the interferer's query", "unet_tag"]
    assert all(len(values) == 5 for values in systems.values())


def test_the_mixture_too_where_the_metric_is_no_gain(tones, boxes):
    """SDR, as in Figure 2 of LASS-Net."""
    metric, systems = boxes(tones.score(tones.folder / "exp", SYSTEMS, metrics="bss_sdr,si_sdr"))
    assert metric == "bss_sdr"
    assert list(systems) == ["mixture (unprocessed)", "model", "asked with the interferer's query"]
    assert systems["mixture (unprocessed)"] == pytest.approx([0] * 5, abs=0.5)
    assert max(systems["model"]) == pytest.approx(20, abs=0.5)
