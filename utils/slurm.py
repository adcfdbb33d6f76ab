#!/usr/bin/env python3
"""Run jobs on a Slurm cluster (contract 4; utils/run.py takes the same call).

    utils/slurm.py [--gpu N] [--mem 4G] [--num_threads N] [--num_nodes N] [--max_jobs N] [--retries N] [--requeue]
                   [--verbose] [JOB=1:32] LOG COMMAND ...

JOB becomes the number of the job in LOG and in each argument of COMMAND, which no shell sees. Submits one job array,
with the options of conf/slurm.conf, and waits for it; if a job failed, prints the end of the first failed log and exits
with code 1. An interrupt (SIGINT, SIGTERM) cancels the array. If the launcher itself is lost, the same call on any
machine of the cluster waits for the same array: what it needs is in the folder .<log>.slurm beside the logs.

A job has succeeded when the mark that it writes at its end, or the accounting, says so; one that vanished has not.
"""

import collections
import os
import re
import signal
import sys
import time
import uuid
from pathlib import Path

import launcher
import slurm_queue as queue
from slurm_site import Site, SiteError, read_site
from slurm_state import State, Submission

UTILS = Path(__file__).resolve().parent
LOOK = 0.2  # s between looks for end marks, which are files
ASK = (2.0, 30.0)  # s between questions to Slurm, at first and at most
TELL = 60.0  # s between lines on tasks that wait
LEAVE = 60.0  # s to wait for the end of cancelled tasks
GIVEN_UP = {"CANCELLED", "DEADLINE", "REVOKED"}  # somebody wanted it so: not tried again


