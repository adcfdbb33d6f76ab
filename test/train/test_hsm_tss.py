"""HSM-TSS through the stages embed and train: first stage, second stage behind it, both."""

import shutil
from pathlib import Path

import pytest
import torch
import yaml

from lass.bin import embed, train
from lass.errors import LassError
from lass.infer.model import Model

SIZES = {"width": 16, "heads": 2, "dropout": 0.0}
CHANGES = ("data.segment=0.5", "data.level={rule: snr, low: -15, high: 15}", "train.max_steps=4", "train.val_every=2",
           "optimiser.lr=1.0e-3")  # fmt: skip


def run(corpus, experiment: Path, encoder: str, separator: dict, loss: dict, *more: str) -> Path:
    parts = {"encoder": {"class": "lass.queries.q_audio.QAudio", "model": encoder},
             "separator": {"class": "lass.separators.hsm_tss.HsmTss", **SIZES, **separator},
             "loss": {"class": "lass.losses.global_local.global_local", **loss}}  # fmt: skip
    path = experiment.with_suffix(".yaml")
    path.write_text(yaml.safe_dump(parts))
    arguments = corpus.arguments(experiment, *CHANGES) + ["--config", str(path), *more]
    for stage in (embed, train):
        stage.main(arguments)
    return experiment / "model"


@pytest.fixture(scope="module")
def models(corpus, tiny_models, tmp_path_factory) -> dict[str, Path]:
    """The models of the three trainings; the Q-Audio that they began with is gone."""
    folder = tmp_path_factory.mktemp("hsm_tss")
    encoder = str(shutil.copytree(tiny_models["QAudio"], folder / "q_audio"))
    one, both = {"global_layers": 1, "local_layers": 0}, {"global_layers": 1, "local_layers": 1}
    found = {"global": run(corpus, folder / "global", encoder, one, {})}
    found["local"] = run(
        corpus, folder / "local", encoder, both | {"p_gt": 1.0, "freeze_global": True}, {"global_weight": 0.0},
        "--init", str(found["global"]), "--init_partial",
    )  # fmt: skip
    found["joint"] = run(
        corpus, folder / "joint", encoder, both, {"global_weight": 0.1}, "--init", str(found["local"])
    )
    shutil.rmtree(encoder)
    return found


def stage(folder: Path, name: str) -> dict:
    return getattr(Model.load(folder, "cpu").separator, name).state_dict()


def equal(one: dict, other: dict) -> list[bool]:
    assert one.keys() == other.keys()
    return [torch.equal(one[key], other[key]) for key in one]


def test_each_training_goes_on_where_the_one_before_it_ended(models):
    assert all(equal(stage(models["global"], "global_stage"), stage(models["local"], "global_stage")))
    for name in ("global_stage", "local_stage"):
        assert not any(equal(stage(models["local"], name), stage(models["joint"], name)))
    assert Model.load(models["global"], "cpu").separator.local_stage is None


def test_the_best_is_chosen_by_the_loss(models):
    """No SDRi is there, as there are no waves."""
    events = b"".join(path.read_bytes() for path in (models["joint"].parent / "tb").iterdir())
    assert b"valid/loss" in events and b"valid/global" in events and b"valid/sdri" not in events


def test_the_folder_needs_no_other(models, tmp_path):
    folder = shutil.copytree(models["joint"], tmp_path / "elsewhere")
    model = Model.load(folder, "cpu")
    wave = 0.1 * torch.randn(1, 8000)
    query = model.encoder.encode_text(["a bell sounds"])
    found, expected = (
        each.separator.separate_features(*each.separator.hear(wave), each.separator.read(query))
        for each in (model, Model.load(models["joint"], "cpu"))
    )
    for one, other in zip(found, expected):
        torch.testing.assert_close(one, other)
    assert yaml.safe_load((folder / "config.yaml").read_text())["encoder"]["model"] == "encoder"


def test_a_second_stage_alone_needs_a_first(corpus, tiny_models, tmp_path):
    with pytest.raises(LassError, match="give --init MODEL_DIR"):
        run(corpus, tmp_path / "exp", str(tiny_models["QAudio"]), {"freeze_global": True}, {})
