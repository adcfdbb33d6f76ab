"""The contract of the launchers, for the one of this machine and the one of a cluster, on a real Slurm."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.slurm import PATIENCE

UTILS = Path(__file__).resolve().parents[2] / "utils"
LAUNCHERS = sorted({path.stem for path in UTILS.glob("*.py")} & {"run", "slurm"})
ODD = ["", " ", "a  b", "$(id)", "`id`", "$HOME", "'", '"', "\\", "\n", "a\nb ", "*", "--mem", "é", "%a %A", "#", ";&|"]
PRINT_ARGUMENTS = "import json, sys; print('arguments', json.dumps(sys.argv[1:]))"

Launch = Callable[..., subprocess.CompletedProcess]


def test_both_launchers_are_there() -> None:
    assert LAUNCHERS == ["run", "slurm"]


@pytest.fixture(params=LAUNCHERS)
def launcher(request: pytest.FixtureRequest) -> tuple[list[str], dict[str, str]]:
    """The command of a launcher and its environment."""
    environment = os.environ if request.param == "run" else request.getfixturevalue("slurm").environment
    return [sys.executable, str(UTILS / f"{request.param}.py")], dict(environment)


@pytest.fixture
def launch(launcher) -> Launch:
    command, environment = launcher

    def call(*words: str, **more: str) -> subprocess.CompletedProcess:
        return subprocess.run([*command, *words], capture_output=True, text=True, env=environment | more,
                              timeout=PATIENCE)  # fmt: skip

    return call


def alive(pid: int) -> bool:
    """True while a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition, seconds: float = PATIENCE) -> bool:
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_replaces_job_in_log_and_arguments(launch: Launch, tmp_path: Path) -> None:
    words = [sys.executable, "-c", PRINT_ARGUMENTS, "part.JOB", "JOB-JOB"]
    result = launch("JOB=2:4", f"{tmp_path}/deep/job.JOB.log", *words)
    assert result.returncode == 0, result.stderr
    logs = sorted(path for path in (tmp_path / "deep").iterdir())
    assert [path.name for path in logs] == [f"job.{n}.log" for n in (2, 3, 4)]  # and nothing else is left
    log = logs[1].read_text()
    assert 'arguments ["part.3", "3-3"]' in log
    assert log.startswith(f"# {sys.executable}") and "# started " in log and " on " in log
    assert "with exit code 0\n" in log.splitlines(keepends=True)[-1]
    assert "3/3 jobs done" in result.stderr


def test_arguments_arrive_unchanged(launch: Launch, tmp_path: Path) -> None:
    assert launch(f"{tmp_path}/log", sys.executable, "-c", PRINT_ARGUMENTS, *ODD).returncode == 0
    (line,) = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("arguments ")]
    assert json.loads(line.removeprefix("arguments ")) == ODD


def test_odd_names_of_logs(launch: Launch, tmp_path: Path) -> None:
    log = tmp_path / "a b%j $x 'q'" / "JOB%A.log"
    assert launch("JOB=1:1", str(log), "echo", "here").returncode == 0
    assert "\nhere\n" in (log.parent / "1%A.log").read_text()


def test_the_word_job_stays_without_job_range(launch: Launch, tmp_path: Path) -> None:
    assert launch(f"{tmp_path}/JOB.log", "echo", "JOB").returncode == 0
    assert "\nJOB\n" in (tmp_path / "JOB.log").read_text()


