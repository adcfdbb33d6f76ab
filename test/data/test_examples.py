"""Example clips of classes."""

import numpy as np
import pytest

from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.examples import draw_examples, read_example
from lass.errors import LassError
from lass.io import audio


@pytest.fixture
def data(tmp_path):
    def make(name: str, labels: list[dict[str, str]]) -> DataDir:
        rows = [Row(f"{name}{i}", f"{name}{i}.wav", labels=found) for i, found in enumerate(labels)]
        write_data_dir(tmp_path / name, rows)
        return DataDir(tmp_path / name)

    return make


def test_so_many_of_each_class_from_all_sets(data):
    first = data("a", [{"dog": "Dog"}] * 20 + [{"dog": "Dog", "rain": "Rain"}] * 2)
    second = data("b", [{"x9": "Dog"}] * 20 + [{}])  # the display name tells the class
    found = draw_examples([first, second], 6, seed=0)
    assert [name for name, _ in found] == ["Dog"] * 6 + ["Rain"] * 2
    assert len(set(found)) == 8 and {path for name, path in found if name == "Rain"} == {"a20.wav", "a21.wav"}
    drawn = [{path for name, path in draw_examples([first, second], 6, seed) if name == "Dog"} for seed in range(9)]
    assert all(len(paths) == 6 for paths in drawn) and len(set().union(*drawn)) > 20
    assert draw_examples([second, first], 6, seed=0) == found  # by seed and id, whatever else is there


def test_no_labels(data):
    with pytest.raises(LassError, match="/a: no clip has a label"):
        draw_examples([data("a", [{}])], 5, 0)


def test_ten_seconds_at_the_rate_of_the_encoder(tmp_path):
    wave = np.stack([np.sin(np.arange(12 * 8000) / 5), np.zeros(12 * 8000)])
    audio.write(tmp_path / "long.wav", wave, 8000)
    heard = read_example(str(tmp_path / "long.wav"), 32000)
    assert heard.shape == (320000,) and heard.dtype == np.float32
    assert np.abs(heard[4000:-4000:4] - 0.5 * wave[0, 1000 : 10 * 8000 - 1000]).max() < 0.01
