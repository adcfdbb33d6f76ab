"""The recipe of ESC-50, on a corpus of the same layout with 400 lines of ESC-10."""

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile

from lass.bin import data as data_command
from lass.data.datadir import DataDir
from lass.errors import LassError

RECIPE = Path(__file__).parents[2] / "egs" / "esc50" / "local" / "data.py"
_spec = importlib.util.spec_from_file_location("egs_esc50_data", RECIPE)
data = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(data)

# target number -> class; the names are made up but for their form
CLASSES = {0: "dog", 1: "rooster", 10: "rain", 11: "sea_waves", 12: "crackling_fire", 20: "crying_baby",
           21: "sneezing", 38: "clock_tick", 40: "helicopter", 41: "chainsaw"}  # fmt: skip
COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")


def lines() -> list[dict[str, str]]:
    """8 clips of 10 classes in 5 folds, and as many lines that are not of ESC-10."""
    found = []
    for fold in range(1, 6):
        for target, category in CLASSES.items():
            for i in range(8):
                source, take = f"{fold}{target:02d}{i // 2}", "AB"[i % 2]  # two takes of one recording
                row = (f"{fold}-{source}-{take}-{target}.{'ogg' if i == 7 else 'wav'}", fold, target, category)
                found.append(dict(zip(COLUMNS, map(str, (*row, "True", source, take)), strict=True)))
                other = (f"{fold}-9{source}-{take}-{target + 2}.wav", fold, target + 2, "hen", "False", source, take)
                found.append(dict(zip(COLUMNS, map(str, other), strict=True)))
    return found


def write_corpus(root: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> Path:
    (root / "meta").mkdir(parents=True, exist_ok=True)
    with open(root / "meta" / "esc50.csv", "w", encoding="utf-8", newline="") as f:
        writer = csv.DictWriter(f, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return root


@pytest.fixture
def corpus(tmp_path) -> Path:
    return write_corpus(tmp_path / "ESC 50", lines())


def prepare(corpus: Path, test_fold: str = "5", subset: str = "esc10") -> dict:
    """The sets, each read once and in another order than they were made."""
    sets = data.prepare(Path("unused"), esc50_root=str(corpus), subset=subset, test_fold=test_fold)
    return {name: list(sets[name]) for name in reversed(sets)}


def fold_of(row) -> int:
    return int(row.utt.removeprefix("esc50-")[0])


@pytest.mark.parametrize(("test_fold", "valid_fold"), [("1", 5), ("2", 1), ("3", 2), ("4", 3), ("5", 4)])
def test_folds_are_disjoint(corpus, test_fold, valid_fold):
    """Each set holds its own folds, also when the sets are read after all are made."""
    sets = prepare(corpus, test_fold)
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 240, "valid": 80, "test": 80}
    folds = {name: {fold_of(row) for row in rows} for name, rows in sets.items()}
    assert folds["test"] == {int(test_fold)} and folds["valid"] == {valid_fold}
    assert folds["train"] == {1, 2, 3, 4, 5} - {int(test_fold), valid_fold}
    utts = [row.utt for rows in sets.values() for row in rows]
    assert len(set(utts)) == 400
    origins = [{row.origin for row in rows} for rows in sets.values()]
    assert not (origins[0] & origins[1] or origins[0] & origins[2] or origins[1] & origins[2])


def test_a_clip(corpus):
    row = next(row for row in prepare(corpus)["test"] if row.labels == {"sea_waves": "sea waves"})
    assert row.captions == ["sea waves"]
    assert row.utt == "esc50-5-5110-A-11" and row.origin == "freesound:5110"
    assert row.audio == str(corpus / "audio" / "5-5110-A-11.wav")


def test_names_have_blanks_for_underscores(corpus):
    names = {name for row in prepare(corpus)["train"] for name in row.labels.values()}
    assert names == {name.replace("_", " ") for name in CLASSES.values()}
    assert not any("_" in name for name in names)


def test_data_directories(corpus, tmp_path):
    """The whole way of stage data."""
    (corpus / "audio").mkdir()
    for row in lines():
        kind = {"format": "OGG", "subtype": "VORBIS"} if row["filename"].endswith("ogg") else {}
        if row["esc10"] == "True":
            soundfile.write(corpus / "audio" / row["filename"], np.zeros(8), 8000, **kind)
    options = [f"esc50_root={corpus}", "subset=esc10", "test_fold=2"]
    data_command.main([str(RECIPE), str(tmp_path / "out"), "--root", str(tmp_path), *options])
    sets = {name: DataDir(tmp_path / "out" / name) for name in ("train", "valid", "test")}
    assert {name: len(found) for name, found in sets.items()} == {"train": 240, "valid": 80, "test": 80}
    assert {utt.split("-")[1] for utt, _ in sets["test"].wav} == {"2"}
    assert sets["test"].labels == {name: name.replace("_", " ") for name in CLASSES.values()}


def test_download_says_what_is_there(corpus, tmp_path, capsys):
    data.download(tmp_path, esc50_root=str(corpus), subset="esc10", test_fold="1")
    assert capsys.readouterr().out == f"{corpus}: 400 of 400 clips of esc10\n"


@pytest.mark.parametrize("fold", ["0", "6", "", "five", "1.0", "-1"])
def test_wrong_fold(corpus, tmp_path, fold):
    for function in (data.prepare, data.download):
        with pytest.raises(LassError, match=f"--test_fold {fold}: ESC-50 has the folds 1 to 5"):
            function(tmp_path, esc50_root=str(corpus), subset="esc10", test_fold=fold)


def test_missing_folder(tmp_path):
    (tmp_path / "audio").mkdir()
    for root, name in ((str(tmp_path), str(tmp_path)), ("", r"\(not given\)"), ("/nowhere", "/nowhere")):
        with pytest.raises(LassError, match=f"--esc50_root {name}: no meta/esc50.csv there; unpack ESC-50"):
            prepare(root)


def test_unknown_subset(corpus):
    with pytest.raises(LassError, match="--subset esc99: expected esc10"):
        prepare(corpus, subset="esc99")


def test_incomplete_csv(corpus):
    write_corpus(corpus, lines()[:-2])
    with pytest.raises(LassError, match="meta/esc50.csv: 399 of 400 clips of esc10 are listed; get the corpus again"):
        prepare(corpus)
    write_corpus(corpus, [])
    with pytest.raises(LassError, match="0 of 400 clips"):
        prepare(corpus)
    write_corpus(corpus, lines(), COLUMNS[:4])
    with pytest.raises(LassError, match="esc50.csv:1: no column esc10, src_file; get the file again"):
        prepare(corpus)
    (corpus / "meta" / "esc50.csv").write_bytes(b"")
    with pytest.raises(LassError, match="esc50.csv:1: no column category, esc10"):
        prepare(corpus)


@pytest.mark.parametrize("name", ["../../etc/passwd", "5-1-A-0.flac", "5-1-A-0.wav\n", "6-1-A-0.wav", "4-1-A-0.wav"])
def test_bad_file_names(corpus, name):
    rows = lines()
    rows[-2] |= {"filename": name}  # a line of fold 5
    write_corpus(corpus, rows)
    with pytest.raises(LassError, match="is not 5-CLIP-TAKE-TARGET.wav; get the file again"):
        prepare(corpus)
