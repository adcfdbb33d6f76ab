"""The recipe of ESC-50, on a corpus of the same layout: 50 classes, 8 clips of each in each of five folds."""

import csv
import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from fixtures.scripts import load_script
from lass.bin import data as data_command
from lass.data.datadir import DataDir
from lass.errors import LassError

RECIPE = Path(__file__).parents[2] / "egs" / "esc50" / "local" / "data.py"
data = load_script("egs/esc50/local/data.py")

# target number -> class; those of ESC-10, and made-up rows for the other forty
ESC10 = {0: "dog", 1: "rooster", 10: "rain", 11: "sea_waves", 12: "crackling_fire", 20: "crying_baby",
         21: "sneezing", 38: "clock_tick", 40: "helicopter", 41: "chainsaw"}  # fmt: skip
CAPTIONS = yaml.safe_load(RECIPE.with_name("captions.yaml").read_text(encoding="utf-8"))
OTHERS = dict(zip((n for n in range(50) if n not in ESC10), (c for c in CAPTIONS if c not in ESC10.values())))
COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")


def lines() -> list[dict[str, str]]:
    """8 clips of 50 classes in 5 folds."""
    found = []
    for fold in range(1, 6):
        for target, category in sorted((ESC10 | OTHERS).items()):
            for i in range(8):
                source, take = f"{fold}{target:02d}{i // 2}", "AB"[i % 2]  # two takes of one recording
                name = f"{fold}-{source}-{take}-{target}.{'ogg' if i == 7 else 'wav'}"
                row = (name, fold, target, category, target in ESC10, source, take)
                found.append(dict(zip(COLUMNS, map(str, row), strict=True)))
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


def options(test_fold: str = "5", subset: str = "esc10", audiosep_list: str = "") -> dict[str, str]:
    return {"subset": subset, "test_fold": test_fold, "audiosep_list": audiosep_list}


def prepare(corpus: Path | str, test_fold: str = "5", subset: str = "esc10") -> dict:
    """The sets, each read once and in another order than they were made."""
    sets = data.prepare(Path(corpus), **options(test_fold, subset))
    return {name: list(sets[name]) for name in reversed(sets)}


def write_audio(corpus: Path) -> None:
    (corpus / "audio").mkdir()
    for row in lines():
        kind = {"format": "OGG", "subtype": "VORBIS"} if row["filename"].endswith("ogg") else {}
        soundfile.write(corpus / "audio" / row["filename"], np.zeros(8), 8000, **kind)


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
    assert row.captions == ["sea waves", *CAPTIONS["sea_waves"]] and len(row.captions) == 3
    assert row.utt == "esc50-5-5110-A-11" and row.origin == "freesound:5110"
    assert row.audio == str(corpus / "audio" / "5-5110-A-11.wav")


def test_names_have_blanks_for_underscores(corpus):
    names = {name for row in prepare(corpus)["train"] for name in row.labels.values()}
    assert names == {name.replace("_", " ") for name in ESC10.values()}
    assert not any("_" in name for name in names)


def test_the_whole_corpus(corpus):
    sets = prepare(corpus, "1", "esc50")
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 1200, "valid": 400, "test": 400}
    assert len({label for row in sets["test"] for label in row.labels}) == 50


def test_every_class_has_captions_of_its_own():
    texts = [text for sentences in CAPTIONS.values() for text in sentences]
    assert len(CAPTIONS) == 50 and len(set(texts)) == len(texts) and all(len(x) > 1 for x in CAPTIONS.values())


def test_data_directories(corpus, tmp_path):
    """The whole way of stage data."""
    write_audio(corpus)
    given = [f"{name}={value}" for name, value in options("2").items()]
    data_command.main([str(RECIPE), str(tmp_path / "out"), "--root", str(corpus), *given])
    sets = {name: DataDir(tmp_path / "out" / name) for name in ("train", "valid", "test")}
    assert {name: len(found) for name, found in sets.items()} == {"train": 240, "valid": 80, "test": 80}
    assert {utt.split("-")[1] for utt, _ in sets["test"].wav} == {"2"}
    assert sets["test"].labels == {name: name.replace("_", " ") for name in ESC10.values()}
    assert not (tmp_path / "out" / "pairs").exists()


