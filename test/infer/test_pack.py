"""`lass pack`: a card, and one archive that somebody else can use."""

import json
import shutil
import tarfile

import numpy as np
import pytest

import lass
from lass.bin import pack
from lass.errors import LassError
from lass.io.files import write_text

LICENCE = "CC BY-NC 4.0 (Freesound) <b>"


@pytest.fixture
def experiment(model_folder, tmp_path):
    """A trained and scored experiment."""
    folder = tmp_path / "mini_tiny"
    shutil.copytree(model_folder, folder / "model")
    write_text(folder / "model" / ".done", "{}\n")
    write_text(folder / "git.txt", "0123abc\n")
    values = {"mean": 7.256, "low": 6.5, "high": 8.0}
    found = {"name": "mini test", "n_found": 11, "n_expected": 12}
    found["metrics"] = {metric: values for metric in ("sdr", "sdri", "si_sdr", "si_sdri")}
    write_text(folder / "score" / "test" / "model" / "results.json", json.dumps(found))
    write_text(folder / "score" / "test" / "mixture" / "results.json", "not read")
    return folder


def test_card(experiment):
    pack.main([str(experiment), "--licence", LICENCE])
    card = (experiment / "model" / "README.md").read_text()
    for part in ("# mini", "ResUNet30", "0123abc", r'"sample\_rate": 16000', "CC BY-NC 4.0", "| train |"):
        assert part in card, part
    assert "mini test: 11 of 12 mixtures, dB" in card and card.count("7.26") == 4
    assert "<b>" not in card and "control" not in card


def test_archive(experiment, model, noise, tmp_path):
    pack.main([str(experiment), "--licence", LICENCE])
    with tarfile.open(experiment / "mini_tiny.tar.gz") as packed:
        names = ["README.md", "config.yaml", "model.safetensors", "tokenizer.model"]
        assert packed.getnames() == [f"mini_tiny/{name}" for name in names]
        assert {(m.uname, m.gname, m.uid, m.gid) for m in packed.getmembers()} == {("", "", 0, 0)}
        packed.extractall(tmp_path / "elsewhere", filter="data")
    wave = noise(1001)
    found = lass.load(str(tmp_path / "elsewhere" / "mini_tiny"), "cpu").separate(wave, 16000, "a bell rings")
    assert np.array_equal(found, model.separate(wave, 16000, "a bell rings"))


def test_again(experiment, capsys):
    pack.main([str(experiment), "--licence", LICENCE])
    archive = experiment / "mini_tiny.tar.gz"
    before = archive.stat().st_mtime_ns
    capsys.readouterr()
    pack.main([str(experiment), "--licence", LICENCE])
    assert capsys.readouterr().out == f"{archive}: packed, nothing to do\n" and archive.stat().st_mtime_ns == before
    pack.main([str(experiment), "--licence", "CC0"])
    assert "CC0" in (experiment / "model" / "README.md").read_text() and archive.stat().st_mtime_ns != before


def test_from_within_the_experiment(experiment, monkeypatch):
    monkeypatch.chdir(experiment)
    pack.main([".", "--licence", LICENCE])
    assert (experiment / "mini_tiny.tar.gz").exists()


def test_nothing_to_pack(tmp_path):
    with pytest.raises(LassError, match="no trained model; run stage train first"):
        pack.main([str(tmp_path), "--licence", LICENCE])
    assert not list(tmp_path.iterdir())
