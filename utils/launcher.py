"""What the launchers run.py and slurm.py share: their call (contract 4), the log of a job, progress, the report."""

import argparse
import os
import re
import shlex
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NAMED = 20  # failed jobs that a report names


@dataclass
class Job:
    """One command and its log. ``code``, once it has ended: its exit code, minus the signal that ended it, or what the
    cluster says of a job that could not tell it, such as TIMEOUT."""

    number: int
    log: Path
    command: list[str]
    code: int | str | None = None


@dataclass(frozen=True)
class Call:
    """LOG and COMMAND as given, and the numbers of the jobs; ``replaced``: whether JOB stands for the number."""

    words: list[str]
    numbers: range
    replaced: bool

    def job(self, number: int) -> Job:
        """The job of a number."""
        words = [word.replace("JOB", str(number)) for word in self.words] if self.replaced else self.words
        return Job(number, Path(words[0]), words[1:])


def parser() -> argparse.ArgumentParser:
    """The options that all launchers take."""
    p = argparse.ArgumentParser(usage="%(prog)s [options] [JOB=1:32] LOG COMMAND ...", allow_abbrev=False)
    p.add_argument("--gpu", type=int, default=0, metavar="N", help="GPUs a job (CUDA_VISIBLE_DEVICES is set)")
    p.add_argument("--mem", help="memory a job, such as 4G (cluster launchers)")
    p.add_argument("--num_threads", type=int, default=1, metavar="N", help="threads a job (OMP and MKL)")
    p.add_argument("--num_nodes", type=int, default=1, metavar="N", help="machines a job, with --gpu GPUs on each")
    p.add_argument("--max_jobs", type=int, metavar="N", help="jobs at once")
    p.add_argument("--requeue", action="store_true", help="the command saves its state at SIGUSR1 and ends with code "
                   "75: cluster launchers warn it so before its time is up, and queue it again")
    p.add_argument("--verbose", action="store_true", help="also show the log; only with one job")
    p.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return p


def parse(p: argparse.ArgumentParser, argv: Sequence[str]) -> tuple[argparse.Namespace, Call]:
    """Options and the call; a wrong one exits with code 2 and one line."""
    options = p.parse_args(argv)
    if min(options.num_threads, options.num_nodes, options.max_jobs or 1) < 1 or options.max_jobs == 0:
        p.error("--num_threads, --num_nodes and --max_jobs are at least 1")
    if options.gpu < 0:
        p.error("--gpu is at least 0")
    rest, numbers = options.rest, range(1, 2)
    replaced = bool(rest) and rest[0].startswith("JOB=")
    if replaced:
        match = re.fullmatch(r"JOB=(\d+):(\d+)", rest[0])
        if not match or int(match[1]) > int(match[2]):
            p.error(f"{rest[0]!r}: expected JOB=first:last, for example JOB=1:8")
        numbers, rest = range(int(match[1]), int(match[2]) + 1), rest[1:]
    if len(rest) < 2:
        p.error("expected a log and a command")
    if len(numbers) > 1 and ("JOB" not in rest[0] or options.verbose):
        p.error(f"several jobs need JOB in the name of their log ({rest[0]}), and no --verbose")
    return options, Call(rest, numbers, replaced)


def environment(num_threads: int) -> dict[str, str]:
    """The environment of a job."""
    found = dict(os.environ, OMP_NUM_THREADS=str(num_threads), MKL_NUM_THREADS=str(num_threads))
    found.setdefault("OMP_WAIT_POLICY", "passive")  # threads that spin while they wait are slow on shared cores
    return found


def head(command: Sequence[str]) -> bytes:
    """How a log begins."""
    return os.fsencode(f"# {shlex.join(command)}\n# started {time.ctime()} on {socket.gethostname()}\n")


def cannot_start(command: Sequence[str], error: OSError) -> bytes:
    """The line of a log for a command that is not there; its exit code is 127, as in a shell."""
    return os.fsencode(f"cannot start {command[0]}: {error.strerror}\n")


def foot(code: int | str) -> bytes:
    """How it ends."""
    how = f"with exit code {code}" if isinstance(code, int) else f"as the cluster says: {code}"
    return f"# ended {time.ctime()} {how}\n".encode()


def show(done: int, failed: int, total: int) -> None:
    """One line of progress on stderr: rewritten in place on a terminal, else about ten lines in all."""
    tty = sys.stderr.isatty()
    if total > 1 and (tty or done == total or done % max(1, total // 10) == 0):
        text = f"{done}/{total} jobs done" + (f", {failed} failed" if failed else "")
        print(f"\r{text}" if tty else text, end="" if tty and done < total else "\n", file=sys.stderr, flush=True)


def report(program: str, jobs: Sequence[Job], verbose: bool) -> None:
    """If jobs failed: show the end of the first failed log, name them, and exit with code 1."""
    failed = [job for job in jobs if job.code != 0]
    if not failed:
        return
    if not verbose:
        print(tail(failed[0].log), file=sys.stderr)
    named = [f"{job.number} ({'exit code ' if isinstance(job.code, int) else ''}{job.code})" for job in failed[:NAMED]]
    more = f" and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    print(f"{program}: failed: {', '.join(named)}{more}", file=sys.stderr)
    sys.exit(f"{program}: {len(failed)} of {len(jobs)} jobs failed; the first: {failed[0].log}")


def tail(log: Path) -> str:
    """The last lines of a log."""
    try:
        with open(log, "rb") as f:
            f.seek(max(0, f.seek(0, os.SEEK_END) - 8192))
            return "\n".join(f.read().decode("utf-8", "replace").splitlines()[-20:])
    except FileNotFoundError:
        return f"{log}: there is no such log"
