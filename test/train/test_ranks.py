"""Training in several processes: the same loss curve as in one, each example once."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lass.errors import LassError
from lass.train import ranks
from lass.train.loader import ConsumedSampler

PROGRAM = Path(__file__).with_name("rank_program.py")
ROOT = PROGRAM.parents[2]


def train(corpus, folder: Path, network: str, ngpu: int, **changes) -> Path:
    """Train to the end in ``ngpu`` processes; returns the experiment."""
    corpus.embed(folder)
    config = yaml.safe_load(corpus.config.read_text())
    config["encoder"]["dropout"] = 0.0  # drawn by each rank
    config["train"] |= {"batch_size": 4, "max_steps": 12, "val_every": 6, "num_workers": 1} | changes
    (folder / "config.json").write_text(json.dumps(config))
    words = [folder / "config.json", folder, corpus.data, ngpu, 1, network]
    done = subprocess.run([sys.executable, PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=300,
                          env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder


def curve(experiment: Path, tag: str) -> list[float]:
    events = EventAccumulator(str(experiment / "tb"))
    events.Reload()
    return [event.value for event in events.Scalars(tag)]


def examples(experiment: Path, rank: int) -> list[str]:
    return (experiment / f"examples.{rank}").read_text().splitlines()


@pytest.mark.parametrize("network, precision, tolerance", [("plain", "64-true", 1e-7), ("resunet", "32-true", 1e-3)])
def test_two_processes_train_as_one(network, precision, tolerance, corpus, tmp_path):
    accumulate = 2 if network == "plain" else 1
    changes = {"accumulate": accumulate, "precision": precision}
    one, two = (train(corpus, tmp_path / str(n), network, n, **changes) for n in (1, 2))
    for tag in ("train/loss", "train/grad_norm", "valid/sdri"):
        expected = curve(one, tag)
        assert len(expected) == (2 if tag == "valid/sdri" else 12)
        assert curve(two, tag) == pytest.approx(expected, rel=tolerance, abs=tolerance), tag
    if precision == "64-true":  # in float32, Adam turns the rounding of gradients that should be 0 into steps
        weights = [torch.load(run / "ckpt" / "last.ckpt", weights_only=True)["state_dict"] for run in (one, two)]
        for name, weight in weights[0].items():
            assert torch.allclose(weights[1][name], weight, rtol=1e-6, atol=1e-8), name
    # As many steps in each rank, each example once, and the same ones as in one process.
    shares = [examples(two, rank) for rank in (0, 1)]
    assert len(shares[0]) == len(shares[1]) == 12 * accumulate * 2
    assert sorted(shares[0] + shares[1]) == sorted(examples(one, 0))
    waves = [line.split()[-1] for line in shares[0] + shares[1]]
    assert len(set(waves)) == len(waves)  # no mixture twice, in ranks or workers


def test_shares_of_a_batch():
    whole = list(ConsumedSampler(6, 4))
    shares = [list(ConsumedSampler(6, 4, rank, 3)) for rank in range(3)]
    for batch in range(4):
        assert sum((share[batch] for share in shares), []) == whole[batch]
    late = ConsumedSampler(6, 4, 1, 3)
    late.start = 2
    assert list(late) == shares[1][2:]


def test_a_batch_that_cannot_be_shared():
    with pytest.raises(LassError, match="train.batch_size 5: .* 2 do not divide it"):
        ConsumedSampler(5, 1, 0, 2)


def test_more_gpus_than_there_are(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(LassError, match="--ngpu 4: this machine has 2 GPUs"):
        ranks.trainer_options(4, 1)


def test_several_nodes_need_srun(monkeypatch):
    monkeypatch.delenv("SLURM_STEP_NUM_TASKS", raising=False)
    with pytest.raises(LassError, match="--num_nodes 2: needs srun to start 2 processes"):
        ranks.trainer_options(0, 2)


@pytest.mark.parametrize("nodes, first", [
    ("gpu-node[01-02]", "gpu-node01"), ("gpu-node07", "gpu-node07"), ("n[3,7-9],m[1-2]", "n3"), ("a-1,b-2", "a-1"),
    ("rack2-gpu[011]", "rack2-gpu011"),
])  # fmt: skip
def test_names_of_nodes(nodes, first, monkeypatch):
    for name, value in {"SLURM_STEP_NUM_TASKS": "2", "SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "1",
                        "SLURM_NODELIST": nodes, "MASTER_ADDR": ""}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MASTER_ADDR")
    (environment,) = ranks.trainer_options(1 if torch.cuda.is_available() else 0, 2)["plugins"]
    assert environment.main_address == first
