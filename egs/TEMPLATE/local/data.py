"""TEMPLATE: who published the corpus, and where."""

import csv
import re
from pathlib import Path

from lass.data.datadir import Row
from lass.errors import LassError


def download(root: Path) -> None:
    """Nothing can be fetched. See lass.data.corpus for a corpus that is on the web."""
    raise LassError("give the folder of the corpus: --root DIR")


def prepare(root: Path) -> dict[str, list[Row]]:
    """The sets that run.sh names, by the column ``split``; several captions or labels have ``|`` between them."""
    sets: dict[str, list[Row]] = {"train": [], "valid": [], "test": []}
    table = root / "clips.csv"
    if not table.is_file():
        raise LassError(f"--root {root}: no clips.csv there: give the folder of the corpus")
    with open(table, encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, restval="")
        if missing := {"file", "split", "captions", "labels"} - set(reader.fieldnames or ()):
            raise LassError(f"{table}:1: no column {', '.join(sorted(missing))}: add it")
        for line in reader:
            file = Path(line["file"])
            if line["split"] not in sets or file.is_absolute() or ".." in file.parts:
                raise LassError(f"{table}:{reader.line_num}: split {line['split']!r} or file {str(file)!r}: mend it")
            utt = "TEMPLATE-" + re.sub(r"[^A-Za-z0-9._+=-]", "_", str(file.with_suffix("")))
            labels = {re.sub(r"\W", "_", name.lower()): name for name in line["labels"].split("|") if name}
            captions = [caption for caption in line["captions"].split("|") if caption]
            sets[line["split"]].append(Row(utt, str(table.parent / file), captions, labels))
    return sets
