"""The launcher of this machine: utils/run.py."""

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
                          env={**os.environ, **environment}, timeout=60)


def alive(pid: int) -> bool:
    """True while a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds: float = 20.0) -> bool:
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_replaces_job_in_log_and_arguments(tmp_path: Path) -> None:
    result = launch("JOB=2:4", f"{tmp_path}/deep/job.JOB.log", sys.executable, "-c", "import sys; print(sys.argv[1:])",
                    "part.JOB", "--num_threads", "$(id); 'a  b'")
    assert result.returncode == 0
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == [f"job.{n}.log" for n in (2, 3, 4)]
    log = (tmp_path / "deep/job.3.log").read_text()
    assert """['part.3', '--num_threads', "$(id); 'a  b'"]""" in log  # no shell saw it
    assert log.startswith(f"# {sys.executable}") and "# started " in log and "with exit code 0\n" in log
    assert "3/3 jobs done" in result.stderr


def test_the_word_job_stays_without_job_range(tmp_path: Path) -> None:
    assert launch(f"{tmp_path}/JOB.log", "echo", "JOB").returncode == 0
    assert "\nJOB\n" in (tmp_path / "JOB.log").read_text()


def test_failure_shows_the_first_failed_log_and_runs_the_others(tmp_path: Path) -> None:
    script = "echo this is JOB; [ JOB != 2 ] && [ JOB != 3 ]"
    result = launch("JOB=1:4", f"{tmp_path}/JOB.log", "bash", "-c", script)
    assert result.returncode == 1
    assert "this is 2" in result.stderr and "this is 3" not in result.stderr
    assert f"2 of 4 jobs failed; the first: {tmp_path}/2.log" in result.stderr.splitlines()[-1]
    assert "with exit code 0" in (tmp_path / "4.log").read_text()
    assert "with exit code 1" in (tmp_path / "2.log").read_text()


def test_command_that_does_not_exist(tmp_path: Path) -> None:
    result = launch(f"{tmp_path}/log", "no-such-command-here")
    assert result.returncode == 1
    assert "cannot start no-such-command-here: No such file" in (tmp_path / "log").read_text()


def test_killed_job_is_a_failure(tmp_path: Path) -> None:
    assert launch(f"{tmp_path}/log", "bash", "-c", "kill -9 $$").returncode == 1
    assert "exit code -9" in (tmp_path / "log").read_text()


def test_max_jobs_limits_how_many_run_at_once(tmp_path: Path) -> None:
    script = "touch $0/run.JOB; sleep 0.2; ls $0 | grep -c run; rm $0/run.JOB"
    (tmp_path / "now").mkdir()
    launch("--max_jobs", "2", "JOB=1:6", f"{tmp_path}/JOB.log", "bash", "-c", script, f"{tmp_path}/now")
    counts = [int((tmp_path / f"{n}.log").read_text().splitlines()[2]) for n in range(1, 7)]
    assert max(counts) == 2


def test_sets_thread_counts(tmp_path: Path) -> None:
    launch("--num_threads", "3", f"{tmp_path}/log", "bash", "-c", "echo $OMP_NUM_THREADS $MKL_NUM_THREADS")
    assert "\n3 3\n" in (tmp_path / "log").read_text()


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


def test_verbose_shows_the_log_live(tmp_path: Path) -> None:
    result = launch("--verbose", f"{tmp_path}/log", "bash", "-c", r"printf '1/2\r2/2\n'; echo err >&2; exit 3")
    assert "1/2\r2/2\nerr\n".replace("\r", "\n") in result.stderr  # text mode makes a line end of \r
    assert b"1/2\r2/2\nerr\n" in (tmp_path / "log").read_bytes()
    assert result.returncode == 1


@pytest.mark.parametrize("words, message", [
    (["JOB=3:1", "log.JOB", "true"], "expected JOB=first:last"),
    (["JOB=a", "log.JOB", "true"], "expected JOB=first:last"),
    (["JOB=1:2", "log", "true"], "need JOB in the name of their log"),
    (["--verbose", "JOB=1:2", "log.JOB", "true"], "no --verbose"),
    (["log"], "expected a log and a command"),
    (["--max_jobs", "0", "log", "true"], "at least 1"),
])
def test_wrong_calls(words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = launch(*words)
    assert result.returncode == 2 and message in result.stderr and not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc to see which processes live")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_job_outlives_the_launcher(number: int, tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; exec sleep 100"
    with subprocess.Popen([sys.executable, LAUNCHER, f"{tmp_path}/log", "bash", "-c", script]) as launcher:
        assert wait_until((tmp_path / "pid").exists)
        pid = int((tmp_path / "pid").read_text())
        assert alive(pid)
        launcher.send_signal(number)
        assert launcher.wait(20) == (-9 if number == signal.SIGKILL else 128 + number)
    assert wait_until(lambda: not alive(pid))