def test_folder_environment_and_input_of_a_job(launch: Launch, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert launch("log", "bash", "-c", 'cat; echo "$PWD $OF_MINE"', OF_MINE="a 'b'").returncode == 0
    assert f"\n{tmp_path} a 'b'\n" in Path("log").read_text()


def test_a_log_begins_anew(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("old\n")
    assert launch(f"{tmp_path}/log", "true").returncode == 0
    assert (tmp_path / "log").read_text().startswith("# true")


def test_failure_shows_the_first_failed_log_and_runs_the_others(launch: Launch, tmp_path: Path) -> None:
    script = "echo this is JOB; [ JOB != 2 ] && [ JOB != 3 ]"
    result = launch("JOB=1:4", f"{tmp_path}/JOB.log", "bash", "-c", script)
    assert result.returncode == 1
    assert "this is 2" in result.stderr and "this is 3" not in result.stderr
    assert "failed: 2 (exit code 1), 3 (exit code 1)" in result.stderr
    assert f"2 of 4 jobs failed; the first: {tmp_path}/2.log" in result.stderr.splitlines()[-1]
    assert "with exit code 0" in (tmp_path / "4.log").read_text()
    assert "with exit code 1" in (tmp_path / "2.log").read_text()


def test_command_that_does_not_exist(launch: Launch, tmp_path: Path) -> None:
    result = launch(f"{tmp_path}/log", "no-such-command-here")
    assert result.returncode == 1 and "failed: 1 (exit code 127)" in result.stderr
    assert "cannot start no-such-command-here: No such file" in (tmp_path / "log").read_text()


def test_killed_job_is_a_failure(launch: Launch, tmp_path: Path) -> None:
    assert launch(f"{tmp_path}/log", "bash", "-c", "kill -9 $$").returncode == 1
    assert "exit code -9" in (tmp_path / "log").read_text()


def test_max_jobs_limits_how_many_run_at_once(launch: Launch, tmp_path: Path) -> None:
    script = "touch $0/run.JOB; sleep 0.2; ls $0 | grep -c run; rm $0/run.JOB"
    (tmp_path / "now").mkdir()
    launch("--max_jobs", "2", "JOB=1:6", f"{tmp_path}/JOB.log", "bash", "-c", script, f"{tmp_path}/now")
    counts = [int((tmp_path / f"{n}.log").read_text().splitlines()[2]) for n in range(1, 7)]
    assert max(counts) in (1, 2)


def test_sets_thread_counts(launch: Launch, tmp_path: Path) -> None:
    launch("--num_threads", "2", f"{tmp_path}/log", "bash", "-c", "echo $OMP_NUM_THREADS $MKL_NUM_THREADS")
    assert "\n2 2\n" in (tmp_path / "log").read_text()


def test_verbose_shows_the_log_live(launch: Launch, tmp_path: Path) -> None:
    result = launch("--verbose", f"{tmp_path}/log", "bash", "-c", r"printf '1/2\r2/2\n'; echo err >&2; exit 3")
    assert "1/2\r2/2\nerr\n".replace("\r", "\n") in result.stderr  # text mode makes a line end of \r
    assert b"1/2\r2/2\nerr\n" in (tmp_path / "log").read_bytes()
    assert result.returncode == 1


@pytest.mark.parametrize("name", LAUNCHERS)
@pytest.mark.parametrize("words, message", [
    (["JOB=3:1", "log.JOB", "true"], "expected JOB=first:last"),
    (["JOB=a", "log.JOB", "true"], "expected JOB=first:last"),
    (["JOB=1:2", "log", "true"], "need JOB in the name of their log"),
    (["--verbose", "JOB=1:2", "log.JOB", "true"], "no --verbose"),
    (["log"], "expected a log and a command"),
    (["--max_jobs", "0", "log", "true"], "at least 1"),
    (["--num_nodes", "0", "log", "true"], "at least 1"),
    (["--gpu", "-1", "log", "true"], "at least 0"),
])
def test_wrong_calls(name: str, words: list[str], message: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = subprocess.run([sys.executable, UTILS / f"{name}.py", *words], capture_output=True, text=True)
    assert result.returncode == 2 and message in result.stderr and not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc to see which processes live")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_an_interrupted_launcher(launcher, number: int, tmp_path: Path) -> None:
    """Neither a job, nor what it started, though that does not listen."""
    command, environment = launcher
    child = "trap '' TERM; echo $$ > {0}/child.new; mv {0}/child.new {0}/child; sleep 1000".format(tmp_path)
    script = "bash -c \"$0\" & echo $$ > {0}/pid.new; mv {0}/pid.new {0}/pid; wait".format(tmp_path)
    with subprocess.Popen([*command, f"{tmp_path}/log", "bash", "-c", script, child], env=environment) as started:
        assert wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "child").exists())
        pids = [int((tmp_path / name).read_text()) for name in ("pid", "child")]
        assert all(map(alive, pids))
        started.send_signal(number)
        assert started.wait(PATIENCE) == 128 + number
    assert wait_until(lambda: not any(map(alive, pids)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["child", "log", "pid"]
