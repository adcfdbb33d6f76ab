"""lass train_part: a folder that can be loaded, the best weights, the same bits after an interruption."""

import signal

import pytest
import torch
import yaml
from train.conftest import part_training

from lass.bin import train_part
from lass.errors import LassError
from lass.layers.audiomae import AudioMae
from lass.parts.folder import load_part
from lass.train.interruption import SAVED
from lass.train.part import PartModule, describe

CONFIG = part_training(max_steps=9, batch_size=3, grad_clip=0.0, val_every=3, checkpoint_every=2) | {
    "part": {
        "class": "lass.layers.audiomae.AudioMae", "width": 16, "depth": 1, "heads": 2, "frames": 32, "seconds": 0.3,
        "decoder": {"width": 8, "depth": 1, "heads": 2},
    },
}  # fmt: skip


@pytest.fixture
def train(corpus, tmp_path):
    """``train(experiment, change, ..)`` runs the command."""
    (tmp_path / "part.yaml").write_text(yaml.safe_dump(CONFIG))

    def run(experiment, *changes: str) -> None:
        sets = ["--data", str(corpus.data / "train"), "--valid", str(corpus.data / "valid")]
        options = [word for change in changes for word in ("--set", change)]
        train_part.main(["--config", str(tmp_path / "part.yaml"), *sets, "--exp", str(experiment), *options])

    return run


@pytest.fixture
def losses(monkeypatch) -> list[float]:
    """The validation losses of what is trained, step by step."""
    found: list[float] = []
    original = PartModule.on_validation_epoch_end

    def note(self) -> None:
        original(self)
        found.append(float(self.trainer.callback_metrics["valid/loss"]))

    monkeypatch.setattr(PartModule, "on_validation_epoch_end", note)
    return found


def test_a_part_is_trained(train, tmp_path, losses, capsys):
    train(tmp_path / "exp")
    said = capsys.readouterr().out
    assert "first batch of this run: 3 of 0.25 s, -" in said and "first described as 'a " in said
    assert "no gradient" not in said and f"best validation loss {min(losses):.4f} at step" in said
    part = load_part(tmp_path / "exp" / "model")
    best = torch.load(tmp_path / "exp" / "ckpt" / "best.ckpt", weights_only=True)["state_dict"]
    assert all(torch.equal(best[f"part.{key}"], value) for key, value in part.state_dict().items())
    config = yaml.safe_load((tmp_path / "exp" / "model" / "config.yaml").read_text())
    assert config["part"] == CONFIG["part"] and config["sets"]["train"][0].endswith("/data/train")
    assert "`lass.parts.folder.load_part(FOLDER)`" in (tmp_path / "exp" / "model" / "README.md").read_text()
    train(tmp_path / "exp")
    assert "trained, nothing to do" in capsys.readouterr().out
    with pytest.raises(LassError, match=r"the training options changed: - lr: 0.003 \| \+ lr: 0.1"):
        train(tmp_path / "exp", "optimiser.lr=0.1")


def test_an_interrupted_training_ends_in_the_same_bits(train, tmp_path, losses, monkeypatch):
    train(tmp_path / "whole")
    expected, losses[:] = list(losses), []
    original = PartModule.training_step

    def interrupted(self, batch: dict, batch_idx: int) -> torch.Tensor:
        if batch_idx == 4:
            signal.raise_signal(signal.SIGTERM)
        return original(self, batch, batch_idx)

    monkeypatch.setattr(PartModule, "training_step", interrupted)
    with pytest.raises(SystemExit) as left:
        train(tmp_path / "cut")
    assert left.value.code == SAVED and not (tmp_path / "cut" / "model").exists() and len(losses) == 1
    monkeypatch.setattr(PartModule, "training_step", original)
    train(tmp_path / "cut")
    assert losses == expected
    weights = [(tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]


def test_masks_of_validation_are_the_same_each_time(train, tmp_path, losses):
    train(tmp_path / "exp", "optimiser.lr=0.0")
    assert len(losses) == 3 and len(set(losses)) == 1


@pytest.mark.parametrize("change, message", [
    ("train.seconds=0.5", "train: seconds 0.5: AudioMae hears 0.3 s: take less"),
    ("train.val_every=10", "train: val_every 10 is above max_steps 9"),
    ("train.second=1.0", "train: unknown key 'second'; PartSettings takes"),
    ("part.decoder=null", "without decoder cannot be trained"),
    ("data.segment=1.0", "unknown key 'data'; known are optimiser, part, schedule, seed, train"),
    ("schedule=null", "schedule: expected 'key: value' lines"),
])  # fmt: skip
def test_what_is_refused(train, tmp_path, change, message):
    with pytest.raises(LassError, match=message):
        train(tmp_path / "exp", change)
    assert not (tmp_path / "exp" / "model").exists()


@pytest.mark.parametrize("spoil, message", [
    (lambda wave: wave[1].fill_(torch.nan), "first batch: b is not finite"),
    (lambda wave: wave.zero_(), "first batch: all of a, b are silent"),
])  # fmt: skip
def test_a_useless_first_batch(spoil, message):
    batch = {"utt": ["a", "b"], "wave": torch.ones(2, 800), "captions": [[], []], "labels": [[], ["dog"]]}
    assert describe(batch, 8000) == "2 of 0.10 s, 0.0 dBFS, first described as 'dog'"
    spoil(batch["wave"])
    with pytest.raises(LassError, match=message):
        describe(batch, 8000)


def test_the_part_gets_all_that_is_said_of_a_clip(train, tmp_path, monkeypatch):
    seen = []
    original = AudioMae.training_loss
    monkeypatch.setattr(AudioMae, "training_loss", lambda self, batch: seen.append(batch) or original(self, batch))
    train(tmp_path / "exp", "train.max_steps=3")
    family = seen[0]["utt"][0].removeprefix("train-")[:-1]
    assert seen[0]["captions"][0] == [f"a {family} sounds", f"one {family}"] and seen[0]["labels"][0] == [family]
    assert seen[0]["wave"].shape == (3, 4000)
