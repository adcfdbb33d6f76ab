"""A training that is killed at any moment and started again ends in the same bits as one that was left alone."""

import functools
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lass.bin.__main__ import main
from lass.infer.model import Model
from lass.train.interruption import SAVED
from lass.train.module import SeparationModule

PATIENCE = 300  # s
CHANGES = {  # batches a step: options
    1: ["train.num_workers=2"],
    2: ["train.num_workers=2", "train.accumulate=2", "train.max_steps=12", "train.val_every=4"],
}
PLACES = {
    "training_step": SeparationModule,
    "configure_gradient_clipping": SeparationModule,
    "validation_step": SeparationModule,
    "save": torch,  # a checkpoint is half written
    "_state": Model,  # all is trained, and no model folder written
}
# Where SIGKILL comes, run after run: place, at which call of it in that run, and the step of the checkpoint then left
# (which tells as well that the run went on from the one before: a training from scratch would end in the same bits).
KILLS = {
    1: [
        ("training_step", 2, 0),
        ("training_step", 6, 3),
        ("training_step", 4, 6),
        ("validation_step", 1, 6),
        ("save", 2, 6),  # best.ckpt is that of step 8 already
        ("_state", 1, 24),
    ],
    2: [
        ("training_step", 8, 3),  # amid step 4
        ("training_step", 2, 3),  # again, in the first step of a run
        ("configure_gradient_clipping", 3, 4),
        ("validation_step", 3, 6),
    ],
}


def die_at(place: str, number: int) -> None:
    """SIGKILL this process group, workers included, at the ``number``-th call of a place."""
    owner, calls = PLACES[place], itertools.count(1)
    original: Callable = getattr(owner, place)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == number:
            if place == "save":
                Path(args[1]).write_bytes(b"half a checkpoint")
            os.killpg(0, signal.SIGKILL)
        return original(*args, **kwargs)

    setattr(owner, place, wrapped)


def lass(argv: list[str], log: Path, kill: tuple[str, int] | None) -> None:
    """The command ``lass``, in a process group of its own."""
    os.setsid()
    sys.stdout = sys.stderr = open(log, "a", buffering=1)
    if kill is not None:
        die_at(*kill)
    main(argv)


class Trainings:
    """Starts ``lass train`` in forks of this process, so that they need not import torch and Lightning anew."""

    def __init__(self, corpus: Any):
        self.corpus = corpus

    def start(self, experiment: Path, changes: list[str], kill: tuple[str, int] | None = None) -> BaseProcess:
        argv = ["train", *self.corpus.arguments(experiment, *changes)]
        process = multiprocessing.get_context("fork").Process(target=lass, args=(argv, experiment / "log", kill))
        process.start()
        return process

    def end(self, process: BaseProcess) -> int:
        """Its exit code: negative for a signal."""
        process.join(PATIENCE)
        if process.exitcode is None:
            os.killpg(process.pid, signal.SIGKILL)
            pytest.fail("the training does not end")
        return process.exitcode

    def run(self, experiment: Path, changes: list[str], kill: tuple[str, int] | None = None) -> None:
        code = self.end(self.start(experiment, changes, kill))
        assert code == (-signal.SIGKILL if kill else 0), (kill, code, (experiment / "log").read_text())


@pytest.fixture(scope="session")
def trainings(corpus) -> Trainings:
    return Trainings(corpus)


@pytest.fixture(scope="session")
def uninterrupted(corpus, trainings, tmp_path_factory) -> dict[int, Path]:
    """Experiments that nobody disturbed, by batches a step; the first is the command itself, started afresh."""
    found = {accumulate: tmp_path_factory.mktemp("uninterrupted") / "exp" for accumulate in CHANGES}
    for accumulate, experiment in found.items():
        corpus.embed(experiment)
        if accumulate == 1:
            command = [sys.executable, "-m", "lass.bin", "train", *corpus.arguments(experiment, *CHANGES[1])]
            subprocess.run(command, check=True, timeout=PATIENCE)
        else:
            trainings.run(experiment, CHANGES[accumulate])
    return found


def load(path: Path) -> dict:
    return torch.load(path, weights_only=True)


def last_step(experiment: Path) -> int:
    path = experiment / "ckpt" / "last.ckpt"
    return load(path)["global_step"] if path.exists() else 0


def same(a: Any, b: Any) -> bool:
    """Bit-equal, through mappings and sequences."""
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    return a == b


def scalars(experiment: Path, tag: str) -> dict[int, float]:
    """Step -> value of tensorboard; a step that ran twice must have had the same value twice."""
    events = EventAccumulator(str(experiment / "tb"))
    events.Reload()
    found: dict[int, float] = {}
    for event in events.Scalars(tag):
        assert found.setdefault(event.step, event.value) == event.value, (tag, event.step)
    return found


