"""What the launcher asks of Slurm: to submit an array, how its tasks are, to cancel it."""

import os
import subprocess
from collections.abc import Sequence

# Of a task that does not come back. Any other state (PENDING, RUNNING, COMPLETING, REQUEUED, SUSPENDED, ..) may change.
ENDED = {"COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "BOOT_FAIL",
         "DEADLINE", "REVOKED"}  # fmt: skip


class SlurmError(Exception):
    """What Slurm refused, in one line."""


def _call(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    # Inside a job, its own variables would be taken as options.
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SLURM_") or k == "SLURM_CONF"}
    try:
        return subprocess.run([program, *words], capture_output=True, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, env=clean)
    except OSError as error:
        raise SlurmError(f"{program}: {error.strerror}: is Slurm installed here? --cmd run needs none") from None


def submit(options: Sequence[str], script: Sequence[str], numbers: Sequence[int], max_jobs: int | None) -> str:
    """Submit one array of these tasks; returns its job id."""
    array = ranges(numbers) + (f"%{max_jobs}" if max_jobs else "")
    found = _call("sbatch", "--parsable", "--requeue", f"--array={array}", *options, *script)
    if found.returncode:
        reason = " ".join(found.stderr.split())
        if "Invalid job array" in reason:
            reason += f"; job {max(numbers)} is above MaxArraySize (scontrol show config): take fewer jobs (--nj)"
        raise SlurmError(f"sbatch refused the array: {reason}")
    return found.stdout.strip().partition(";")[0]


def ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 7 -> "1-3,7"."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(f"{first}-{last}" if first < last else f"{first}" for first, last in found)


def states(job_id: str) -> dict[int, tuple[str, str]] | None:
    """Number -> state and reason of the tasks that Slurm remembers; None while it does not answer."""
    found = _call("squeue", "--noheader", "--array", "--states=all", f"--jobs={job_id}", "--format=%K|%T|%r")
    if found.returncode:
        return {} if "Invalid job id" in found.stderr else None
    lines = (line.strip().split("|", 2) for line in found.stdout.splitlines())
    return {int(number): (state, reason) for number, state, reason in lines if number.isdecimal()}


def accounted(job_id: str) -> dict[int, str]:
    """Number -> state by the accounting; {} where a site has none."""
    found = _call("sacct", "--noheader", "--parsable2", "--allocations", f"--jobs={job_id}", "--format=JobID,State")
    lines = (line.split("|") for line in found.stdout.splitlines() if not found.returncode and "|" in line)
    tasks = ((name.partition("_")[2], state.split()[0]) for name, state in lines if state)
    return {int(number): state for number, state in tasks if number.isdecimal()}


def find(name: str) -> str | None:
    """The newest array of this job name, of this user."""
    found = _call("squeue", "--noheader", "--states=all", f"--name={name}", f"--user={os.getuid()}", "--format=%F")
    return max(found.stdout.split(), key=int, default=None)


def cancel(name: str) -> None:
    """Cancel the arrays of this job name, also one that was submitted a moment ago."""
    _call("scancel", f"--name={name}", f"--user={os.getuid()}")


def is_alive(name: str) -> bool:
    """Whether a task of this job name waits or runs."""
    return bool(_call("squeue", "--noheader", f"--name={name}", f"--user={os.getuid()}").stdout.strip())
