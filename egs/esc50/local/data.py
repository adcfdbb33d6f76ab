"""ESC-50: K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015."""

import csv
import re
from pathlib import Path

from lass.data.datadir import Row
from lass.errors import LassError

SUBSETS = {"esc10": 400}  # clips
FOLDS = range(1, 6)
COLUMNS = {"filename", "fold", "category", "esc10", "src_file"}
PAGE = "https://github.com/karolpiczak/ESC-50"


def download(root: Path, esc50_root: str, subset: str, test_fold: str) -> None:
    """Check that the corpus is where ``esc50_root`` says."""
    rows = _rows(_folder(esc50_root), subset)
    _folds(test_fold)
    print(f"{esc50_root}: {len(rows)} of {SUBSETS[subset]} clips of {subset}")


def prepare(root: Path, esc50_root: str, subset: str, test_fold: str) -> dict[str, list[Row]]:
    """Test on ``test_fold``, validate on the fold before it (1 has 5 before it), train on the other three."""
    folder = _folder(esc50_root)
    rows = _rows(folder, subset)
    test, valid = _folds(test_fold)
    folds = {"test": [test], "valid": [valid], "train": [fold for fold in FOLDS if fold not in (test, valid)]}
    return {name: [_clip(folder, row) for row in rows if int(row["fold"]) in chosen] for name, chosen in folds.items()}


def _folds(test_fold: str) -> tuple[int, int]:
    if test_fold not in map(str, FOLDS):
        raise LassError(f"--test_fold {test_fold}: ESC-50 has the folds 1 to 5")
    test = int(test_fold)
    return test, (test - 2) % 5 + 1


def _folder(esc50_root: str) -> Path:
    folder = Path(esc50_root)
    if not esc50_root or not (folder / "meta" / "esc50.csv").is_file():
        raise LassError(
            f"--esc50_root {esc50_root or '(not given)'}: no meta/esc50.csv there; unpack ESC-50 ({PAGE}) and give the "
            "folder that holds audio/ and meta/"
        )
    return folder


def _rows(folder: Path, subset: str) -> list[dict[str, str]]:
    """The lines of ``meta/esc50.csv`` that the subset has."""
    if subset not in SUBSETS:
        raise LassError(f"--subset {subset}: expected {' or '.join(SUBSETS)}")
    path = folder / "meta" / "esc50.csv"
    with open(path, encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines, restval="")
        if missing := COLUMNS - set(reader.fieldnames or ()):
            raise LassError(f"{path}:1: no column {', '.join(sorted(missing))}; get the file again")
        rows = [row for row in reader if row["esc10"] == "True"]
    for row in rows:
        match = re.fullmatch(r"([1-5])-[0-9]+-[A-Z]-[0-9]+\.(wav|ogg)", row["filename"])
        if not match or match[1] != row["fold"]:
            wanted = f"{row['fold']}-CLIP-TAKE-TARGET.wav"
            raise LassError(f"{path}: file name {row['filename']!r} is not {wanted}; get the file again")
    if len(rows) != SUBSETS[subset]:
        raise LassError(f"{path}: {len(rows)} of {SUBSETS[subset]} clips of {subset} are listed; get the corpus again")
    return rows


def _clip(folder: Path, row: dict[str, str]) -> Row:
    label = row["category"]
    name = label.replace("_", " ")
    return Row(
        utt=f"esc50-{Path(row['filename']).stem}",
        audio=str(folder / "audio" / row["filename"]),
        captions=[name],
        labels={label: name},
        origin=f"freesound:{row['src_file']}",
    )
