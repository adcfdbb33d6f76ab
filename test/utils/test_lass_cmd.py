"""Which launcher a recipe takes: egs/cmd.sh, LASS_CMD, --cmd, the last of them that is given."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("variable, option, accepted", [
    ("", "", True), ("slurm", "", True), ("local", "", True), ("", "slurm", True), ("", "local", True),
    ("none", "", False), ("none", "run", True), ("slurm", "none", False), ("", "launcher", False),
])  # fmt: skip
def test_launchers(variable, option, accepted, repo):
    words = [repo / "egs" / "mini" / "run.sh", "--stage", "11", *(["--cmd", option] if option else [])]
    environment = os.environ | {"LASS_PYTHON": sys.executable, "LASS_CMD": variable}
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert (done.returncode == 0) == accepted, done.stderr
    assert accepted or "no launcher utils/" in done.stderr and done.stderr.endswith("run or slurm\n")
