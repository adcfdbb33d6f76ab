"""Training on two nodes of a real Slurm, warned and preempted: the weights are those of two local processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from train.conftest import Corpus

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 900  # s, on a machine that has much else to do
CHANGES = ["data.segment=1.0", "train.max_steps=60", "train.val_every=30", "train.num_workers=1", "train.batch_size=4"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"))


def train_command(corpus: Corpus, experiment: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "lass.bin", "train", *corpus.arguments(experiment, *CHANGES), *options]


def test_two_nodes_warned_and_preempted(slurm, corpus, tmp_path):
    local, cluster = tmp_path / "local", tmp_path / "cluster"
    path = {"PYTHONPATH": str(ROOT), "MASTER_ADDR": "127.0.0.1"}  # n1 and n2 are no names of machines here
    corpus.embed(local, *CHANGES)
    corpus.embed(cluster, *CHANGES)
    subprocess.run(train_command(corpus, local, "--ngpu", "2"), env=os.environ | path, check=True, timeout=PATIENCE)

    launcher = [sys.executable, str(ROOT / "utils" / "slurm.py"), "--num_nodes", "2", "--requeue", f"{tmp_path}/log"]
    checkpoint, log = cluster / "ckpt" / "last.ckpt", tmp_path / "log"
    with subprocess.Popen(
        [*launcher, *train_command(corpus, cluster, "--num_nodes", "2")],
        env=slurm.environment | path, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        def in_its_middle(run: int) -> None:
            began = lambda: log.exists() and log.read_text().count("first batch of this run") >= run  # noqa: E731
            slurm.wait_until(began, f"run {run} does not begin: {log}", PATIENCE)

        in_its_middle(1)
        (job,) = slurm.call("squeue", "-h", "--states=running", "--format=%A").split()
        slurm.call("scancel", "--signal=USR1", "--batch", job)
        in_its_middle(2)
        assert checkpoint.exists() and "exit code 75" in log.read_text()
        slurm.call("srun", "--partition=urgent", "--nodes=2", "--exclusive", "true")
        assert process.wait(PATIENCE) == 0, process.stderr.read()
    text = log.read_text()
    assert text.count("# started") == 3 and text.count("the state is saved") == 2
    assert text.count("first batch of this run") == 3
    for name in ("model/model.safetensors", "model/config.yaml"):
        assert (cluster / name).read_bytes() == (local / name).read_bytes(), name
