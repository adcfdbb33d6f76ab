"""egs/mini, as a user runs it, on this machine and on a real Slurm: the same scores.

It takes about twice as long as the recipe alone, so that it runs only when it is named:

    test/run.sh test/cluster/mini.py -s
    LASS_MINI_SET="train.max_steps=20 train.val_every=20" test/run.sh test/cluster/mini.py -s
"""

import os
import time

from cluster.test_recipe import run, scores
from recipes.conftest import copy_repository


def test_mini(slurm, tmp_path):
    found, begun = {}, time.perf_counter()
    for launcher, environment in (("run", dict(os.environ)), ("slurm", slurm.environment)):
        recipe = copy_repository(tmp_path / launcher) / "egs" / "mini"
        options = ["--nj", "2", "--set", os.environ.get("LASS_MINI_SET", "")]
        run(recipe, environment, "--cmd", launcher, *options, seconds=7200)
        found[launcher] = scores(recipe)
        print(f"\n--cmd {launcher}: all stages in {time.perf_counter() - begun:.0f} s")
        for system, metrics in found[launcher].items():
            print(f"  {system:20s}", *(f"{name} {metrics[name]}" for name in metrics if name != "items"), sep="  ")
        begun = time.perf_counter()
    assert found["slurm"] == found["run"]
