import numpy as np
import pytest

from lass.errors import LassError
from lass.io import audio
from lass.io.table import read_table, write_table
from lass.report.clips import RenderedSet
from lass.report.results import Experiment


@pytest.fixture
def results(experiment):
    return Experiment(experiment).results["test"]["model"]


def test_clip(results, tones):
    rendered = RenderedSet(results)
    clip = rendered.read("m2")
    target, other = tones.waves["m2"]
    assert clip.rate == 8000 and rendered.shape("m2") == (8000, 8000)
    for found, wave in zip(clip, (target + other, target, target + 0.1 * other)):
        assert np.allclose(found, wave[None], atol=1e-6)
    assert rendered.query("m2") == "a low tone"
    assert rendered.name(("dog", "nameless")) == "Dog, barking, nameless"
    assert rendered.interferers["m4"] == ["rain"]


def test_the_first_of_several_queries(results, tones):
    write_table(tones.set_dir / "queries", [("m1#0", "first"), ("m1#1", "second"), ("m1#10", "third")])
    estimates = dict(read_table(results["est_scp"]))
    write_table(results["est_scp"], [("m1#1", estimates["m2#0"]), ("m1#0", estimates["m1#0"])])
    rendered = RenderedSet(results)
    target, other = tones.waves["m1"]
    assert rendered.query("m1") == "first"
    assert np.allclose(rendered.read("m1").estimate, target + 0.35 * other, atol=1e-6)


def test_estimate_under_the_name_of_the_mixture(results):
    write_table(results["est_scp"], [("m1", dict(read_table(results["est_scp"]))["m1#0"])])
    assert RenderedSet(results).read("m1").estimate.shape == (1, 8000)


def test_set_without_optional_tables(results, tones):
    for name in ("interf2labels", "labels"):
        (tones.set_dir / name).unlink()
    rendered = RenderedSet(results)
    assert rendered.interferers == {} and rendered.name(("dog",)) == "dog"


@pytest.mark.parametrize("table", ["wav.scp", "ref.scp", "queries"])
def test_mixture_that_a_table_lacks(results, tones, table):
    path = tones.set_dir / table
    write_table(path, [row for row in read_table(path) if not row[0].startswith("m3")])
    with pytest.raises(LassError, match=f"{table}: has no .*'m3': score again"):
        RenderedSet(results).read("m3")


def test_estimate_that_is_gone_or_does_not_fit(results, tmp_path):
    audio.write(tmp_path / "short.wav", np.zeros((1, 100)), 8000)
    write_table(results["est_scp"], [("m1#0", str(tmp_path / "short.wav"))])
    with pytest.raises(LassError, match="short.wav: has another length .*score again"):
        RenderedSet(results).read("m1")
    with pytest.raises(LassError, match="has no estimate of the scored mixture 'm2': score again"):
        RenderedSet(results).read("m2")
