"""Scoring that can be killed: rows are appended as they come, a rerun measures only what is left."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from lass.errors import LassError
from lass.score.items import COLUMNS, Item, Job, measure


def read_partial(path: Path) -> dict[str, Item]:
    """Rows that an earlier run finished; a last line that a kill cut off is dropped from the file."""
    if not path.exists():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        os.truncate(path, len(whole))
    items = [Item.parse(line) for line in whole.decode().split("\n")[:-1]]
    return {item.mix_id: item for item in items}


def measure_all(jobs: Sequence[Job], partial: Path, num_workers: int) -> list[Item]:
    """Measure ``jobs`` in parallel, in their order, going on from the rows in ``partial``."""
    done = read_partial(partial)
    left = [job for job in jobs if job.mix_id not in done]
    if done and left:
        print(f"going on after {len(done)} of {len(jobs)} mixtures")
    with (
        open(partial, "a", encoding="utf-8", newline="\n") as rows,
        ProcessPoolExecutor(max(1, min(num_workers, len(left)))) as pool,
        tqdm(total=len(jobs), initial=len(done), unit="mix", desc="score", disable=None) as bar,
    ):
        try:
            for item in pool.map(measure, left):
                rows.write(item.line() + "\n")
                rows.flush()
                done[item.mix_id] = item
                bar.update()
        except BrokenProcessPool:
            raise LassError("a scoring process was killed, memory may be short: run again with --num_workers 1; "
                            f"{len(done)} of {len(jobs)} mixtures are kept") from None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [done[job.mix_id] for job in jobs]


def table(items: Sequence[Item]) -> str:
    """The content of ``items.tsv``."""
    return "".join(line + "\n" for line in ("\t".join(COLUMNS), *(item.line() for item in items)))
