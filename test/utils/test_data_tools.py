"""utils/{subset,combine,fix,copy,split}_data.py: a contract of all five, then what each does alone."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fixtures.scripts import load_script
from lass.data.clip_crops import ClipCrops
from lass.data.datadir import Row, write_data_dir
from lass.data.validate import validate
from lass.errors import LassError
from lass.io.table import read_table, write_table

UTILS = Path(__file__).resolve().parents[2] / "utils"
FOLLOWING = {"wav.scp", "captions", "text", "utt2labels", "utt2num_samples", "utt2origin", "video.scp", "segments",
             "audio_emb.scp"}  # fmt: skip
CALLS = {
    "subset": ["SET", "OUT/new", "--random", "6"],
    "combine": ["OUT/new", "SET", "other=SET"],
    "fix": ["SET", "OUT/new"],
    "copy": ["SET", "OUT/new", "--id_prefix", "x-", "--id_suffix=.y"],
    "split": ["SET", "OUT", "--parts", "2"],
}


def tool(name: str) -> Callable[[list[str]], None]:
    module = load_script(f"utils/{name}_data.py")
    return lambda *words: module.main(list(map(str, words)))


def make_set(folder: Path, utts: list[str], clips: str = "clips") -> Path:
    """A set with every table; paths are seen from the folder above it. Clips 2k and 2k + 1 have one origin."""
    (folder.parent / clips).mkdir(parents=True, exist_ok=True)
    rows = []
    for k, utt in enumerate(utts):
        (folder.parent / clips / f"{utt}.flac").write_bytes(b"audio")
        label = ("dog", "rain", "bell")[k % 3]
        path, origin = f"{clips}/{utt}.flac", f"youtube:v{k // 2}:{10 * k}:10"
        captions, labels = [f"a {label}", "two  blanks, a comma"], {label: label.title()}
        rows.append(Row(utt, path, captions, labels, origin, path, (0.5, 2.0)))
    write_data_dir(folder, rows)
    write_table(folder / "utt2num_samples", [(utt, "320") for utt in utts])
    write_table(folder / "audio_emb.scp", [(utt, f"emb/clap-1/a.ark:{k}") for k, utt in enumerate(utts)])
    return folder


@pytest.fixture
def clips(tmp_path) -> Path:
    return make_set(tmp_path / "recipe" / "clips_set", [f"c{k}" for k in range(10)] + ["c1-b", "c1.b"])


def tables(folder: Path) -> dict[str, list[tuple[str, str]]]:
    return {path.name: read_table(path) for path in folder.iterdir() if not path.name.startswith(".")}


def utts(folder: Path) -> set[str]:
    return {utt for utt, _ in read_table(folder / "wav.scp")}


@pytest.mark.parametrize("name", CALLS)
def test_contract(name, clips, tmp_path, capsys):
    """Nothing with --dry_run; else valid sets with every table, each following its clips, and no second time."""
    out, before = tmp_path / "out", tables(clips)
    words = [word.replace("SET", str(clips)).replace("OUT", str(out)) for word in CALLS[name]]
    tool(name)(*words, "--dry_run")
    assert not out.exists() and "would be written" in capsys.readouterr().out
    tool(name)(*words)
    assert "new: written" in capsys.readouterr().out or name == "split"
    assert tables(clips) == before
    for folder in out.iterdir():
        assert validate(folder) == []
        found = tables(folder)
        assert set(found) == FOLLOWING | {"labels"} and found["labels"] == before["labels"]
        for table in FOLLOWING:
            assert {key.partition("#")[0] for key, _ in found[table]} == utts(folder), table
        assert all(Path(path).is_absolute() for _, path in found["wav.scp"])  # seen from anywhere
        values = [value for part in before for _, value in before[part]]
        assert {value for _, value in found["captions"]} <= set(values)
    with pytest.raises(LassError, match="is there already"):
        tool(name)(*words, "--dry_run")
    with pytest.raises(LassError, match="is there already"):
        tool(name)(*words)


@pytest.mark.parametrize("name", sorted(set(CALLS) - {"fix"}))
@pytest.mark.parametrize("table, line, message", [
    ("captions", "a0#0 early", "captions:[0-9]+: a0#0: not sorted"),
    ("utt2num_samples", "zz 3", None),  # of a clip that is not there: goes
    ("utt2origin", "c9 nothing", "utt2origin:[0-9]+: c9: duplicate key"),
])  # fmt: skip
def test_faulty_sets_leave_nothing(name, table, line, message, clips, tmp_path):
    with open(clips / table, "a", encoding="utf-8") as f:
        f.write(f"{line}\n")
    words = [word.replace("SET", str(clips)).replace("OUT", str(tmp_path / "out")) for word in CALLS[name]]
    if message is None:
        tool(name)(*words)
        return
    with pytest.raises(LassError, match=message):
        tool(name)(*words)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", CALLS)
def test_as_a_command_a_fault_is_one_line(name, clips, tmp_path):
    (clips / "wav.scp").unlink()
    words = [word.replace("SET", str(clips)).replace("OUT", str(tmp_path / "out")) for word in CALLS[name]]
    done = subprocess.run([sys.executable, UTILS / f"{name}_data.py", *words], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(UTILS.parent)})  # fmt: skip
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"{name}_data.py: {clips}/wav.scp: ")


def test_subset(clips, tmp_path):
    subset = tool("subset")
    subset(clips, tmp_path / "first", "--first", 3)
    assert utts(tmp_path / "first") == {"c0", "c1", "c1-b"}  # as LC_ALL=C sort sorts
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        subset(clips, tmp_path / out, "--random", 5, "--seed", seed)
    assert utts(tmp_path / "a") == utts(tmp_path / "b") != utts(tmp_path / "c") and len(utts(tmp_path / "c")) == 5
    (tmp_path / "ids").write_text("c9 and more\n\nc1.b\nc9\n")
    subset(clips, tmp_path / "listed", "--list", tmp_path / "ids")
    assert utts(tmp_path / "listed") == {"c1.b", "c9"}
    subset(clips, tmp_path / "labelled", "--labels", "dog", "Rain")
    assert utts(tmp_path / "labelled") == {"c0", "c1", "c3", "c4", "c6", "c7", "c9", "c1-b"}


@pytest.mark.parametrize("words, message", [
    (["--first", "13"], "wav.scp: 12 clips, but 13 are asked for"),
    (["--random", "0"], "wav.scp: 12 clips, but 0 are asked for"),
    (["--list", "ids"], "ids:2: zz is not in"),
    (["--list", "no_ids"], "no_ids: cannot open"),
    (["--labels", "cat"], "labels: no label 'cat'"),
])  # fmt: skip
def test_subset_refuses(words, message, clips, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ids").write_text("c1\nzz\n")
    with pytest.raises(LassError, match=message):
        tool("subset")(clips, tmp_path / "out", *words)


def test_combine(clips, tmp_path, capsys):
    combine, other = tool("combine"), make_set(tmp_path / "elsewhere" / "others", ["d1", "d-c1"])
    write_table(other / "labels", [("bell", "Bell"), ("cat", "Cat"), ("dog", "Dog"), ("rain", "Rain")])
    combine(tmp_path / "plain", other, clips)
    assert utts(tmp_path / "plain") == utts(clips) | {"d1", "d-c1"}
    assert [label for label, _ in read_table(tmp_path / "plain" / "labels")] == ["bell", "cat", "dog", "rain"]
    combine(tmp_path / "prefixed", other, f"d={clips}", "--prefix")
    assert {"others-d1", "others-d-c1", "d-c1", "d-c1-b"} < utts(tmp_path / "prefixed")
    assert dict(read_table(tmp_path / "prefixed" / "segments"))["d-c1"] == "d-c1 0.500 2.000"
    capsys.readouterr()
    combine(tmp_path / "clash", f"d={clips}", f"e={clips}")
    assert "c0 is in two parts" in capsys.readouterr().out
    assert utts(tmp_path / "clash") == {f"{name}-{utt}" for name in "de" for utt in utts(clips)}
    combine(tmp_path / "again", f"d={tmp_path / 'clash'}", f"e={clips}")
    assert "d-c0" in utts(tmp_path / "again") and "d-d-c0" not in utts(tmp_path / "again")


@pytest.mark.parametrize("table, rows, message", [
    ("labels", [("bell", "Bell"), ("dog", "Hound"), ("rain", "Rain")],
     "others/labels:2: dog is named 'Hound', but 'Dog' at .*clips_set/labels:2"),
    ("utt2num_samples", None, "others: no utt2num_samples, which other parts have"),
    ("audio_emb.scp", [("d1", "emb/clap-2/a.ark:1")], r"different encoders \(clap-1, clap-2\)"),
])  # fmt: skip
def test_combine_refuses(table, rows, message, clips, tmp_path):
    other = make_set(tmp_path / "elsewhere" / "others", ["d1"])
    write_table(other / table, rows) if rows else (other / table).unlink()
    with pytest.raises(LassError, match=message):
        tool("combine")(tmp_path / "out", clips, other)


def test_two_parts_of_one_name(clips, tmp_path):
    other = make_set(tmp_path / "elsewhere" / "clips_set", ["d1"])
    with pytest.raises(LassError, match="both are named clips_set"):
        tool("combine")(tmp_path / "out", clips, other)


def test_fix(clips, tmp_path, capsys):
    wav = (clips / "wav.scp").read_text().splitlines()
    lines = ["\ufeff" + wav[-1], *wav, "c3 second/of/its/name.flac", "bad/id a.flac", "c0"]
    (clips / "wav.scp").write_text("\r\n".join(lines), encoding="utf-8")
    (clips.parent / "clips" / "c5.flac").unlink()
    captions = (clips / "captions").read_text()
    (clips / "captions").write_text("zz#0 of no clip\nc2#1 \nc4#01 odd\n" + captions.replace("c7#0 ", "c7#2 "))
    (clips / "utt2num_samples").write_text("".join(f"c{k} {320 * (k != 8)}\n" for k in range(9, -1, -1)))
    (clips / "utt2labels").write_text("c0 dog\nc1 cat\n")
    tool("fix")(clips, tmp_path / "out")
    printed = capsys.readouterr().out
    assert utts(tmp_path / "out") == {f"c{k}" for k in (0, 1, 2, 3, 4, 6, 7, 9)} and not validate(tmp_path / "out")
    assert dict(read_table(tmp_path / "out" / "wav.scp"))["c3"].endswith("clips/c3.flac")
    assert dict(read_table(tmp_path / "out" / "captions"))["c7#2"] == "a rain"
    assert read_table(tmp_path / "out" / "utt2labels") == [("c0", "dog")]
    for line in (
        "wav.scp: dropped 2 malformed, 2 repeated, 1 without audio, 3 of clips that go",
        "captions: dropped 2 malformed, 9 of clips that go",
        "utt2num_samples: dropped 1 malformed, 1 of clips that go",
        "utt2labels: dropped 1 malformed",
    ):
        assert f"{line}\n" in printed, (line, printed)
    tool("fix")(clips, tmp_path / "needed", "--need", "utt2labels", "captions")
    assert utts(tmp_path / "needed") == {"c0"}
    with pytest.raises(LassError, match="text2: no such table"):
        tool("fix")(clips, tmp_path / "none", "--need", "text2")


def test_split(clips, tmp_path):
    split = tool("split")
    split(clips, tmp_path / "p", "--parts", 5)
    parts = [utts(tmp_path / "p" / f"part{k}") for k in range(1, 6)]
    assert set.union(*parts) == utts(clips) and sum(map(len, parts)) == 12 and {2, 3} == set(map(len, parts))
    for by, table in (("origin", "utt2origin"), ("label", "utt2labels")):
        split(clips, tmp_path / by, "train=0.75", "valid=0.25", "--by", by, "--seed", 3)
        train, valid = ({value.rsplit(":", 2)[0] for _, value in read_table(tmp_path / by / name / table)}
                        for name in ("train", "valid"))  # fmt: skip
        assert train and valid and train.isdisjoint(valid), by
    assert len(utts(tmp_path / "origin" / "train")) in (8, 9, 10)


def test_split_refuses(clips, tmp_path):
    for words, message in (
        (["a=0.5", "b=0.4"], "the shares sum to 0.9"),
        (["../a=0.5", "b=0.5"], "expected NAME=SHARE"),
        (["a=x", "b=0.5"], "expected NAME=SHARE"),
        (["a=0.01", "b=0.99"], "a: no clips would be left"),
    ):
        with pytest.raises(LassError, match=message):
            tool("split")(clips, tmp_path / "out", *words)
    assert not list(tmp_path.glob("out/*"))
    for words in (["a=0.9"], ["a=0.5", "a=0.5"], ["a=0.5", "b=0.5", "--parts", "2"], []):
        with pytest.raises(SystemExit):
            tool("split")(clips, tmp_path / "out", *words)


def test_folders_of_audio_files(tmp_path, capsys):
    """All kinds of files at any depth, and crops of them for a training that asks for no words."""
    names = "songs/a/1 $(x).wav", "songs/b/1.FLAC", "speech/1.wav", "speech/.hidden.wav", "speech/notes.txt"
    for name in names[:4]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / name, np.full(8000, 0.25), 8000)
    (tmp_path / names[4]).write_text("no audio")
    (tmp_path / "songs" / "album.wav").mkdir()
    tool("folder")(tmp_path / "out", tmp_path / "songs", tmp_path / "speech")
    assert f"{tmp_path / 'out'}: 3 clips" in capsys.readouterr().out and validate(tmp_path / "out") == []
    assert utts(tmp_path / "out") == {"clip-songs-a-1___x_", "clip-songs-b-1", "clip-speech-1"}
    crops = ClipCrops([tmp_path / "out"], 0.5, 16000)
    assert [len(crops[i]["wave"]) for i in range(3)] == [8000] * 3 and crops[0]["captions"] == []
    with pytest.raises(LassError, match="out: is there already"):
        tool("folder")(tmp_path / "out", tmp_path / "songs")
    with pytest.raises(LassError, match="none: no such folder"):
        tool("folder")(tmp_path / "other", tmp_path / "none")
    soundfile.write(tmp_path / "speech" / "1.flac", np.zeros(800), 8000)
    with pytest.raises(LassError, match="clip-speech-1"):
        tool("folder")(tmp_path / "other", tmp_path / "speech")
    assert not (tmp_path / "other").exists()
