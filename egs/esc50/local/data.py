"""ESC-50: K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM Multimedia 2015."""

import csv
import re
from collections import Counter
from pathlib import Path

from lass.config import read_yaml
from lass.data.corpus import Corpus
from lass.data.datadir import Row
from lass.data.published import fill
from lass.data.testsets import find_set
from lass.errors import LassError
from lass.io.download import fetch

SUBSETS = {"esc10": 10, "esc50": 50}  # classes
CLIPS = 8  # of each class in each fold
FOLDS = range(1, 6)
COLUMNS = {"filename", "fold", "category", "esc10", "src_file"}
PAGE = "https://github.com/karolpiczak/ESC-50"
CAPTIONS = Path(__file__).with_name("captions.yaml")
CORPUS = Corpus.read(Path(__file__).parents[1] / "conf" / "corpus.yaml")
AUDIOSEP = find_set("audiosep_esc50")  # its list: 2000 pairs of clips, without gains


def download(root: Path, subset: str, test_fold: str, audiosep_list: str) -> None:
    """Fetch the corpus (about 600 MB) and, where it is asked for, AudioSep's list."""
    _folds(test_fold)
    CORPUS.fetch(root)
    if audiosep_list == "download":
        fetch(AUDIOSEP.list.url, root / "audiosep_esc50_eval.csv", AUDIOSEP.list.md5)


def expected(root: Path, subset: str, test_fold: str, audiosep_list: str) -> dict[str, int]:
    """Numbers of clips as published."""
    return CORPUS.clips[subset]


def prepare(root: Path, subset: str, test_fold: str, audiosep_list: str) -> dict[str, list[Row]]:
    """Test on ``test_fold``, validate on the fold before it (1 has 5 before it), train on the other three."""
    test, valid = _folds(test_fold)
    folder = _folder(root)
    captions = read_yaml(CAPTIONS)
    rows = _rows(folder, subset)
    folds = {"test": [test], "valid": [valid], "train": [fold for fold in FOLDS if fold not in (test, valid)]}
    return {
        name: [_clip(folder, row, captions) for row in rows if int(row["fold"]) in chosen]
        for name, chosen in folds.items()
    }


def pairs(root: Path, subset: str, test_fold: str, audiosep_list: str) -> dict[str, dict[str, list[str]]]:
    """AudioSep's list, where asked for: all its pairs of the subset, whatever their folds."""
    if not audiosep_list:
        return {}
    path = root / "audiosep_esc50_eval.csv" if audiosep_list == "download" else Path(audiosep_list)
    utts = {_utt(row["filename"]) for row in _rows(_folder(root), subset)}
    form = AUDIOSEP.list.form
    pairs = {fill(AUDIOSEP.mix_id, line): [_utt(clip.clip) for clip in form.clips(line)] for line in form.lines(path)}
    return {"audiosep": {mix_id: clips for mix_id, clips in pairs.items() if utts.issuperset(clips)}}


def _folds(test_fold: str) -> tuple[int, int]:
    if test_fold not in map(str, FOLDS):
        raise LassError(f"--test_fold {test_fold}: ESC-50 has the folds 1 to 5; cross_validate.sh runs them all")
    test = int(test_fold)
    return test, (test - 2) % 5 + 1


def _folder(root: Path) -> Path:
    """What stage 1 unpacked, or the folder of the user."""
    unpacked = root / "ESC-50" / "ESC-50-master"
    folder = unpacked if unpacked.exists() else root
    if not (folder / "meta" / "esc50.csv").is_file():
        raise LassError(
            f"--root {folder}: no meta/esc50.csv there; unpack ESC-50 ({PAGE}) and give the folder that holds "
            "audio/ and meta/, or leave the option out and run stage 1"
        )
    return folder


def _rows(folder: Path, subset: str) -> list[dict[str, str]]:
    """The lines of ``meta/esc50.csv`` that the subset has; each class has 8 clips in each fold."""
    if subset not in SUBSETS:
        raise LassError(f"--subset {subset}: expected {' or '.join(SUBSETS)}")
    path = folder / "meta" / "esc50.csv"
    rows = [row for row in _read_csv(path, COLUMNS) if subset == "esc50" or row["esc10"] == "True"]
    for row in rows:
        match = re.fullmatch(r"([1-5])-[0-9]+-[A-Z]-[0-9]+\.(wav|ogg)", row["filename"])
        if not match or match[1] != row["fold"]:
            wanted = f"{row['fold']}-CLIP-TAKE-TARGET.wav"
            raise LassError(f"{path}: file name {row['filename']!r} is not {wanted}; get the file again")
    found = Counter((row["category"], row["fold"]) for row in rows)
    expected = SUBSETS[subset] * len(FOLDS)
    if len(found) != expected or set(found.values()) != {CLIPS}:
        raise LassError(
            f"{path}: {len(rows)} of {expected * CLIPS} clips of {subset} are listed, or not {CLIPS} a class and fold; "
            "get the corpus again"
        )
    return rows


def _read_csv(path: Path, columns: set[str]) -> list[dict[str, str]]:
    try:
        with open(path, encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, restval="")
            if missing := columns - set(reader.fieldnames or ()):
                raise LassError(f"{path}:1: no column {', '.join(sorted(missing))}; get the file again")
            return list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise LassError(f"{path}: cannot be read ({error}); get the file again") from None


def _utt(filename: str) -> str:
    return f"esc50-{Path(filename).stem}"


def _clip(folder: Path, row: dict[str, str], captions: dict) -> Row:
    label = row["category"]
    name = label.replace("_", " ")
    if label not in captions:
        raise LassError(f"{CAPTIONS}: no captions of {label!r}; add a line")
    return Row(
        utt=_utt(row["filename"]),
        audio=str(folder / "audio" / row["filename"]),
        captions=[name, *captions[label]],
        labels={label: name},
        origin=f"freesound:{row['src_file']}",
    )
