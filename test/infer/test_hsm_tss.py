"""The whole of HSM-TSS as a model folder, with tiny parts: heard through the commands that every model has."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lass.bin import separate
from lass.infer.folder import check_sums, files, name_in
from lass.infer.model import Model
from lass.io import audio
from lass.io.table import write_table
from lass.train.system import build_model


@pytest.fixture(scope="module")
def folder(tiny_models, tmp_path_factory) -> Path:
    """Saved, moved, and the parts that it was built from are gone."""
    root = tmp_path_factory.mktemp("hsm_tss")
    q_audio, decoder = (shutil.copytree(tiny_models[name], root / name) for name in ("QAudio", "AcousticDecoder"))
    config = {
        "encoder": {"class": "lass.queries.q_audio.QAudio", "model": str(q_audio)},
        "separator": {"class": "lass.separators.hsm_tss.HsmTss", "global_layers": 1, "local_layers": 1, "width": 16,
                      "heads": 2, "decoder": {"model": str(decoder)}, "sampling": {"seed": 3}},
        "loss": {"class": "lass.losses.global_local.global_local"},
        "data": {"sets": [{"dir": "train"}]},
    }  # fmt: skip
    Model(config, *build_model(config)).save(root / "saved")
    for used in (q_audio, decoder):
        shutil.rmtree(used)
    return shutil.move(root / "saved", root / "model")


@pytest.fixture
def wave(tmp_path) -> Path:
    """1.2 s in stereo at 32 kHz."""
    noise = 0.1 * np.random.default_rng(0).standard_normal((2, 38400))
    audio.write(tmp_path / "mix.wav", noise.astype(np.float32), 32000)
    return tmp_path / "mix.wav"


def test_the_folder_holds_all(folder, tmp_path):
    check_sums(folder)
    names = {name_in(folder, path) for path in files(folder)}
    parts = ("encoder", "encoder/audio", "decoder", "decoder/audio", "decoder/codec")
    assert {f"{part}/{name}" for part in parts for name in ("config.yaml", "model.safetensors")} <= names
    again = tmp_path / "again"
    Model.load(folder, "cpu").save(again)
    assert {name_in(again, path) for path in files(again)} == names


def test_separate_files(folder, wave, tmp_path, capsys):
    asked = [str(wave), "--text", "a dog barks", "--model", str(folder), "--device", "cpu", "-o"]
    for name, options in {"dog": [], "again": [], "rest": ["--remove"], "clean": ["--negative", "rain"]}.items():
        separate.main([*asked, str(tmp_path / f"{name}.wav"), *options])
    assert capsys.readouterr().out.count("not sample-aligned with the mixture") == 4
    found = {name: audio.read(tmp_path / f"{name}.wav") for name in ("dog", "again", "rest", "clean")}
    assert {(wave.shape, rate) for wave, rate in found.values()} == {((2, 38400), 32000)}
    dog, again, rest, clean = (wave for wave, _ in found.values())
    assert np.array_equal(dog, again) and dog.any()
    mixture = audio.read(wave)[0]
    for other in (rest, clean):
        assert np.abs(other - dog).max() > 1e-3
    assert np.abs(rest - (mixture - dog)).max() > 1e-3  # asked for the task, not subtracted


def test_windows_are_as_long_as_clips(folder):
    model = Model.load(folder, "cpu")
    windows = model._windows()
    assert windows.step + len(windows.weights) == model.separator.samples == 8000


def test_separate_a_set(folder, wave, tmp_path):
    rendered = tmp_path / "set"
    for table in ("wav.scp", "ref.scp"):
        write_table(rendered / table, [("m0", str(wave))])
    for table in ("queries", "interf_queries"):
        write_table(rendered / table, [("m0#0", "a dog barks")])
    for name, options in {"model": [], "removal": ["--remove"]}.items():
        separate.main(["--set", str(rendered), "--out", str(tmp_path / name), "--model", str(folder), *options])
        assert json.loads((tmp_path / name / "info.json").read_text())["generative"] is True
        assert (tmp_path / name / "wav.scp").exists()
