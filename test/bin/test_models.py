"""The table of models."""

from pathlib import Path

import pytest
import torch

from lass.bin import models
from lass.errors import LassError
from lass.train import system

PUBLISHED = 26_447_941  # weights of the released separator


def table(capsys: pytest.CaptureFixture) -> list[list[str]]:
    return [line.split() for line in capsys.readouterr().out.splitlines()[1:]]


def test_all_models(capsys):
    models.main([])
    assert [row[0] for row in table(capsys)] == sorted(path.stem for path in models.MODELS.glob("*.yaml"))


def test_a_row(capsys):
    models.main(["resunet30", "resunet30_small"])
    released, small = table(capsys)
    name, encoder, separator, rate, window, hop, *counts = released
    assert (name, encoder, separator) == ("resunet30", "TextTransformer", "ResUNet30")
    assert (rate, window, hop) == ("32000", "2048", "320")
    encoder_weights, trained, total = (int(count.replace(",", "")) for count in counts)
    unused = sum(2 * width + 512 * width + width for width in (384, 384, 384, 256, 128, 64))
    assert (total - encoder_weights, trained) == (PUBLISHED, PUBLISHED - unused)
    assert small[0] == "resunet30_small" and small[4:6] == ["1024", "512"]


def test_a_frozen_encoder_is_not_fetched(capsys, monkeypatch, tmp_path, tiny_models):
    models.main(["audiosep_clap", "audiosep_clip", "audiosep_released"])
    clap, clip, released = table(capsys)
    assert clap[1] == "Clap" and clip[1] == "Clip" and clap[2:] == clip[2:] and clap[6] == "0"
    assert released[-1] == f"{PUBLISHED:,}"
    text = (models.MODELS / "audiosep_released.yaml").read_text()
    (tmp_path / "here.yaml").write_text(text.replace("laion/larger_clap_general", str(tiny_models["Clap"])))
    monkeypatch.setattr(models, "MODELS", tmp_path)
    models.main([])
    fewer = 500 * 9856  # columns and rows of FiLM's weights: embeddings of 12, not of 512
    assert int(table(capsys)[0][-1].replace(",", "")) == PUBLISHED - fewer


def test_an_encoder_that_trains_along_is_counted_where_it_is_here(capsys, monkeypatch, tmp_path, tiny_models):
    models.main(["lassnet_released"])
    text = (models.MODELS / "lassnet_released.yaml").read_text()
    (tmp_path / "here.yaml").write_text(text.replace("prajjwal1/bert-mini", str(tiny_models["FinetunedBert"])))
    monkeypatch.setattr(models, "MODELS", tmp_path)
    models.main([])
    rows = capsys.readouterr().out.splitlines()
    hub, here = (rows[i].replace(",", "").split() for i in (1, 3))
    assert hub[-3] == "0" and hub[-2] == hub[-1] == here[-2]
    assert int(here[-3]) > 256 * 16 and int(here[-1]) == int(here[-2]) + int(here[-3])


def test_cnn14_is_not_needed(capsys):
    models.main(["uss_resunet30"])
    assert int(table(capsys)[0][-1].replace(",", "")) == PUBLISHED + (2048 - 512) * 9856


def test_columns_are_aligned(capsys):
    models.main([])
    assert len({len(line) for line in capsys.readouterr().out.splitlines()}) == 1


def test_a_model_is_built_without_its_weights(capsys, monkeypatch, tmp_path):
    """100 GB of them, in no memory."""
    text = (models.MODELS / "resunet30.yaml").read_text()
    huge = text.replace("ResUNet30}", "ResUNet30, widths: [32, 64, 8192]}", 1)
    (tmp_path / "huge.yaml").write_text(huge)
    monkeypatch.setattr(models, "MODELS", tmp_path)
    models.main([])
    assert int(table(capsys)[0][-1].replace(",", "")) > 3e9


def test_a_separator_without_stft(monkeypatch):
    part = torch.nn.Linear(2, 3)
    part.sample_rate = 8000
    monkeypatch.setattr(system, "build_model", lambda config: (torch.nn.ReLU(), part))
    config = {"encoder": {"class": "lass.queries.text_transformer.TextTransformer"},
              "separator": {"class": "lass.separators.resunet30.ResUNet30"}}
    assert models.row("x", config) == ("x", "TextTransformer", "Linear", "8000", "-", "-", "0", "9", "9")


def test_an_unknown_name():
    with pytest.raises(LassError, match=r"conf/model: no resnet\.yaml; there are .*resunet30, "):
        models.main(["resunet30", "resnet"])


def test_a_package_without_its_checkout(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(models, "MODELS", tmp_path / "conf" / "model")
    with pytest.raises(LassError, match=r"conf/model: no models there: run lass from a checkout"):
        models.main([])


def test_sizes_of_other_parts(capsys, monkeypatch, tmp_path, tiny_models):
    models.main(["hsm_tss"])
    assert table(capsys) == [["hsm_tss", "QAudio", "HsmTss", *"------"]]
    text = (models.MODELS / "hsm_tss_global.yaml").read_text()
    (tmp_path / "here.yaml").write_text(text.replace("exp/q_audio/model", str(tiny_models["QAudio"])))
    monkeypatch.setattr(models, "MODELS", tmp_path)
    models.main([])
    assert table(capsys)[0][3:6] == ["16000", "-", "-"]
