"""Which clips of a data directory: each function gives bool ``[clips]``, in the order of wav.scp."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from lass.data.derive import count_clips, placed
from lass.errors import LassError
from lass.io.sorting import sort_lines
from lass.io.table import iterate_sorted, read_table


def first(folder: Path, count: int) -> np.ndarray:
    """The first ``count`` clips; LassError when there are fewer."""
    return np.arange(_enough(folder, count)) < count


def random(folder: Path, count: int, seed: int) -> np.ndarray:
    """``count`` clips drawn without replacement; LassError when there are fewer."""
    kept = np.zeros(_enough(folder, count), bool)
    kept[np.random.default_rng(seed).choice(len(kept), count, replace=False)] = True
    return kept


def listed(folder: Path, path: Path) -> np.ndarray:
    """The clips whose ids are the first words of the lines of ``path``; LassError for one that is not there."""
    kept = np.zeros(count_clips(folder), bool)
    for i, utt, number in placed(folder, _wanted(path)):
        if i is None:
            raise LassError(f"{path}:{number}: {utt} is not in {folder / 'wav.scp'}: drop the line")
        kept[i] = True
    return kept


def labelled(folder: Path, labels: Sequence[str]) -> np.ndarray:
    """The clips that have one of ``labels`` (ids or display names); LassError for a label that the set has not."""
    known = read_table(folder / "labels")
    if unknown := set(labels) - {word for entry in known for word in entry}:
        raise LassError(f"{folder / 'labels'}: no label {sorted(unknown)[0]!r}: give an id or a name that stands there")
    wanted = {label for label, name in known if label in labels or name in labels}
    kept = np.zeros(count_clips(folder), bool)
    for i, _, value in placed(folder, iterate_sorted(folder / "utt2labels")):
        if i is not None:
            kept[i] = not wanted.isdisjoint(value.split())
    return kept


def split(folder: Path, shares: Sequence[float], seed: int, by: str | None = None) -> list[np.ndarray]:
    """A random partition; part ``k`` has about ``shares[k]`` (they sum to 1) of the clips.

    Args:
        by: "origin" (utt2origin without the time in the recording) or "label": clips that have it in common stay
            together, clips without one are on their own

    Raises:
        LassError: by label, and a clip has more than one
    """
    clips = count_clips(folder)
    _, group, sizes = np.unique(_groups(folder, clips, by), return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(sizes))
    middles = np.cumsum(sizes[order]) - sizes[order] / 2  # of each group, in clips, when they stand in this order
    part_of = np.empty(len(sizes), int)
    part_of[order] = np.searchsorted(np.cumsum(shares)[:-1] * clips, middles, side="right")
    return [part_of[group] == k for k in range(len(shares))]


def _enough(folder: Path, count: int) -> int:
    clips = count_clips(folder)
    if not 0 < count <= clips:
        raise LassError(f"{folder / 'wav.scp'}: {clips} clips, but {count} are asked for: ask for 1 to {clips}")
    return clips


def _wanted(path: Path) -> Iterator[tuple[str, str]]:
    """(id, number of its line), sorted by id."""
    try:
        with open(path, "rb") as f:
            lines = (b"%s %d\n" % (line.split(None, 1)[0], n) for n, line in enumerate(f, 1) if line.strip())
            for line in sort_lines(lines, None):
                utt, number = line.decode(errors="replace").split(" ")
                yield utt, number.strip()
    except OSError as e:
        raise LassError(f"{path}: cannot open ({e.strerror}): give a file with an id a line") from None


def _groups(folder: Path, clips: int, by: str | None) -> np.ndarray:
    """uint64 ``[clips]``: equal for clips that stay together. 64 bits of a hash, as names would not fit in memory."""
    codes = np.arange(clips, dtype=np.uint64)
    if by is None:
        return codes
    path = folder / f"utt2{'labels' if by == 'label' else by}"
    for i, utt, value in placed(folder, iterate_sorted(path)):
        if by == "label" and len(value.split()) > 1:
            raise LassError(f"{path}: {utt} has several labels ({value}): such a set cannot be split by label")
        common = value if by == "label" else ":".join(value.split(":", 2)[:2])
        if i is not None:
            codes[i] = int.from_bytes(hashlib.blake2b(common.encode(), digest_size=8).digest())
    return codes
