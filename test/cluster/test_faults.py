"""Faults of a cluster: tasks that fail, hang, vanish or are preempted, and the loss of the launcher itself."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.slurm import PATIENCE

LAUNCHER = str(Path(__file__).resolve().parents[2] / "utils" / "slurm.py")
COUNT = 'echo run >> "$0/JOB.runs"; '  # how often a task began


class Array:
    """A call of the launcher in the background; each of its tasks notes when it runs."""

    def __init__(self, slurm, folder: Path, script: str, *options: str, jobs: str = "1:4", **environment: str):
        self.slurm, self.folder = slurm, folder
        words = [f"JOB={jobs}", f"{folder}/JOB.log", "bash", "-c", COUNT + script, str(folder)]
        self.errors = open(folder / "stderr", "ab")
        self.process = subprocess.Popen([sys.executable, LAUNCHER, *options, *words], stderr=self.errors,
                                        env=slurm.environment | environment)  # fmt: skip

    def id(self) -> str:
        """The array's job id."""
        state = self.folder / ".JOB.log.slurm" / "array.json"
        found = lambda: state.exists() and json.loads(state.read_text())["job_id"]  # noqa: E731
        self.slurm.wait_until(found, "nothing was submitted")
        return found()

    def wait_for(self, *names: str) -> None:
        """Until these files are there."""
        self.slurm.wait_until(lambda: all((self.folder / name).exists() for name in names), f"no {names}")

    def end(self) -> tuple[int, str]:
        """Exit code of the launcher, and what it said."""
        code = self.process.wait(PATIENCE)
        self.errors.close()
        return code, (self.folder / "stderr").read_text()

    def runs(self, number: int) -> int:
        path = self.folder / f"{number}.runs"
        return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture
def start(slurm, tmp_path) -> Callable[..., Array]:
    return lambda *words, **options: Array(slurm, tmp_path, *words, **options)