class Array:
    """The jobs of a call, as an array that runs."""

    def __init__(self, call: launcher.Call, state: State, site: Site, options):
        self.call, self.state, self.site, self.options = call, state, site, options
        self.jobs = {number: call.job(number) for number in call.numbers}
        self.retries = site.retries if options.retries is None else options.retries
        self.missing: dict[int, tuple[str, float]] = {}  # tasks that ended without a mark: state, when this was seen
        self.told, self.shown = time.time(), 0
        self.now: Submission | None = None

    def attach(self) -> bool:
        """Take over the array that a lost launcher left, if it is of this call."""
        found = self.state.read()
        if found is None:
            return False
        found.job_id = found.job_id or queue.find(found.name)
        if not self.state.is_of_this_call():
            if queue.is_alive(found.name):
                raise queue.SlurmError(f"the array {found.job_id} of another call writes these logs "
                                       f"({self.jobs[self.call.numbers[0]].log}): wait for it, or scancel it")
            found.job_id = None
        if found.job_id is None:
            self.state.remove()
            return False
        print(f"slurm.py: waiting for array {found.job_id}, which an earlier launcher submitted", file=sys.stderr)
        self.now = found
        for number, code in found.codes.items():
            self.jobs[number].code = code
        return True

    def submit(self, numbers: list[int], tries: int) -> None:
        """Submit these jobs."""
        stem = re.sub(r"[^\w.-]", "_", Path(self.call.words[0]).stem)
        codes = {number: job.code for number, job in self.jobs.items() if number not in numbers}
        self.now = Submission(f"{stem}-{uuid.uuid4().hex[:8]}", None, numbers, tries, codes)
        self.state.write(self.now)
        for number in numbers:
            self.jobs[number].code = None
            self.jobs[number].log.parent.mkdir(parents=True, exist_ok=True)
            if tries == 0:
                self.jobs[number].log.unlink(missing_ok=True)
        log = os.path.abspath(self.call.words[0]).replace("%", "%%")
        output = log.replace("JOB", "%a") if self.call.replaced else log
        options = [f"--job-name={self.now.name}", f"--output={output}", "--open-mode=append", *self.site.options]
        script = [UTILS / "slurm_task.sh", sys.executable, UTILS / "slurm_task.py", self.state.folder]
        self.now.job_id = queue.submit(options, list(map(str, script)), numbers, self.options.max_jobs)
        self.state.write(self.now)

    def run(self) -> None:
        """Wait for all jobs; submit those again that may be."""
        self.wait()
        while (again := self.failed_again()) and self.now.tries < self.retries:
            names = ", ".join(f"{number} ({self.jobs[number].code})" for number in again[:launcher.NAMED])
            print(f"slurm.py: again, {len(again)} failed jobs: {names}", file=sys.stderr)
            self.submit(again, self.now.tries + 1)
            self.wait()

    def failed_again(self) -> list[int]:
        """Jobs that failed and may be tried again."""
        return [number for number in self.now.numbers if self.jobs[number].code not in {0, *GIVEN_UP}]

    def wait(self) -> None:
        """Wait until each task of the array has ended."""
        waiting, interval, asked, states = set(self.now.numbers), ASK[0], 0.0, None
        while waiting:
            marks = self.state.marks(self.now.job_id, waiting)
            for number in [number for number in waiting if marks.get(number) == 0]:
                self.end(number, 0, waiting)
            if waiting and time.time() >= asked + interval:
                states = queue.states(self.now.job_id)
                asked, interval = time.time(), min(1.5 * interval, ASK[1])
                marks = self.state.marks(self.now.job_id, waiting)  # later than the states: no end falls between
                for number in list(waiting) if states is not None else []:
                    code = self.verdict(number, marks.get(number), states.get(number, ("", ""))[0])
                    if code is not None:
                        self.end(number, code, waiting)
                self.tell(states)
                if self.missing or any(marks.values()):
                    interval = ASK[0]
            self.follow()
            time.sleep(LOOK if waiting else 0)

    def verdict(self, number: int, mark: int | None, state: str) -> int | str | None:
        """How a task ended: its exit code, or its state; None while it may still change."""
        if state and state not in queue.ENDED:  # waits or runs, perhaps once more
            self.missing.pop(number, None)
            return None
        if mark is not None and state in ("", "COMPLETED", "FAILED"):  # any other says more than an exit code
            return mark
        before, since = self.missing.setdefault(number, (state, time.time()))
        patience = self.site.settle if state in ("", "COMPLETED") else ASK[0] / 2  # a mark may come late, and
        if before != state:  # a task that is queued again may look ended for a moment
            self.missing[number] = (state, time.time())
        elif time.time() >= since + patience:
            state = state or queue.accounted(self.now.job_id).get(number, "vanished")
            return 0 if state == "COMPLETED" else None if state in ("PENDING", "RUNNING", "REQUEUED") else state
        return None

    def end(self, number: int, code: int | str, waiting: set[int]) -> None:
        """Note how a job ended."""
        job = self.jobs[number]
        job.code = code
        self.missing.pop(number, None)
        waiting.discard(number)
        if isinstance(code, str):  # it could not write this itself
            with open(job.log, "ab") as log:
                log.write(launcher.foot(code))
        ended = [job for job in self.jobs.values() if job.code is not None]
        launcher.show(len(ended), sum(job.code != 0 for job in ended), len(self.jobs))

    def tell(self, states: dict[int, tuple[str, str]] | None) -> None:
        """Say now and then what the jobs wait for."""
        if time.time() < self.told + TELL:
            return
        self.told = time.time()
        counts = collections.Counter(f"{state.lower()} ({reason})" if state == "PENDING" else state.lower()
                                     for state, reason in (states or {}).values() if state not in queue.ENDED)
        text = ", ".join(f"{count} {what}" for what, count in counts.items()) or "no answer from Slurm"
        print(f"slurm.py: array {self.now.job_id}: {text}", file=sys.stderr, flush=True)

    def follow(self) -> None:
        """With --verbose: pass on what the log has got since."""
        if not self.options.verbose:
            return
        try:
            with open(self.jobs[self.call.numbers[0]].log, "rb") as log:
                log.seek(self.shown)
                while chunk := log.read(65536):
                    self.shown += len(chunk)
                    os.write(2, chunk)
        except FileNotFoundError:  # it has not begun
            pass

    def cancel(self) -> None:
        """Cancel the array, and wait for the end of its tasks, but not for ever."""
        print(f"\nslurm.py: cancelling array {self.now.job_id or self.now.name}", file=sys.stderr)
        queue.cancel(self.now.name)
        deadline = time.time() + LEAVE
        while queue.is_alive(self.now.name) and time.time() < deadline:
            time.sleep(1)
        self.state.remove()


def main() -> None:
    """Submit or attach, wait, then report the first failure."""
    parser = launcher.parser()
    parser.add_argument("--retries", type=int, metavar="N", help="submissions of failed jobs (default: slurm.conf)")
    options, call = launcher.parse(parser, sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        state = State(call, options.num_threads, options.num_nodes, options.requeue)
        array = Array(call, state, read_site(options), options)
        try:
            if not array.attach():
                array.submit(list(call.numbers), 0)
            array.run()
        except (SystemExit, queue.SlurmError):
            if array.now is not None:
                array.cancel()
            raise
    except (SiteError, queue.SlurmError) as error:
        sys.exit(f"slurm.py: {error}")
    state.remove()
    launcher.report("slurm.py", list(array.jobs.values()), options.verbose)


if __name__ == "__main__":
    main()
