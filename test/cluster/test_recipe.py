"""A recipe on a real Slurm: the scores of all stages are those of the same recipe on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from recipes.conftest import add_tiny_recipe, copy_repository

SYSTEMS = ("mixture", "model", "control_interferer", "control_constant")


def run(recipe: Path, environment: dict[str, str], *options: str, seconds: float = 3600) -> str:
    """What run.sh prints."""
    environment = environment | {"LASS_PYTHON": sys.executable, "HF_HUB_OFFLINE": "1"}
    command = [recipe / "run.sh", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    return done.stdout + done.stderr


def scores(recipe: Path) -> dict:
    """Metrics and the score of each mixture, by system."""
    (folder,) = recipe.glob("exp/*/score/test")
    metrics = {system: json.loads((folder / system / "results.json").read_text())["metrics"] for system in SYSTEMS}
    return {system: metrics[system] | {"items": (folder / system / "items.tsv").read_text()} for system in SYSTEMS}


@pytest.fixture
def recipes(slurm, tmp_path) -> list[Path]:
    return [add_tiny_recipe(copy_repository(tmp_path / name)) for name in ("local", "cluster")]


def test_all_stages_give_the_scores_of_this_machine(recipes, slurm, tmp_path):
    """By arrays, and by way of a disk of the nodes whose name is a variable of the jobs."""
    local, cluster = recipes
    run(local, dict(os.environ), "--nj", "1")
    (tmp_path / "disk").mkdir()
    environment = slurm.environment | {"NODE_DISK": str(tmp_path / "disk")}
    arrays = ["--nj", "2", "--nj_separate", "2"]
    said = run(cluster, environment, "--cmd", "slurm", *arrays, "--scratch", "$NODE_DISK")
    assert scores(cluster) == scores(local)
    copied = {table.name for table in (tmp_path / "disk").rglob("*.scp")}
    assert copied == {"wav.scp", "ref.scp"} and len(list((tmp_path / "disk").rglob("*.flac"))) == 18 + 2 * (18 + 54)
    jobs = slurm.call("squeue", "-h", "--states=all", "--format=%j").split()  # those that Slurm has not forgotten yet
    assert any(name.startswith("score_test_model.JOB-") for name in jobs), jobs
    assert "2/2 jobs done" in said
    logs = [path.read_text() for path in cluster.glob("**/log/*.log")]
    assert len(logs) >= 2 * (3 + 2 + 3 + 4) + 3 + 2
    assert all("# peak memory of the largest process" in log for log in logs)
    assert not list(cluster.glob("**/.*.slurm"))
    assert run(cluster, slurm.environment | {"LASS_CMD": "slurm"}, "--nj", "1").count("nothing to do") >= 16
