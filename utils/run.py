#!/usr/bin/env python3
"""Run jobs on this machine, several at a time (contract 4; utils/slurm.py takes the same call).

    utils/run.py [--gpu N] [--mem 4G] [--num_threads N] [--max_jobs N] [--verbose] [JOB=1:32] LOG COMMAND ...

JOB becomes the number of the job in LOG and in each argument of COMMAND, which no shell sees. Waits for all jobs;
if one failed, prints the end of the first failed log and exits with code 1.
"""

import argparse
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field

import launcher

GRACE = 10.0  # seconds from SIGTERM to SIGKILL for the jobs, when the launcher is stopped
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Job(launcher.Job):
    """A job, its process and the GPUs that it holds."""

    process: subprocess.Popen | None = None
    gpus: list[str] = field(default_factory=list)


def parse(argv: list[str]) -> tuple[argparse.Namespace, list[Job]]:
    """Options and the jobs; a wrong call exits with code 2 and one line."""
    parser = launcher.parser()
    options, call = launcher.parse(parser, argv)
    if options.num_nodes > 1:
        parser.error(f"--num_nodes {options.num_nodes}: this launcher has one machine: take utils/slurm.py")
    return options, [Job(**vars(call.job(number))) for number in call.numbers]


def visible_gpus() -> list[str]:
    """Ids of the GPUs that jobs may use: CUDA_VISIBLE_DEVICES, or else all that nvidia-smi lists."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return [gpu for gpu in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if gpu]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [str(index) for index, _ in enumerate(re.findall(r"^GPU \d+", listed, re.MULTILINE))]


def own_group() -> None:
    """In the child: a process group of its own, and death with the launcher, were that killed by SIGKILL."""
    os.setpgid(0, 0)
    if libc is not None:
        libc.prctl(1, signal.SIGKILL)  # 1 = PR_SET_PDEATHSIG


def start(job: Job, options: argparse.Namespace) -> None:
    """Begin the log and start the command; with --verbose show what it prints until it ends."""
    job.log.parent.mkdir(parents=True, exist_ok=True)
    environment = launcher.environment(options.num_threads)
    if job.gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(job.gpus)
    job.log.write_bytes(launcher.head(job.command))
    with open(job.log, "ab", buffering=0) as log:
        try:
            job.process = subprocess.Popen(
                job.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if options.verbose else log,
                stderr=subprocess.STDOUT, env=environment, preexec_fn=own_group)
        except OSError as error:
            log.write(launcher.cannot_start(job.command, error))
            return finish(job, 127)
        while options.verbose and (chunk := os.read(job.process.stdout.fileno(), 65536)):
            log.write(chunk)
            os.write(2, chunk)


def finish(job: Job, code: int) -> None:
    """Close the log with the time and the exit code."""
    job.code = code
    with open(job.log, "ab") as log:
        log.write(launcher.foot(code))


def run_all(jobs: list[Job], options: argparse.Namespace, running: list[Job]) -> None:
    """Run the jobs to their end. ``running`` holds those alive, for the caller who must stop them on a signal."""
    gpus = visible_gpus() if options.gpu else []
    if options.gpu and not gpus:
        print("run.py: no GPU on this machine, jobs run on the CPU", file=sys.stderr)
    elif len(gpus) < options.gpu:
        sys.exit(f"run.py: --gpu {options.gpu}, but this machine has {len(gpus)}: ask for fewer")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    slots = options.max_jobs or max(1, cores // options.num_threads)
    if gpus:
        slots = min(slots, len(gpus) // options.gpu)
    waiting, ended = list(jobs), []
    while waiting or running:
        while waiting and len(running) < slots:
            job = waiting.pop(0)
            job.gpus = [gpus.pop(0) for _ in range(options.gpu if gpus else 0)]
            running.append(job)
            start(job, options)
        for job in [job for job in running if job.code is not None or job.process.poll() is not None]:
            if job.code is None:
                finish(job, job.process.returncode)
            running.remove(job)
            gpus += job.gpus
            ended.append(job)
            launcher.show(len(ended), sum(job.code != 0 for job in ended), len(jobs))
        time.sleep(0.02)


def stop(running: list[Job]) -> None:
    """Stop the process groups of the jobs: SIGTERM, then SIGKILL for what is left after GRACE seconds."""
    alive = [job for job in running if job.process is not None]
    deadline = time.time() + GRACE
    for number in (signal.SIGTERM, signal.SIGKILL):
        for job in alive:
            try:
                os.killpg(job.process.pid, number)
            except ProcessLookupError:  # has ended meanwhile
                pass
        while number == signal.SIGTERM and time.time() < deadline and any(job.process.poll() is None for job in alive):
            time.sleep(0.05)
    for job in alive:
        finish(job, job.process.wait())


def main() -> None:
    """Run, then report the first failure."""
    options, jobs = parse(sys.argv[1:])
    running: list[Job] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        run_all(jobs, options, running)
    finally:
        stop(running)
    launcher.report("run.py", jobs, options.verbose)


if __name__ == "__main__":
    main()
