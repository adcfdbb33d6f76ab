"""conf/slurm.conf: what becomes of the facts of a site."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys, launcher
from slurm_site import SiteError, read_site
try:
    site = read_site(launcher.parse(launcher.parser(), sys.argv[1:])[0])
    print(site.options, site.retries, site.settle)
except SiteError as error:
    sys.exit(str(error))
"""
FULL = """
[all]
partition = cpu
account = me
qos = long
time = 12:00:00
mem = 8G
constraint = a&b
extra = --exclude=n7 --comment="a b"
retries = 2
settle = 5
warning = 90
[gpu]
partition = gpu
account =
gpu = --gres=gpu:a100:{gpu} --gpu-bind=none
"""


def site(path: Path | None, *words: str) -> subprocess.CompletedProcess:
    environment = {"LASS_SLURM_CONF": str(path)} if path else {}
    return subprocess.run([sys.executable, "-c", PROGRAM, *words, "log", "true"], cwd=ROOT / "utils", text=True,
                          capture_output=True, env=environment)  # fmt: skip


@pytest.fixture
def full(tmp_path) -> Path:
    (tmp_path / "site.conf").write_text(FULL)
    return tmp_path / "site.conf"


COMMON = "'--time=12:00:00', '--mem=8G', '--constraint=a&b', "
EXTRA = "'--exclude=n7', '--comment=a b'] 2 5.0\n"


@pytest.mark.parametrize("words, expected", [
    ([], f"['--partition=cpu', '--account=me', '--qos=long', {COMMON}'--cpus-per-task=1', {EXTRA}"),
    (["--gpu", "2", "--num_threads", "3"],
     f"['--partition=gpu', '--account=me', '--qos=long', {COMMON}'--cpus-per-task=3', '--gres=gpu:a100:2', "
     f"'--gpu-bind=none', {EXTRA}"),
    (["--gpu", "8", "--num_nodes", "4", "--requeue"],
     f"['--partition=gpu', '--account=me', '--qos=long', {COMMON}'--cpus-per-task=1', '--gres=gpu:a100:8', "
     f"'--gpu-bind=none', '--nodes=4', '--ntasks-per-node=8', '--signal=B:USR1@90', {EXTRA}"),
    (["--mem", "1G"], f"['--partition=cpu', '--account=me', '--qos=long', {COMMON.replace('8G', '1G')}"
                      f"'--cpus-per-task=1', {EXTRA}"),
])  # fmt: skip
def test_options(words, expected, full):
    assert site(full, *words).stdout == expected


def test_the_file_of_the_repository_asks_for_nothing_special():
    assert site(None).stdout == "['--cpus-per-task=1'] 1 30.0\n"
    assert site(None, "--gpu", "2").stdout == "['--cpus-per-task=1', '--gpus-per-node=2'] 1 30.0\n"


@pytest.mark.parametrize("old, new, message", [
    ("qos = long", "quos = long", "[all]: unknown key 'quos'; known are account,"),
    ("retries = 2", "retries = two", "invalid literal for int"),
    ("retries = 2", "", "no 'retries'"),
    ("gpu = --gres=gpu:a100:{gpu} --gpu-bind=none", "", "no 'gpu'"),
    ("{gpu}", "{gpus}", "no 'gpus'"),
    ("[gpu]", "[gpu", "site.conf"),
    ("[gpu]", "[gpus]\n[gpu]", "unknown section [gpus]"),
    ('"a b"', '"a b', "No closing quotation"),
])  # fmt: skip
def test_faults_are_one_line(old, new, message, full):
    full.write_text(full.read_text().replace(old, new))
    refused = site(full, "--gpu", "1")
    assert refused.returncode == 1 and refused.stderr.count("\n") == 1
    assert refused.stderr.startswith(str(full)) and message in refused.stderr


def test_a_file_that_is_not_there(tmp_path):
    refused = site(tmp_path / "none.conf")
    assert refused.returncode == 1 and "none.conf" in refused.stderr and "No such file" in refused.stderr
