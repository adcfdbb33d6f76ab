"""Scoring in parts that can be killed: a part appends its rows as they come, a rerun measures only what is left.

The rows lie in ``<out>/.parts-<digest>/<job>of<jobs>.tsv``. The digest is that of options and manifests, so that rows
of other estimates are never taken for these, and parts may run on different machines without talking to each other.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from lass.errors import LassError
from lass.io.files import write_text
from lass.io.memory import keep_freed_memory
from lass.metrics.registry import METRICS
from lass.score.items import FACTS, Item, Job, measure
from lass.score.signals import Listener

PARTS = ".parts-"  # begin of the name of the folder
LISTENERS = "listeners.json"  # in it: identities of networks


def read_part(path: Path, metrics: Sequence[str]) -> dict[str, Item]:
    """Rows that are finished; a last line that a kill cut off is left out."""
    content = path.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].decode().split("\n")[:-1]
    metrics = [name for name in metrics if not METRICS[name].over_set]
    return {item.mix_id: item for item in (Item.parse(line, metrics) for line in lines)}


def read_parts(folder: Path, metrics: Sequence[str]) -> dict[str, Item]:
    """Rows of all parts, also of a run that was divided in another way."""
    found: dict[str, Item] = {}
    for path in sorted(folder.glob("*of*.tsv")):
        found |= read_part(path, metrics)
    return found


def measure_part(
    jobs: Sequence[Job], metrics: Sequence[str], folder: Path, job: int, num_jobs: int,
    open_listeners: Callable[[], Mapping[str, Listener]] = dict,
) -> None:  # fmt: skip
    """Measure part ``job`` (from 1) of ``num_jobs``: every ``num_jobs``-th of ``jobs``, one after the other.

    Args:
        open_listeners: loads the networks of the metrics; called where there is something to measure.
    """
    keep_freed_memory()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{job}of{num_jobs}.tsv"
    done = read_parts(folder, metrics)
    mine = jobs[job - 1 :: num_jobs]
    left = [entry for entry in mine if entry.mix_id not in done]
    if len(left) < len(mine) and left:
        print(f"going on after {len(mine) - len(left)} of {len(mine)} mixtures")
    bar = tqdm(left, total=len(mine), initial=len(mine) - len(left), unit="mix", desc=f"score {job}/{num_jobs}",
               position=job - 1, disable=None)
    listeners = open_listeners() if left else {}
    if listeners:
        facts = {kind: listener.identity for kind, listener in listeners.items()}
        write_text(folder / LISTENERS, json.dumps(facts, ensure_ascii=False))
    with open(path, "ab+") as rows:
        _drop_cut_line(rows)
        for entry in bar:
            rows.write(measure(entry, metrics, listeners, folder).line().encode() + b"\n")
            rows.flush()


def measure_parts(
    jobs: Sequence[Job], metrics: Sequence[str], folder: Path, num_jobs: int,
    open_listeners: Callable[[], Mapping[str, Listener]] = dict,
) -> None:
    """Measure all parts on this machine, each in a process of its own.

    Raises:
        LassError: what went wrong first; the rows of all parts are kept.
    """
    num_jobs = min(num_jobs, len(jobs))
    if num_jobs == 1:
        return measure_part(jobs, metrics, folder, 1, 1, open_listeners)
    with ProcessPoolExecutor(num_jobs) as pool:
        parts = [
            pool.submit(measure_part, jobs, metrics, folder, job, num_jobs, open_listeners)
            for job in range(1, num_jobs + 1)
        ]
        try:
            for part in as_completed(parts):
                part.result()
        except BrokenProcessPool:
            raise LassError("a scoring process was killed, memory may be short: run again with --num_jobs 1; "
                            f"{len(read_parts(folder, metrics))} of {len(jobs)} mixtures are kept") from None


def _drop_cut_line(rows) -> None:
    rows.seek(0)
    os.truncate(rows.fileno(), rows.read().rfind(b"\n") + 1)
    rows.seek(0, os.SEEK_END)


def collect(jobs: Sequence[Job], metrics: Sequence[str], folder: Path) -> list[Item]:
    """Items of all ``jobs``, in their order.

    Raises:
        LassError: some were not measured.
    """
    found = read_parts(folder, metrics)
    if missing := [entry.mix_id for entry in jobs if entry.mix_id not in found]:
        raise LassError(f"{folder.parent}: {len(missing)} of {len(jobs)} mixtures are not scored yet ({missing[0]}): "
                        "run all jobs again with the same options, then --finish")
    return [found[entry.mix_id] for entry in jobs]


def listeners(folder: Path) -> dict[str, str]:
    """Identities of the networks that metrics listened with, by kind."""
    path = folder / LISTENERS
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def table(items: Sequence[Item]) -> str:
    """The content of ``items.tsv``."""
    header = "\t".join((*FACTS, *items[0].values))
    return "".join(line + "\n" for line in (header, *(item.line() for item in items)))
