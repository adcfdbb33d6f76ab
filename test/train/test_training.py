"""What a training writes, when it stops, and what it says then."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

import lass
from lass import config as configuration
from lass.bin import embed, train
from lass.errors import LassError
from lass.queries.pretrained import PretrainedEncoder
from lass.train.checkpoints import AtomicCheckpointIO
from lass.train.fit import Training
from lass.train.module import SeparationModule
from lass.train.system import check

SHORT = ["train.max_steps=4", "train.val_every=2", "train.checkpoint_every=1"]


def training(corpus, experiment: Path, *changes: str) -> Training:
    return Training(configuration.load([corpus.config], changes), experiment, corpus.data)


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory) -> Path:
    """A finished short experiment."""
    folder = tmp_path_factory.mktemp("trained") / "exp"
    corpus.embed(folder)
    corpus.train(folder, *SHORT)
    return folder


def test_files(trained, corpus, capsys):
    assert {p.name for p in (trained / "ckpt").iterdir()} == {"best.ckpt", "last.ckpt"}
    assert {p.name for p in (trained / "model").iterdir()} == {
        "config.yaml", "model.safetensors", "tokenizer.model", "SHA256SUMS", ".done",
    }  # fmt: skip
    assert list((trained / "tb").glob("events.out.tfevents.*"))
    assert {p.name for p in trained.rglob(".*")} == {".begun", ".done"}
    model = lass.load(str(trained / "model"), "cpu")
    best = torch.load(trained / "ckpt" / "best.ckpt", weights_only=True)["state_dict"]
    assert all(torch.equal(value, best[f"separator.{key}"]) for key, value in model.separator.state_dict().items())
    last = torch.load(trained / "ckpt" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 4 and last["optimizer_states"]


def test_a_finished_training_does_nothing(trained, corpus, contents, capsys):
    before = contents(trained)
    corpus.train(trained, *SHORT)
    assert capsys.readouterr().out == f"{trained}: trained, nothing to do\n"
    assert contents(trained) == before


def test_changed_options_stop_with_the_difference(trained, corpus, contents):
    before = contents(trained)
    with pytest.raises(LassError) as caught:
        corpus.train(trained, *SHORT, "optimiser.lr=0.5", "data.segment=0.2")
    message = str(caught.value)
    for part in (f"{trained}/config.yaml: ", "- lr: 0.01 | + lr: 0.5", "- segment: 0.1 | + segment: 0.2", "--tag"):
        assert part in message
    assert "\n" not in message and "max_steps" not in message and contents(trained) == before


def test_changed_data_stop(corpus, experiment, monkeypatch, tmp_path):
    """Neither a resumed nor a finished training may pass for one on other data."""
    monkeypatch.setattr(corpus, "data", shutil.copytree(corpus.data, tmp_path / "data"))
    corpus.train(experiment, *SHORT)
    with open(corpus.data / "train" / "captions", "a") as captions:
        captions.write("train-whistle1#2 a new caption\n")
    with pytest.raises(LassError, match=f"^{experiment}: the training data changed: .*--tag"):
        corpus.train(experiment, *SHORT)


def test_what_was_asked_is_written_before_the_first_step(corpus, experiment, monkeypatch):
    seen = {}

    def first_step(*_):
        seen.update({p.name: p.read_text() for p in experiment.iterdir() if p.is_file()})
        raise KeyboardInterrupt

    monkeypatch.setattr(SeparationModule, "on_train_batch_start", first_step)
    argv = corpus.arguments(experiment, *SHORT, "query.template=it's {}; $(x)")
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train.main(argv)
    assert set(seen) == {"config.yaml", "run.sh", "git.txt", ".begun"}
    assert yaml.safe_load(seen["config.yaml"]) == configuration.load([corpus.config], argv[7::2])
    assert re.fullmatch(r"([0-9a-f]{40}( \(dirty\))?|unknown)\n", seen["git.txt"])
    replay = experiment / "replay.sh"  # the shell hands back the very arguments
    replay.write_text(seen["run.sh"].replace("exec ", "printf '%s\\n' "))
    printed = subprocess.run(["sh", str(replay)], check=True, capture_output=True, text=True).stdout
    assert printed.splitlines() == [sys.executable, "-m", "lass.bin.train", *argv]


def test_non_finite_loss(corpus, experiment):
    broken = training(corpus, experiment, *SHORT)
    with torch.no_grad():
        broken.separator.base.after_conv.bias[0] = float("nan")
    pair = r"train-\w+ \+ train-\w+"
    with pytest.raises(LassError, match=rf"^step 1: loss is nan; examples: {pair}, {pair}\. "):
        broken.run()
    assert not (experiment / "ckpt").exists()


def test_non_finite_gradient(corpus, experiment):
    """At step 3; the state of step 2 stays, and no weight of it is damaged."""
    broken = training(corpus, experiment, *SHORT)
    calls = iter([1.0, 1.0, float("inf"), 1.0])
    broken.separator.base.after_conv.bias.register_hook(lambda gradient: gradient * next(calls))
    with pytest.raises(LassError, match=r"^step 3: gradient norm is (inf|nan); examples: train-\w+ \+ train-"):
        broken.run()
    last = torch.load(experiment / "ckpt" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 2
    assert all(torch.isfinite(value).all() for value in last["state_dict"].values())


def test_overfit_batch(corpus, experiment, contents, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    train.main([*corpus.arguments(experiment), "--overfit_batch", "40"])
    found = re.search(r"loss of one batch: (\S+) at step 1, (\S+) in the last of 40 steps", capsys.readouterr().out)
    assert float(found[2]) < float(found[1]) - 1.0  # dB
    assert contents(tmp_path) == before
    with pytest.raises(LassError, match="did not fall"):
        train.main([*corpus.arguments(experiment, "optimiser.lr=0.0"), "--overfit_batch", "3"])
    assert contents(tmp_path) == before


def test_the_gradient_is_clipped(corpus, experiment):
    clipped = training(corpus, experiment, *SHORT, "train.grad_clip=0.001")
    clipped.encoder.requires_grad_(False)
    for weight in clipped.module.parameters():
        weight.grad = torch.ones_like(weight) if weight.requires_grad else None
    optimiser = clipped.module.configure_optimizers()["optimizer"]
    clipped.module.log = lambda *_: None
    clipped.module.configure_gradient_clipping(optimiser)
    gradients = [weight.grad for weight in clipped.module.parameters() if weight.grad is not None]
    assert float(torch.nn.utils.get_total_norm(gradients)) == pytest.approx(0.001, rel=1e-3)


class TestAtomicCheckpointIO:
    def test_a_checkpoint_is_whole_or_not_there(self, tmp_path, monkeypatch):
        io, path = AtomicCheckpointIO(), tmp_path / "ckpt" / "last.ckpt"
        io.save_checkpoint({"step": 1, "weight": torch.ones(3)}, path)
        whole = path.read_bytes()

        def failing(_, target):
            Path(target).write_bytes(whole[: len(whole) // 2])
            raise OSError("no space left on device")

        monkeypatch.setattr(torch, "save", failing)
        with pytest.raises(OSError, match="no space"):
            io.save_checkpoint({"step": 2}, path)
        assert path.read_bytes() == whole and [p.name for p in path.parent.iterdir()] == ["last.ckpt"]
        assert io.load_checkpoint(path)["step"] == 1
        assert path.stat().st_mode & stat.S_IRUSR

    def test_no_code_is_run_from_a_checkpoint(self, tmp_path):
        class Trap:
            def __reduce__(self):
                return Path.touch, (tmp_path / "run",)

        torch.save({"state_dict": Trap()}, tmp_path / "last.ckpt")
        with pytest.raises(Exception, match="[Ww]eights.only"):
            AtomicCheckpointIO().load_checkpoint(tmp_path / "last.ckpt")
        assert not (tmp_path / "run").exists()


def test_frozen_encoder(corpus, tiny_models, tmp_path, monkeypatch):
    """Stage embed fills the cache; the training reads it and never loads the encoder's weights."""
    raw = yaml.safe_load(corpus.config.read_text())
    raw["encoder"] = {"class": "lass.queries.clip.ClipText", "model": str(tiny_models["ClipText"])}
    monkeypatch.setattr(corpus, "config", tmp_path / "clip.yaml")
    corpus.config.write_text(yaml.safe_dump(raw))
    with pytest.raises(LassError, match="run stage embed"):
        corpus.train(tmp_path / "unprepared", *SHORT)
    experiment = tmp_path / "exp"
    corpus.embed(experiment, *SHORT)
    shutil.rmtree(corpus.data / "embed")  # the way out when a cache is damaged
    corpus.embed(experiment, *SHORT)
    with monkeypatch.context() as without:
        without.setattr(PretrainedEncoder, "backbone", property(lambda self: pytest.fail("the encoder was loaded")))
        corpus.train(experiment, *SHORT)
    last = torch.load(experiment / "ckpt" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 4 and all(key.startswith("separator.") for key in last["state_dict"])
    elsewhere = shutil.move(experiment / "model", tmp_path / "elsewhere")
    config = yaml.safe_load((elsewhere / "config.yaml").read_text())
    assert config["encoder"]["model"] == "encoder"  # the model brings it along
    model = lass.load(str(elsewhere), "cpu")
    wave = torch.randn(500).numpy()
    assert (model.separate(wave, 8000, "a bell") != model.separate(wave, 8000, "a horn")).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.steps=3", "train: unknown key 'steps'"),
        ("separator.width=3", "separator: unknown key 'width'"),
        ("query.tmplate=x", "query: unknown key 'tmplate'"),
        ("query.pick=two", "query: pick 'two'"),
        ("data.segmnt=3", "data: unknown key 'segmnt'"),
        ("loss={class: lass.losses.l1.l3}", "class 'lass.losses.l1.l3'"),
        ("train.val_every=25", "train: val_every 25 is above max_steps 24"),
        ("separator.window=100", "separator: window 100"),
        ("query.text_ratio=1.5", "query: text_ratio 1.5 is not within 0 and 1"),
        ("query.otherwise=video", "query: otherwise 'video' is not one of audio, image"),
        ("query.text_ratio=0.5", "otherwise: audio: TextTransformer encodes text, not audio: choose another encoder"),
        ("data.sets=[{dir: train, text_ratio: 0}]", "otherwise: audio: TextTransformer encodes text, not audio"),
        ("data.sets=[train]", "data.sets: 'train' is not {dir: .."),
    ],
)
def test_wrong_options_are_one_line_and_leave_nothing(change, message, corpus, tmp_path):
    with pytest.raises(LassError) as caught:
        corpus.train(tmp_path / "exp", change)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "exp").exists()


@pytest.mark.parametrize("section", ["data", "query", "train", "encoder", "seed"])
def test_missing_sections(section, corpus, tmp_path):
    config = configuration.read_yaml(corpus.config)
    del config[section]
    with pytest.raises(LassError, match=f"(missing section '{section}'|^{section}: expected)"):
        check(config)
    path = tmp_path / "part.yaml"
    path.write_text(yaml.safe_dump(config))
    for stage in (embed, train):
        with pytest.raises(LassError, match=f"(missing section '{section}'|^{section}: (expected|missing))"):
            stage.main(["--exp", str(tmp_path / "exp"), "--data_root", str(corpus.data), "--config", str(path)])
