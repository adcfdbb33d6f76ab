"""A data directory without the lines that ``lass validate`` objects to, as Kaldi's fix_data_dir.sh does."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from lass.data.derive import Part, base_of, count_clips, placed, tables_of, write_sets
from lass.data.validate import fault_of, id_form, look_at
from lass.errors import LassError
from lass.io.audio import AudioError
from lass.io.sorting import sort_lines
from lass.io.table import iterate_sorted, read_table, split_line, write_table

BOM = b"\xef\xbb\xbf"


def mend(source: Path, target: Path, needed: Sequence[str] = (), dry_run: bool = False) -> list[str]:
    """Write ``source`` to ``target``: sorted, each id once (its first line), only good lines, line ends LF.

    A clip stays if its audio is there and it stands in each table of ``needed`` and, where the set has that table, in
    utt2num_samples; lines of other clips go.

    Returns:
        lines for people: how many lines of each table went, and why.

    Raises:
        LassError: no wav.scp, a needed table is not there, nothing is left, or see ``write_sets``
    """
    tables = tables_of(source)
    for name in ("wav.scp", *needed):
        if name not in tables:
            raise LassError(f"{source / name}: no such table: run the stage that writes it, or do not need it")
    with tempfile.TemporaryDirectory() as temporary:
        clean, counts = Path(temporary), {name: Counter() for name in tables}
        labels: set[str] = set()
        for name in sorted(tables, key=lambda name: name != "labels"):  # labels first: utt2labels asks for them
            write_table(clean / name, _good_lines(source / name, labels, counts[name], clean))
            if name == "labels":
                labels = {label for label, _ in read_table(clean / name)}
        base = base_of(clean / "wav.scp", source)
        kept = _with_audio(clean, base, counts["wav.scp"])
        for name in {*needed, "utt2num_samples"} & set(tables):
            kept &= _in_table(clean, name)
        written = write_sets({target: [Part(clean, kept, base=base)]}, dry_run)
        for name in set(tables) - {"labels"}:
            lost = sum(i is None or not kept[i] for i, _, _ in placed(clean, iterate_sorted(clean / name)))
            counts[name]["of clips that go"] = int(lost) - counts[name]["without audio"]
    gone = {name: ", ".join(f"{n} {why}" for why, n in counts[name].items() if n) for name in tables}
    return [*(f"{source / name}: dropped {why}" for name, why in gone.items() if why), *written]


def _good_lines(path: Path, labels: set[str], counts: Counter, folder: Path) -> Iterator[tuple[str, str]]:
    good = enumerate(_well_formed(path, labels, counts))
    numbered = (f"{key} {number:012d} {value}\n".encode() for number, (key, value) in good)
    entries = (line.decode().removesuffix("\n").split(" ", 2) for line in sort_lines(numbered, folder))
    for key, lines in groupby(entries, key=lambda entry: entry[0]):
        yield key, next(lines)[2]
        counts["repeated"] += sum(1 for _ in lines)


def _well_formed(path: Path, labels: set[str], counts: Counter) -> Iterator[tuple[str, str]]:
    pattern, _ = id_form(path.name)
    with open(path, "rb") as f:
        for line in f:
            try:
                key, value = split_line(line.removeprefix(BOM).rstrip(b"\r\n"), str(path))
            except LassError:
                counts["malformed"] += 1
                continue
            if path.name.endswith("_emb.scp") or pattern.fullmatch(key):
                if not fault_of(path.name, value, labels):
                    yield key, value
                    continue
            counts["malformed"] += 1


def _with_audio(folder: Path, base: str, counts: Counter) -> np.ndarray:
    kept = np.ones(count_clips(folder), bool)
    for i, (_, path) in enumerate(iterate_sorted(folder / "wav.scp")):
        try:
            look_at(os.path.join(base, path), read_audio=False, read_header=False)
        except AudioError:
            kept[i] = False
    counts["without audio"] = int((~kept).sum())
    return kept


def _in_table(folder: Path, name: str) -> np.ndarray:
    kept = np.zeros(count_clips(folder), bool)
    for i, _, _ in placed(folder, iterate_sorted(folder / name)):
        if i is not None:
            kept[i] = True
    return kept
