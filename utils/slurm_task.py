"""One task of an array of utils/slurm.py, on its node: slurm_task.py FOLDER.

FOLDER/call.json holds the call. Standard output is the log. When the command has ended, FOLDER/<number>.<array>.end
tells its exit code: what the launcher trusts.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import launcher

LEAVE = 60  # s from the end of one task of several to that of all
SAVED = 75  # exit code (EX_TEMPFAIL of sysexits.h) of a command that has saved its state and wants to go on


def run(command: list[str], num_threads: int) -> int:
    """Exit code of the command.

    At its end Slurm sends SIGTERM to all processes of a task, so it is not passed on; SIGUSR1 goes to this one alone.
    """
    warned = []
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGUSR1, lambda *_: warned.append(True))
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=launcher.environment(num_threads),
                                   process_group=0)
    except OSError as error:
        os.write(1, launcher.cannot_start(command, error))
        return 127
    signal.signal(signal.SIGUSR1, lambda *_: (warned.append(True), process.send_signal(signal.SIGUSR1)))
    if warned:
        process.send_signal(signal.SIGUSR1)
    code = process.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what it left running; Slurm itself finds it by cgroups only
    return code


def queue_again(task: str) -> bool:
    """Queue this task again, unless Slurm itself has ended it: it was cancelled, or Slurm will queue it again."""
    state = subprocess.run(["squeue", "--noheader", f"--jobs={task}", "--format=%T"], capture_output=True, text=True)
    return state.stdout.strip() == "RUNNING" and subprocess.run(["scontrol", "requeue", task]).returncode == 0


def main() -> None:
    folder, number = Path(sys.argv[1]), os.environ["SLURM_ARRAY_TASK_ID"]
    task = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{number}"
    end = folder / f"{number}.{os.environ['SLURM_ARRAY_JOB_ID']}.end"
    end.unlink(missing_ok=True)  # of the same task before it was queued again
    given = json.loads((folder / "call.json").read_text(encoding="utf-8"))
    call = launcher.Call(given["words"], range(*given["numbers"]), given["replaced"])
    command = call.job(int(number)).command
    if given["num_nodes"] > 1:
        # The first of several tasks that have saved their state must not be the end of the others.
        srun = ["srun", "--kill-on-bad-exit=0", f"--wait={LEAVE}", f"--cpus-per-task={given['num_threads']}"]
        command = [*srun, *command]
    os.write(1, launcher.head(command))
    code = run(command, given["num_threads"])
    if given["num_nodes"] == 1:  # srun's tasks are no children of this process; the accounting knows theirs
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        os.write(1, b"# peak memory of the largest process %d MB\n" % peak)
    os.write(1, launcher.foot(code))
    if code == SAVED and given["requeue"] and queue_again(task):
        sys.exit(code)  # without a mark: Slurm starts this task again
    temporary = end.with_suffix(".new")
    temporary.write_text(json.dumps({"code": code}), encoding="utf-8")
    temporary.replace(end)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
