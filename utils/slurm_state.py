"""What the launcher keeps beside the logs, so that one that was lost can be replaced, and what the tasks tell it."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from launcher import Call


@dataclass
class Submission:
    """The array that runs: its job name and id (None while sbatch works), its tasks, which try it is.

    ``codes``: how the tasks ended that are not in it any more, because they succeeded or are not tried again.
    """

    name: str
    job_id: str | None
    numbers: list[int]
    tries: int
    codes: dict[int, int | str]


class State:
    """The folder ``.<log>.slurm`` beside the logs of a call: call.json for the tasks, array.json, and their marks."""

    def __init__(self, call: Call, num_threads: int, num_nodes: int, requeue: bool):
        log = Path(os.path.abspath(call.words[0]))
        self.folder = log.parent / f".{log.name}.slurm"
        self.content = {"words": call.words, "numbers": [call.numbers.start, call.numbers.stop], "cwd": os.getcwd(),
                        "replaced": call.replaced, "num_threads": num_threads, "num_nodes": num_nodes,
                        "requeue": requeue}  # fmt: skip

    def read(self) -> Submission | None:
        """The submission that an earlier launcher left, of whatever call."""
        try:
            found = json.loads((self.folder / "array.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        found["codes"] = {int(number): code for number, code in found["codes"].items()}
        return Submission(**found)

    def is_of_this_call(self) -> bool:
        """Whether it was left by the same call."""
        try:
            return json.loads((self.folder / "call.json").read_text(encoding="utf-8")) == self.content
        except FileNotFoundError:
            return False

    def write(self, submission: Submission) -> None:
        """Keep what is needed to attach again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, content in (("call.json", self.content), ("array.json", asdict(submission))):
            temporary = self.folder / f"{name}.new"
            temporary.write_text(json.dumps(content), encoding="utf-8")
            temporary.replace(self.folder / name)

    def remove(self) -> None:
        """All was reported."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def marks(self, job_id: str, numbers: Sequence[int]) -> dict[int, int]:
        """Number -> exit code of the tasks that have written their end mark."""
        found, wanted = {}, set(numbers)
        for name in os.listdir(self.folder):  # makes a network file system look again
            number, _, rest = name.partition(".")
            if rest == f"{job_id}.end" and number.isdecimal() and int(number) in wanted:
                try:
                    found[int(number)] = json.loads((self.folder / name).read_text(encoding="utf-8"))["code"]
                except FileNotFoundError:  # the task was queued again
                    pass
        return found
