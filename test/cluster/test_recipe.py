"""A recipe on a real Slurm: the scores of all stages are those of the same recipe on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from recipes.conftest import add_tiny_recipe, copy_repository

EXP = Path("exp/tiny_tiny")
SYSTEMS = ("mixture", "model", "control_interferer", "control_constant")


def run(recipe: Path, environment: dict[str, str], *options: str) -> str:
    environment = environment | {"LASS_PYTHON": sys.executable, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([recipe / "run.sh", *options], env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    return done.stdout + done.stderr


def scores(recipe: Path) -> dict:
    folder = recipe / EXP / "score" / "test"
    return {system: json.loads((folder / system / "results.json").read_text())["metrics"] for system in SYSTEMS}


@pytest.fixture
def recipes(slurm, tmp_path) -> list[Path]:
    return [add_tiny_recipe(copy_repository(tmp_path / name)) for name in ("local", "cluster")]


def test_all_stages_give_the_scores_of_this_machine(recipes, slurm):
    local, cluster = recipes
    run(local, dict(os.environ), "--nj", "3")
    said = run(cluster, slurm.environment, "--cmd", "slurm", "--nj", "3", "--nj_separate", "2")
    assert scores(cluster) == scores(local)
    items = [(recipe / EXP / "score/test/model/items.tsv").read_text() for recipe in recipes]
    assert items[0] == items[1]
    jobs = slurm.call("squeue", "-h", "--states=all", "--format=%j").split()  # those that Slurm has not forgotten yet
    assert any(name.startswith("score_test_model.JOB-") for name in jobs), jobs
    assert "3/3 jobs done" in said
    logs = [path.read_text() for path in cluster.glob("**/log/*.log")]
    assert len(logs) >= 3 * 5 + 4 and all("# peak memory of the largest process" in log for log in logs)
    assert not list(cluster.glob("**/.*.slurm"))
    assert run(cluster, slurm.environment | {"LASS_CMD": "slurm"}).count("nothing to do") >= 16