def write_list(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    path.write_text("idx,caption,src_wav,noise_wav\r\n" + "".join(f"{i},x,{a},{b}\r\n" for i, a, b in rows))
    return path


def test_published_list(corpus, tmp_path):
    """Pairs of the subset, whatever their folds; those of other classes are left out."""
    one, two, other = "5-5000-A-0.wav", "1-1010-A-1.wav", "5-5020-A-2.wav"
    path = write_list(tmp_path / "list.csv", [("0", one, two), ("17", two, one), ("3", one, other)])
    utts = ["esc50-5-5000-A-0", "esc50-1-1010-A-1"]
    expected = {"audiosep-esc50-0000": utts, "audiosep-esc50-0017": utts[::-1]}
    assert data.pairs(corpus, **options(audiosep_list=str(path))) == {"audiosep": expected}
    whole = data.pairs(corpus, **options(subset="esc50", audiosep_list=str(path)))
    assert len(whole["audiosep"]) == 3
    assert data.pairs(corpus, **options()) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("idx,src_wav\n", "list.csv:1: no column noise_wav"),
        ("idx,src_wav,noise_wav\n0,../x,a\n", "list.csv:2: src_wav '../x' is not of the form"),
    ],
)
def test_damaged_list(content, message, corpus, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(content)
    with pytest.raises(LassError, match=message):
        data.pairs(corpus, **options(audiosep_list=str(path)))
    with pytest.raises(LassError, match="nowhere.csv: cannot open"):
        data.pairs(corpus, **options(audiosep_list=str(tmp_path / "nowhere.csv")))


def test_missing_clips_are_counted(corpus, tmp_path, capsys):
    write_audio(corpus)
    (corpus / "audio" / "5-5000-A-0.wav").unlink()
    given = [f"{name}={value}" for name, value in options().items()]
    data_command.main([str(RECIPE), str(tmp_path / "out"), "--root", str(corpus), *given])
    printed = capsys.readouterr().out
    assert f"{tmp_path}/out/test: 79 of 80 clips found, 80 published; see {tmp_path}/out/test/missing.tsv" in printed
    assert f"{tmp_path}/out/train: 240 of 240 clips found, 240 published\n" in printed
    missing = (tmp_path / "out" / "test" / "missing.tsv").read_text()
    assert missing == f"esc50-5-5000-A-0\t{corpus}/audio/5-5000-A-0.wav\tno such file\n"
    for path in (corpus / "audio").glob("5-*"):
        path.unlink()
    with pytest.raises(LassError, match="out/test: none of 80 clips is there, such as .*: run stage 1, or give"):
        data_command.main([str(RECIPE), str(tmp_path / "out"), "--root", str(corpus), *given])


def test_download(corpus, tmp_path, web, monkeypatch):
    """The archive, as it is published, and AudioSep's list."""
    write_audio(corpus)
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        for file in corpus.rglob("*.*"):
            archive.write(file, Path("ESC-50-master") / file.relative_to(corpus))
    web.files["/master.zip"] = (tmp_path / "one.zip").read_bytes()
    published = replace(data.CORPUS.files["archive"], url=web.url("/master.zip"))
    monkeypatch.setattr(data, "CORPUS", replace(data.CORPUS, files={"archive": published}))
    path = write_list(tmp_path / "list.csv", [("0", "5-5000-A-0.wav", "5-5010-A-1.wav")])
    web.files["/list.csv"] = path.read_bytes()
    listed = replace(data.AUDIOSEP.list, url=web.url("/list.csv"), md5=hashlib.md5(path.read_bytes()).hexdigest())
    monkeypatch.setattr(data, "AUDIOSEP", replace(data.AUDIOSEP, list=listed))
    root, given = tmp_path / "downloads", options(subset="esc50", audiosep_list="download")
    data.download(root, **given)
    assert len(data.prepare(root, **given)["train"]) == 1200
    assert len(data.pairs(root, **given)["audiosep"]) == 1


def test_published_numbers(shared, tmp_path):
    """All 2000 names, of AudioSep's list, the 400 of ESC-10, and the pairs both of whose clips lie in a fold."""
    published = shared / "data" / "metadata" / "audiosep_eval" / "esc50_eval.csv"
    with open(published, encoding="utf-8", newline="") as found:
        clips = {row["src_wav"]: row["caption"] for row in csv.DictReader(found)}
    rows = []
    for name, category in clips.items():
        fold, source, take, target = name.removesuffix(".wav").split("-")
        row = (name, fold, target, category.replace(" ", "_"), int(target) in ESC10, source, take)
        rows.append(dict(zip(COLUMNS, map(str, row), strict=True)))
    whole = write_corpus(tmp_path, rows)
    assert len({row["src_file"] for row in rows}) == 1524
    for root, subset, of_list in ((whole, "esc50", (2000, 411, 83)), (shared / "data" / "ESC-10", "esc10", None),
                                  (whole, "esc10", (78, 22, 6))):  # fmt: skip
        given = options(subset=subset, audiosep_list=str(published))
        sets = data.prepare(root, **given)
        assert {name: len(found) for name, found in sets.items()} == data.expected(root, **given)
        labels = {label for found in sets.values() for row in found for label in row.labels}
        assert len(labels) == data.SUBSETS[subset]
        if of_list:
            folds = [{utt.split("-")[1] for utt in pair} for pair in data.pairs(root, **given)["audiosep"].values()]
            assert (len(folds), sum(len(each) == 1 for each in folds), folds.count({"5"})) == of_list


@pytest.mark.parametrize("fold", ["0", "6", "", "five", "1.0", "-1"])
def test_wrong_fold(corpus, tmp_path, fold):
    for function in (data.prepare, data.download):
        with pytest.raises(LassError, match=f"--test_fold {fold}: ESC-50 has the folds 1 to 5"):
            function(corpus, **options(fold))


def test_missing_folder(tmp_path):
    (tmp_path / "audio").mkdir()
    for root in (str(tmp_path), "/nowhere"):
        with pytest.raises(LassError, match=f"--root {root}: no meta/esc50.csv there; unpack ESC-50"):
            prepare(root)


def test_unknown_subset(corpus):
    with pytest.raises(LassError, match="--subset esc99: expected esc10 or esc50"):
        prepare(corpus, subset="esc99")


def test_incomplete_csv(corpus):
    write_corpus(corpus, lines()[1:])
    with pytest.raises(LassError, match="meta/esc50.csv: 399 of 400 clips of esc10 .*; get the corpus again"):
        prepare(corpus)
    with pytest.raises(LassError, match="1999 of 2000 clips of esc50"):
        prepare(corpus, subset="esc50")
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
    rows[-73] |= {"filename": name}  # a line of ESC-10, fold 5
    write_corpus(corpus, rows)
    with pytest.raises(LassError, match="is not 5-CLIP-TAKE-TARGET.wav; get the file again"):
        prepare(corpus)
