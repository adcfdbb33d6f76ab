"""lass codec_report: figures of a codec over a set, bits counted from its tokens."""

import json

import numpy as np
import pytest
import torch

from lass.bin import codec_report as command
from lass.data.datadir import DataDir, Row, write_data_dir
from lass.errors import LassError
from lass.infer.codec_report import figures, load_codec, measure, mel_floor
from lass.io import audio
from lass.metrics.visqol import visqol
from lass.parts.folder import build_part, save_part


@pytest.fixture(scope="module")
def folder(tmp_path_factory, codec_spec):
    """A codec that has heard noise, and a set of two clips of two seconds and one, one of them at 32 kHz."""
    root = tmp_path_factory.mktemp("codec")
    torch.manual_seed(0)
    codec = build_part(codec_spec).train()
    codec.training_loss({"wave": 0.1 * torch.randn(2, 8000)})
    save_part(codec, {"part": codec_spec}, root / "codec", "")
    rng, rows = np.random.default_rng(0), []
    for name, samples, rate in (("long", 32000, 16000), ("short", 32000, 32000)):
        tone = np.sin(2 * np.pi * 500 * np.arange(samples) / rate)
        audio.write(root / f"{name}.wav", 0.2 * tone + 0.02 * rng.standard_normal(samples), rate)
        rows.append(Row(name, str(root / f"{name}.wav"), [], {"tone": "Tone"}))
    write_data_dir(root / "set", rows)
    return root


def test_the_report(folder, tmp_path):
    command.main(["--codec", str(folder / "codec"), str(folder / "set"), "--out", str(tmp_path)])
    found = json.loads((tmp_path / "results.json").read_text())
    assert [item["utt"] for item in found["items"]] == ["long", "short"] and found["n"] == 2
    codec = found["codec"]
    assert codec["bits_per_second"] == 50 * 2 * 4  # frames of groups of bits
    tokens = [item["tokens"] for item in measure(load_codec(folder / "codec"), DataDir(folder / "set"))]
    assert sum(map(len, tokens)) == 3 * 50
    own = 0.0
    for group in np.concatenate(tokens).T:
        share = np.bincount(group) / len(group)
        own -= 50 * (share[share > 0] * np.log2(share[share > 0])).sum()
    assert codec["entropy_per_second"] == pytest.approx(own) and own < codec["bits_per_second"]
    assert codec["used"] == sum(len(set(group)) for group in np.concatenate(tokens).T) / 32
    for key, figure in found["systems"]["codec"].items():
        assert figure["mean"] == pytest.approx(np.mean([item["codec"][key] for item in found["items"]]))
    assert found["systems"]["mel_floor"]["mel"]["mean"] < found["systems"]["codec"]["mel"]["mean"]
    table = (tmp_path / "table.md").read_text()
    before = (tmp_path / "table.md").stat().st_mtime_ns
    command.main(["--codec", str(folder / "codec"), str(folder / "set"), "--out", str(tmp_path)])
    assert (tmp_path / "table.md").stat().st_mtime_ns == before  # nothing changed, nothing was done
    assert "| codec | 2 |" in table and "| paper: TF-Codec |  | 0.797 |  | 3.588 | 4.375 | 6000 |" in table


def test_figures_of_a_sound_and_itself():
    wave = 0.1 * np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    same, louder = figures(wave, wave), figures(wave, wave * np.float32(10**0.5))
    assert same["mel"] == 0 and same["lsd"] < 1e-6 and same["visqol"] > 4.6
    assert louder["lsd"] == pytest.approx(1.0, abs=0.01)  # 10 dB
    assert louder["mel"] == pytest.approx(3.5, rel=0.03)  # half a unit in seven resolutions
    noisy = figures(wave, wave + 0.1 * np.random.default_rng(1).standard_normal(16000).astype(np.float32))
    assert noisy["visqol"] < 4.5


def test_visqol_of_silence_and_of_too_little_is_undefined():
    noise = np.random.default_rng(0).standard_normal(48000).astype(np.float32)
    silence = np.zeros_like(noise)
    for pair in ((silence, noise), (noise, silence), (silence, silence), (noise[:2000], noise[:2000])):
        assert np.isnan(visqol(*pair))


def test_the_mel_floor_keeps_what_mel_bands_hold():
    time = np.arange(16000) / 16000
    low, high = (np.sin(2 * np.pi * pitch * time).astype(np.float32) for pitch in (300, 7000))
    error = [np.mean((mel_floor(wave) - wave)[2000:-2000] ** 2) for wave in (low, high)]
    assert error[0] < 0.05 < error[1]  # of 0.5; bands are wide where sounds are high
    assert len(mel_floor(low[:5003])) == 5003


def test_what_is_no_codec(audio_spec, tmp_path):
    save_part(build_part(audio_spec), {"part": audio_spec}, tmp_path / "other", "")
    with pytest.raises(LassError, match="a AudioMae, which is no codec"):
        load_codec(tmp_path / "other")


def test_a_yaml_names_weights_from_elsewhere(tmp_path):
    path = tmp_path / "dac.yaml"
    path.write_text(f"part: {{class: lass.codecs.pretrained.Dac, model: {tmp_path / 'none'}, groups: 12}}\n")
    with pytest.raises(LassError, match="no such folder"):
        load_codec(path)


@pytest.mark.parametrize("name", ["encodec", "dac"])
def test_the_yaml_of_a_published_codec(name, repo):
    """Without the network, as here, it is told what is missing."""
    with pytest.raises(LassError, match="not in the hub's cache"):
        load_codec(repo / "conf" / "codec" / f"{name}.yaml")