def assert_same_training(resumed: Path, reference: Path) -> None:
    assert (resumed / "model/model.safetensors").read_bytes() == (reference / "model/model.safetensors").read_bytes()
    assert same(load(resumed / "ckpt/best.ckpt")["state_dict"], load(reference / "ckpt/best.ckpt")["state_dict"])
    last, expected = load(resumed / "ckpt/last.ckpt"), load(reference / "ckpt/last.ckpt")
    for part in ("global_step", "state_dict", "optimizer_states", "lr_schedulers", "callbacks"):
        assert same(last[part], expected[part]), part  # callbacks: the best score and its step
    for tag in ("train/loss", "train/lr", "train/grad_norm", "valid/sdri"):
        found = scalars(resumed, tag)  # it may lack the last values before a kill, which tensorboard had in memory
        assert found and found.items() <= scalars(reference, tag).items(), tag


@pytest.mark.parametrize("accumulate", KILLS)
def test_killed_at_chosen_places(accumulate, corpus, trainings, uninterrupted, tmp_path):
    experiment, changes = tmp_path / "exp", CHANGES[accumulate]
    corpus.embed(experiment)
    for place, number, step in KILLS[accumulate]:
        trainings.run(experiment, changes, (place, number))
        assert last_step(experiment) == step, (place, number)
        assert not (experiment / "model" / "config.yaml").exists()
    trainings.run(experiment, changes)
    assert_same_training(experiment, uninterrupted[accumulate])


def test_killed_from_outside(corpus, trainings, uninterrupted, tmp_path):
    """At moments that the training does not choose: soon after a checkpoint, twice."""
    experiment, changes = tmp_path / "exp", CHANGES[1]
    corpus.embed(experiment)
    last = experiment / "ckpt" / "last.ckpt"
    for _ in range(2):
        step, before = last_step(experiment), last.stat().st_mtime_ns if last.exists() else 0
        process = trainings.start(experiment, changes)
        while not last.exists() or last.stat().st_mtime_ns == before:
            assert process.is_alive(), (experiment / "log").read_text()
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGKILL)
        assert trainings.end(process) == -signal.SIGKILL
        assert last_step(experiment) > step
    trainings.run(experiment, changes)
    assert_same_training(experiment, uninterrupted[1])


def test_the_comparison_sees_dropout(corpus, trainings, uninterrupted, tmp_path):
    corpus.embed(tmp_path / "exp")
    trainings.run(tmp_path / "exp", [*CHANGES[1], "encoder.dropout=0.0"])
    with pytest.raises(AssertionError):
        assert_same_training(tmp_path / "exp", uninterrupted[1])


def test_killed_while_asked_by_audio(corpus, trainings, tiny_models, tmp_path):
    """Which examples are asked by text, and by which of the texts, is the same in the second run."""
    encoder = f"encoder={{class: lass.queries.clap.Clap, model: {tiny_models['Clap']}}}"
    changes = [encoder, "query.text_ratio=0.5", "train.max_steps=8", "train.val_every=4", "train.num_workers=2"]
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
        corpus.embed(tmp_path / name, *changes)
    trainings.run(tmp_path / "whole", changes)
    trainings.run(tmp_path / "killed", changes, ("training_step", 7))
    assert last_step(tmp_path / "killed") == 6
    trainings.run(tmp_path / "killed", changes)
    assert_same_training(tmp_path / "killed", tmp_path / "whole")


@pytest.mark.parametrize("number, accumulate", [(signal.SIGTERM, 1), (signal.SIGUSR1, 1), (signal.SIGTERM, 2)])
def test_told_to_end(number, accumulate, corpus, trainings, uninterrupted, tmp_path):
    """As a cluster does when time is up or another job needs the node: to all processes, workers of the loader too."""
    experiment, changes = tmp_path / "exp", CHANGES[accumulate]
    corpus.embed(experiment)
    for _ in range(2):
        before = last_step(experiment)
        process = trainings.start(experiment, changes)
        while last_step(experiment) == before:  # half written ones have another name
            assert process.is_alive(), (experiment / "log").read_text()
            time.sleep(0.002)
        os.killpg(process.pid, number)
        assert trainings.end(process) == SAVED, (experiment / "log").read_text()
        said = (experiment / "log").read_text().splitlines()[-1]
        assert f"interrupted at step {last_step(experiment)}, the state is saved" in said
    trainings.run(experiment, changes)
    assert_same_training(experiment, uninterrupted[accumulate])