def site(folder: Path, **values) -> str:
    """A site file for LASS_SLURM_CONF."""
    lines = {"retries": 0, "settle": 3, "warning": 45} | values
    (folder / "site.conf").write_text("[all]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items()))
    return str(folder / "site.conf")


def test_failing_hanging_and_killed_tasks(start, slurm, tmp_path):
    """A task that exits with 3, one beyond its time, one whose batch script was killed, one that is fine."""
    script = "case JOB in 1) exit 3;; 2) trap '' TERM; while :; do sleep 1; done;; 3) kill -9 $PPID; sleep 9;; esac"
    array = start(script)
    array.wait_for("2.runs")
    slurm.call("scontrol", "update", f"JobId={array.id()}_2", "EndTime=now+1")
    code, said = array.end()
    assert code == 1 and "failed: 1 (exit code 3), 2 (TIMEOUT), 3 (FAILED)\n" in said
    assert f"3 of 4 jobs failed; the first: {tmp_path}/1.log" in said
    assert "with exit code 3" in said  # the end of the first failed log
    assert (tmp_path / "2.log").read_text().endswith("as the cluster says: TIMEOUT\n")
    assert "DUE TO TIME LIMIT" in (tmp_path / "2.log").read_text()
    assert "with exit code 0" in (tmp_path / "4.log").read_text()


def test_only_failed_tasks_are_submitted_again(start):
    array = start('[ JOB != 3 ] || [ "$(wc -l < "$0/3.runs")" = 3 ]', "--retries", "2")
    code, said = array.end()
    assert code == 0 and said.count("again, 1 failed jobs: 3 (1)") == 2
    assert [array.runs(number) for number in (1, 2, 3, 4)] == [1, 1, 3, 1]
    assert (array.folder / "3.log").read_text().count("# started") == 3  # the log keeps what went wrong


def test_retries_end(start):
    array = start("exit 5", "--retries", "1", jobs="7:7")
    code, said = array.end()
    assert code == 1 and "failed: 7 (exit code 5)" in said and array.runs(7) == 2


def test_cancelled_by_somebody(start, slurm):
    array = start("[ JOB = 2 ] || sleep 1000", "--retries", "3", jobs="1:3")
    array.wait_for("1.runs", "3.runs")
    slurm.call("scancel", array.id())
    code, said = array.end()
    assert code == 1 and "2 of 3 jobs failed" in said
    assert [array.runs(number) for number in (1, 2, 3)] == [1, 1, 1]  # it was wanted so


def test_preempted_tasks_run_again(start, slurm, tmp_path):
    array = start('[ -e "$0/go" ] || sleep 1000', LASS_SLURM_CONF=site(tmp_path, partition="brief"))
    array.wait_for("1.runs", "2.runs", "3.runs", "4.runs")
    (array.folder / "go").touch()
    slurm.call("srun", "--partition=urgent", "--nodes=2", "--exclusive", "true")
    code, said = array.end()
    assert code == 0, said
    assert [array.runs(number) for number in (1, 2, 3, 4)] == [2, 2, 2, 2]


def test_a_node_that_is_lost(start, slurm):
    array = start('[ -e "$0/go" ] || sleep 1000')
    array.wait_for("1.runs", "2.runs", "3.runs", "4.runs")
    (array.folder / "go").touch()
    slurm.call("scontrol", "update", "nodename=n1,n2", "state=down", "reason=test")
    slurm.call("scontrol", "update", "nodename=n1,n2", "state=resume")
    code, said = array.end()
    assert code == 0, said
    assert [array.runs(number) for number in (1, 2, 3, 4)] == [2, 2, 2, 2]


@pytest.mark.parametrize("ended", [False, True], ids=["while it runs", "after it ended"])
def test_a_lost_launcher_is_replaced(start, ended, slurm):
    first = start('[ JOB != 4 ] && until [ -e "$0/go" ]; do sleep 0.2; done')
    first.wait_for("1.runs", "2.runs", "3.runs", "4.log")
    job_id = first.id()
    first.process.send_signal(signal.SIGKILL)
    first.end()
    if ended:
        (first.folder / "go").touch()
        slurm.wait_until(lambda: not slurm.call("squeue", "-h", "-j", job_id).strip(), "the array does not end")
    second = start('[ JOB != 4 ] && until [ -e "$0/go" ]; do sleep 0.2; done')
    slurm.wait_until(lambda: f"waiting for array {job_id}" in (first.folder / "stderr").read_text(), "not attached")
    (first.folder / "go").touch()
    code, said = second.end()
    assert code == 1 and "1 of 4 jobs failed" in said
    assert [second.runs(number) for number in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert not list(first.folder.glob(".*.slurm"))


def test_a_launcher_lost_while_it_submits(start, slurm):
    """The id is not known: the array is found by its name."""
    first = start('until [ -e "$0/go" ]; do sleep 0.2; done')
    job_id = first.id()
    first.process.send_signal(signal.SIGKILL)
    first.end()
    path = first.folder / ".JOB.log.slurm" / "array.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"job_id": None}))
    (first.folder / "go").touch()
    code, said = start('until [ -e "$0/go" ]; do sleep 0.2; done').end()
    assert code == 0 and f"waiting for array {job_id}" in said


def test_logs_of_another_call_that_still_runs(start, slurm):
    first = start("sleep 1000")
    first.wait_for("1.runs")
    first.process.send_signal(signal.SIGKILL)
    first.end()
    code, said = start("true").end()
    assert code == 1 and "of another call writes these logs" in said.splitlines()[-1]
    slurm.call("scancel", first.id())
    slurm.wait_until(lambda: not slurm.call("squeue", "-h").strip(), "the array does not end")
    code, said = start("true").end()
    assert code == 0, said


def test_a_task_that_vanished_is_no_success(start, slurm):
    first = start("true", jobs="1:1")
    assert first.end()[0] == 0
    second = start("sleep 1000", jobs="1:1")
    second.id()
    second.process.send_signal(signal.SIGKILL)
    second.end()
    slurm.call("scancel", second.id())
    path = first.folder / ".JOB.log.slurm" / "array.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"job_id": "987654"}))  # nobody knows it any more
    code, said = start("sleep 1000", jobs="1:1").end()
    assert code == 1 and "failed: 1 (vanished)" in said


def test_slurm_does_not_answer_for_a_while(start, slurm):
    array = start('until [ -e "$0/go" ]; do sleep 0.2; done; [ JOB != 2 ]')
    array.wait_for("1.runs", "2.runs", "3.runs", "4.runs")
    slurm.stop_controller()
    (array.folder / "go").touch()
    array.wait_for(*(f".JOB.log.slurm/{number}.{array.id()}.end" for number in (1, 2, 3, 4)))
    assert array.process.poll() is None  # how task 2 ended, Slurm has to confirm
    slurm.start_controller()
    code, said = array.end()
    assert code == 1 and "failed: 2 (exit code 1)\n" in said


def test_more_jobs_than_an_array_may_have(start):
    code, said = start("true", jobs="1:5000").end()
    assert code == 1 and "MaxArraySize" in said.splitlines()[-1]


def test_what_slurm_refuses_is_one_line(start, tmp_path):
    code, said = start("true", LASS_SLURM_CONF=site(tmp_path, partition="nowhere")).end()
    assert code == 1 and "slurm.py: sbatch refused the array" in said.splitlines()[-1] and "partition" in said
