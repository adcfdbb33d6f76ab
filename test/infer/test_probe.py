"""lass probe: who hears what, one table over folds, published rows."""

import json

import numpy as np
import pytest
import torch

from lass.bin import probe as command
from lass.data.clip_crops import ClipCrops
from lass.data.datadir import Row, write_data_dir
from lass.errors import LassError
from lass.infer.probe import hear, networks, predict
from lass.io import audio
from lass.parts.folder import build_part, save_part
from lass.report.probe import SYSTEMS

SPEC = {"class": "lass.layers.audiomae.AudioMae", "width": 16, "depth": 1, "heads": 2, "frames": 32, "seconds": 0.3}
TONES = {"low": 300, "high": 3000}  # Hz


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A part, and sets of tones: to train on, and two folds."""
    root = tmp_path_factory.mktemp("probe")
    torch.manual_seed(1)
    config = {"part": SPEC, "sets": {"train": ["data/x"]}, "train": {"max_steps": 7, "batch_size": 2}}
    save_part(build_part(SPEC), config, root / "part", "")
    rng = np.random.default_rng(0)
    for name, clips in (("train", 6), ("fold1", 3), ("fold2", 2)):
        rows = []
        for label, pitch in TONES.items():
            for k in range(clips):
                wave = 0.3 * np.sin(2 * np.pi * pitch * rng.uniform(0.9, 1.1) * np.arange(4800) / 16000)
                path = root / f"{name}-{label}{k}.wav"
                audio.write(path, wave + 0.01 * rng.standard_normal(4800), 16000)
                rows.append(Row(f"{name}-{label}{k}", str(path), [], {label: label.title()}))
        write_data_dir(root / name, rows)
    return root


@pytest.fixture
def run(folder, tmp_path):
    def run(fold: str, *options: str) -> dict:
        out = tmp_path / f"out-{fold}"
        sets = ["--part", str(folder / "part"), "--train", str(folder / "train"), "--test", str(folder / fold)]
        command.main([*sets, "--out", str(out), *options])
        return json.loads((out / "results.json").read_text())

    return run


def test_a_probe(run, folder, tmp_path):
    found = run("fold1", "--published", "esc50")
    assert (found["n_found"], found["n_expected"], found["classes"], found["chance"]) == (6, 6, 2, 0.5)
    assert list(found["systems"]) == list(SYSTEMS)
    assert found["systems"]["log_mel"]["accuracy"] == found["systems"]["trained_bands"]["accuracy"] == 1.0
    assert [item["utt"] for item in found["items"][2:4]] == ["fold1-high2", "fold1-low0"]
    assert [item["label"] for item in found["items"][2:4]] == ["High", "Low"]
    table = (tmp_path / "out-fold1" / "table.md").read_text()
    assert "| log-mel statistics | 6/6 | 100.0 (100.0, 100.0) |" in table
    assert "| paper: AudioMAE of HSM-TSS |  | 83.7 |" in table and "7 steps of 2 clips of data/x" in table


def test_folds_are_joined(run, tmp_path):
    run("fold1"), run("fold2")
    outs = [str(tmp_path / f"out-fold{k}") for k in (1, 2)]
    command.main(["--join", *outs, "--out", str(tmp_path / "all")])
    found = json.loads((tmp_path / "all" / "results.json").read_text())
    assert (found["n_found"], found["n_expected"], len(found["runs"])) == (10, 10, 2)
    with pytest.raises(LassError, match="clips are in two of these probes"):
        command.main(["--join", outs[0], outs[0], "--out", str(tmp_path / "twice")])
    (tmp_path / "out-fold2" / "results.json").write_text("{}")
    with pytest.raises(LassError, match="no results.json of a probe, or a damaged one"):
        command.main(["--join", *outs, "--out", str(tmp_path / "again")])


def test_what_is_heard(folder):
    """Means over all patches, and over time; the random encoder is another one, and the same each time."""
    encoders, clips = networks(folder / "part"), ClipCrops([folder / "fold1"], 0.3, 16000)
    found = hear(encoders, clips)
    wave = torch.stack([clips[i]["wave"] for i in range(len(clips))])
    with torch.no_grad():
        for name, encoder in encoders.items():
            features = encoder.features(wave)  # 2 x 8 patches
            assert np.allclose(found[name], features.mean(1), atol=1e-5)
            bands = torch.cat([features[:, [band, 8 + band]].mean(1) for band in range(8)], dim=1)
            assert np.allclose(found[f"{name}_bands"], bands, atol=1e-5)
        spectrogram = encoders["trained"].spectrogram(wave)
        assert np.allclose(found["log_mel"], torch.cat([spectrogram.mean(1), spectrogram.std(1)], 1), atol=1e-5)
    assert not np.allclose(found["trained"], found["random"])
    assert np.array_equal(hear(networks(folder / "part"), clips)["random"], found["random"])


def test_padding_does_not_count(folder):
    """Clips of 0.3 s in an encoder that hears 0.6 s: the first two columns of patches hold sound, 28 frames of 32."""
    torch.manual_seed(1)
    longer, clips = build_part(SPEC | {"frames": 64, "seconds": 0.6}).eval(), ClipCrops([folder / "fold1"], 0.6, 16000)
    found = hear({"trained": longer}, clips)
    wave = torch.stack([clips[i]["wave"] for i in range(len(clips))])
    with torch.no_grad():
        features, spectrogram = longer.features(wave)[:, : 2 * 8], longer.spectrogram(wave)[:, :32]
    assert np.allclose(found["trained"], features.mean(1), atol=1e-5)
    assert np.allclose(found["trained_bands"], features.unflatten(1, (2, 8)).mean(1).flatten(1), atol=1e-5)
    assert np.allclose(found["log_mel"], torch.cat([spectrogram.mean(1), spectrogram.std(1)], 1), atol=1e-5)


def test_features_are_standardised_before_the_linear_layer():
    """Of two features the one that tells the classes is tiny beside the one that does not."""
    rng = np.random.default_rng(0)
    labels = ["a", "b"] * 20
    features = np.stack([np.tile([-1e-4, 1e-4], 20), 100 + 10 * rng.standard_normal(40)], axis=1)
    assert predict(features[:30], labels[:30], features[30:]) == labels[30:]


def test_what_is_refused(run, folder, tmp_path):
    rows = [Row("a1", str(folder / "fold1-low0.wav"), [], {"low": "Low", "loud": "Loud"})]
    write_data_dir(folder / "several", rows)
    with pytest.raises(LassError, match="a1 has 2 labels, and a probe needs one a clip"):
        run("several")
    write_data_dir(folder / "strange", [Row("a1", str(folder / "fold1-low0.wav"), [], {"dog": "Dog"})])
    with pytest.raises(LassError, match="label 'Dog' is in none of the sets to train on"):
        run("strange")
    with pytest.raises(SystemExit):
        command.main(["--part", str(folder / "part"), "--out", str(tmp_path / "x")])
