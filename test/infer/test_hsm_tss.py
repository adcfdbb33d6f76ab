"""The whole of HSM-TSS as a model folder, with tiny parts: heard through the commands that every model has."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from lass.bin import separate
from lass.errors import LassError
from lass.infer.baselines import DECODED
from lass.infer.folder import check_sums, files, name_in
from lass.infer.model import Model, resample
from lass.io import audio
from lass.io.table import read_table, write_table
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


@pytest.fixture
def rendered(wave, tmp_path) -> Path:
    """A set of one mixture, whose target is the whole of it."""
    for table in ("wav.scp", "ref.scp"):
        write_table(tmp_path / "set" / table, [("m0", str(wave))])
    for table in ("queries", "interf_queries"):
        write_table(tmp_path / "set" / table, [("m0#0", "a dog barks")])
    return tmp_path / "set"


def test_separate_a_set(folder, rendered, tmp_path):
    for name, options in {"model": [], "removal": ["--remove"]}.items():
        separate.main(["--set", str(rendered), "--out", str(tmp_path / name), "--model", str(folder), *options])
        assert json.loads((tmp_path / name / "info.json").read_text())["generative"] is True
        assert (tmp_path / name / "wav.scp").exists()


@pytest.mark.parametrize("name", DECODED)
def test_what_decoder_and_codec_make_of_the_target(folder, rendered, wave, tmp_path, name):
    out = tmp_path / name
    separate.main(["--set", str(rendered), "--out", str(out), "--model", str(folder), "--baseline", name])
    facts = json.loads((out / "info.json").read_text())
    assert facts["generative"] is True and facts["query_rule"] == "none: the target is known"
    found, rate = audio.read(dict(read_table(out / "wav.scp"))["m0#0"])
    assert (found.shape, rate) == ((2, 38400), 32000)
    separator = Model.load(folder, "cpu").separator
    clips = torch.from_numpy(np.pad(resample(audio.read(wave)[0], 32000, 16000), [(0, 0), (0, 4800)]).reshape(6, 8000))
    decoder = separator.frozen["decoder"]
    tokens = decoder.codec.encode(clips)
    if name == "true_features":
        tokens = decoder.generate(decoder.audio.features(clips), decoder.frames, seed=3)
    expected = decoder.codec.decode(tokens)[:, :8000].reshape(2, 24000)[:, :19200]
    np.testing.assert_allclose(found, resample(expected.detach().numpy(), 16000, 32000).clip(-1, 1), atol=1e-3)


def test_no_decoder(model_folder, rendered, tmp_path):
    with pytest.raises(LassError, match="true_features: ResUNet30 has no acoustic decoder"):
        separate.main(["--set", str(rendered), "--out", str(tmp_path / "out"), "--model", str(model_folder),
                       "--baseline", "true_features"])
