"""Fine-tuning: `--init MODEL_DIR`, strict or with a list of what was not loaded."""

from pathlib import Path

import pytest
import safetensors.torch
import torch
import yaml

from lass.bin import embed, train
from lass.errors import LassError
from lass.infer.model import Model

TINY = ("train.max_steps=2", "train.val_every=1", "optimiser.lr=1.0e-9")  # weights stay where they start


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory) -> Path:
    """A model to start from; its tokenizer is another than this corpus would give."""
    experiment = tmp_path_factory.mktemp("trained")
    corpus.embed(experiment, "query.template=zebra {}")
    corpus.train(experiment, "query.template=zebra {}", "train.max_steps=2", "train.val_every=1", "optimiser.lr=1.0e-3")
    return experiment / "model"


def fine_tune(corpus, experiment: Path, model: Path, *changes: str, partial: bool = False) -> Model:
    arguments = corpus.arguments(experiment, *TINY, *changes) + ["--init", str(model)]
    for stage in (embed, train):
        stage.main(arguments + (["--init_partial"] if partial else []))
    return Model.load(experiment / "model", "cpu")


def test_training_starts_from_the_model(trained, corpus, tmp_path, capsys):
    tuned, model = fine_tune(corpus, tmp_path / "exp", trained), Model.load(trained, "cpu")
    for key, value in model.separator.named_parameters():
        torch.testing.assert_close(tuned.separator.get_parameter(key), value, rtol=0, atol=1e-6)
    printed = capsys.readouterr().out
    assert f"starting from the weights of {trained}; not loaded: none\n" in printed
    assert f"tokenizer that of {trained}" in printed
    assert (tmp_path / "exp" / "model" / "tokenizer.model").read_bytes() == (trained / "tokenizer.model").read_bytes()
    noted = yaml.safe_load((tmp_path / "exp" / "model" / "config.yaml").read_text())["init"]
    assert noted["model"] == str(trained) and len(noted["sha256"]) == 64 and noted["partial"] is False


def test_without_it_training_starts_elsewhere(trained, corpus, tmp_path):
    for stage in (embed, train):
        stage.main(corpus.arguments(tmp_path, *TINY, "seed=11"))
    key = "base.pre_conv.weight"
    found, model = Model.load(tmp_path / "model", "cpu"), Model.load(trained, "cpu")
    assert not torch.allclose(found.separator.get_parameter(key), model.separator.get_parameter(key), atol=1e-3)


def test_weights_that_do_not_fit_are_refused_or_listed(trained, corpus, tmp_path, capsys):
    wider = "separator.widths=[4, 8]"
    with pytest.raises(LassError, match=r"--init .*model: \d+ weights do not fit .*: separator.base.*--init_partial"):
        fine_tune(corpus, tmp_path / "strict", trained, wider)
    assert not (tmp_path / "strict" / "model").exists()

    tuned = fine_tune(corpus, tmp_path / "partial", trained, wider, partial=True)
    printed = capsys.readouterr().out
    key = "base.encoder_block2.conv_block1.conv1.weight"
    assert f"\n  separator.{key}: [6, 4, 3, 3] in the model, [8, 4, 3, 3] here\n" in printed
    source = safetensors.torch.load_file(trained / "model.safetensors")
    for same in ("base.pre_conv.weight", "base.encoder_block1.conv_block1.conv1.weight"):
        torch.testing.assert_close(tuned.separator.get_parameter(same), source[f"separator.{same}"], rtol=0, atol=1e-6)


def test_one_side_only(trained, corpus, tmp_path, capsys):
    """A deeper network here, then one that is less deep."""
    fine_tune(corpus, tmp_path / "deeper", trained, "separator.widths=[4, 6, 6]", partial=True)
    assert "separator.base.encoder_block3.conv_block1.conv1.weight: not in the model\n" in capsys.readouterr().out
    fine_tune(corpus, tmp_path / "flat", trained, "separator.widths=[4]", partial=True)
    assert "separator.base.encoder_block2.conv_block1.bn1.weight: not in this configuration" in capsys.readouterr().out


def test_wrong_options(trained, corpus, tmp_path):
    arguments = corpus.arguments(tmp_path / "exp")
    with pytest.raises(LassError, match="--init .*nowhere: not a model folder"):
        train.main([*arguments, "--init", str(tmp_path / "nowhere")])
    with pytest.raises(LassError, match="--init_partial: needs --init MODEL_DIR"):
        train.main([*arguments, "--init_partial"])
    assert not (tmp_path / "exp").exists()


def test_another_model_is_another_training(trained, corpus, tmp_path):
    fine_tune(corpus, tmp_path / "exp", trained)
    with pytest.raises(LassError, match="the training options changed: .*init"):
        train.main(corpus.arguments(tmp_path / "exp", *TINY))
