"""The launcher of this machine, utils/run.py: what is its own; its contract is in test_launchers.py."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).resolve().parents[2] / "utils" / "run.py"


def launch(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(LAUNCHER), *words], capture_output=True, text=True,
                          env={**os.environ, **environment}, timeout=300)


def test_each_job_gets_gpus_of_its_own(tmp_path: Path) -> None:
    script = "echo gpus $CUDA_VISIBLE_DEVICES; sleep 0.3"
    result = launch("--gpu", "2", "--max_jobs", "8", "JOB=1:3", f"{tmp_path}/JOB.log", "bash", "-c", script,
                    CUDA_VISIBLE_DEVICES="4,5,6,7")
    assert result.returncode == 0
    logs = [(tmp_path / f"{n}.log").read_text() for n in (1, 2, 3)]
    assert "gpus 4,5\n" in logs[0] and "gpus 6,7\n" in logs[1] and ("gpus 4,5\n" in logs[2] or "gpus 6,7\n" in logs[2])


def test_more_gpus_than_there_are(tmp_path: Path) -> None:
    result = launch("--gpu", "3", f"{tmp_path}/log", "true", CUDA_VISIBLE_DEVICES="0,1")
    assert result.returncode == 1 and "this machine has 2" in result.stderr


def test_more_machines_than_one(tmp_path: Path) -> None:
    result = launch("--num_nodes", "2", f"{tmp_path}/log", "true")
    assert result.returncode == 2 and "has one machine" in result.stderr


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc to see which processes live")
def test_no_job_outlives_a_killed_launcher(tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; exec sleep 100"
    with subprocess.Popen([sys.executable, LAUNCHER, f"{tmp_path}/log", "bash", "-c", script]) as launcher:
        end = time.time() + 90
        while not (tmp_path / "pid").exists():
            assert time.time() < end
            time.sleep(0.02)
        pid = int((tmp_path / "pid").read_text())
        launcher.send_signal(signal.SIGKILL)
    while running(pid):
        assert time.time() < end
        time.sleep(0.02)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
