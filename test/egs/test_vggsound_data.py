"""The recipe of VGGSound: labels with commas, several clips of a video, the lists of CLIPSep and AudioSep, AudioSet."""

import csv
import io
from pathlib import Path

import pytest

from corpora import segments_csv, vggsound
from lass.errors import LassError

ALL = {"test_clips": "all", "without_audioset": "false", "video": "false", "cookies": ""}
CLIPSEP = ALL | {"test_clips": "clipsep"}
AUDIOSEP = ALL | {"test_clips": "audiosep"}
LIST = "data/vggsound/audio/_/v/{0}.wav,data/vggsound/preprocessed/_/v/{0},12,{1}\n"


@pytest.fixture
def root(yt_dlp, lay_out, tmp_path):
    return lay_out("vggsound", vggsound.publish(tmp_path / "made", yt_dlp))


def sets_of(call_recipe, root, options) -> dict[str, list]:
    return {name: list(rows) for name, rows in call_recipe("vggsound", "prepare", root, **options).items()}


def test_rows(root, call_recipe):
    """A video of the test part leaves training, and one that validates does so with all its clips."""
    sets = sets_of(call_recipe, root, ALL)
    row = sets["test"][0]
    assert row.utt == "vggsound-Y_vgg_te0000_000000" and row.origin == "youtube:_vgg_te0000:0:10"
    assert row.labels == {"female_speech__woman_speaking": "female speech, woman speaking"} and not row.captions
    assert row.audio == f"{root}/audio/Y_vgg_te0000_000000.flac"
    assert sets["test"][1].labels == {"eletric_blender_running": "eletric blender running"}
    videos = {name: {row.origin.split(":")[1] for row in rows} for name, rows in sets.items()}
    assert videos["test"] == set(vggsound.TEST) and len(videos["valid"]) == 2
    assert videos["train"] | videos["valid"] == set(vggsound.TRAIN) and not videos["train"] & videos["valid"]
    assert len(sets["train"]) + len(sets["valid"]) == 9


def test_layout_of_the_publisher(root, call_recipe):
    (root / "_vgg_te0001_000001.wav").write_bytes(b"x")
    assert sets_of(call_recipe, root, ALL)["test"][1].audio == f"{root}/_vgg_te0001_000001.wav"


def test_published_lists(root, call_recipe, lay_out):
    """CLIPSep's has neither commas nor times; AudioSep's pairs ask for all their clips."""
    name = "female speech woman speaking"
    listed = LIST.format("_vgg_te0000", name) + LIST.format("_vgg_te0001", "other label")
    lay_out("vggsound", {"clipsep": listed.encode()})
    assert [row.utt for row in sets_of(call_recipe, root, CLIPSEP)["test"]] == ["vggsound-Y_vgg_te0000_000000"]
    assert len(sets_of(call_recipe, root, AUDIOSEP)["test"]) == 4
    pairs = call_recipe("vggsound", "pairs", root, **AUDIOSEP)["audiosep"]
    assert pairs["audiosep-vggsound-_vgg_te0000_000000+++_vgg_te0001_000001"] == [
        "vggsound-Y_vgg_te0000_000000", "vggsound-Y_vgg_te0001_000001"
    ]  # fmt: skip
    assert len(pairs) == 3 and call_recipe("vggsound", "pairs", root, **ALL) == {}


def test_without_audioset(root, call_recipe, lay_out):
    """Clips that overlap a segment of AudioSet leave training, not those that are of the same video alone."""
    shared, near = vggsound.TRAIN[1], vggsound.TRAIN[2]  # from 0 and 110 s; from 0 s
    lay_out("vggsound", {"balanced": segments_csv([shared], [105.0]), "eval": segments_csv([near], [10.0]),
                         "unbalanced": segments_csv(["not-of-them"])})  # fmt: skip
    before, after = (sets_of(call_recipe, root, ALL | {"without_audioset": value}) for value in ("false", "true"))
    names = [{row.utt for name in ("train", "valid") for row in sets[name]} for sets in (before, after)]
    assert names[0] - names[1] == {f"vggsound-Y{shared}_000110"} and names[1] < names[0]
    assert [row.utt for row in after["test"]] == [row.utt for row in before["test"]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("abcdefghijk,30,dog,dev", "vggsound.csv:1: start '30', split 'dev': expected seconds and train or test"),
        ("abcdefghijk,x,dog,test", "vggsound.csv:1: start 'x', split 'test'"),
        ("abcdefghijk,30,dog, barking,test", "vggsound.csv:1: 5 columns, expected 4"),
    ],
)
def test_faults(lay_out, call_recipe, line, message):
    with pytest.raises(LassError, match=message):
        sets_of(call_recipe, lay_out("vggsound", {"clips": line.encode()}), ALL)


def test_unknown_list(root, call_recipe):
    with pytest.raises(LassError, match="--test_clips some: expected all, clipsep, audiosep"):
        sets_of(call_recipe, root, ALL | {"test_clips": "some"})


def test_published_numbers(shared, lay_out, call_recipe):
    """The published test part, written as the whole list writes it, and AudioSep's list."""
    metadata, lines = shared / "data" / "metadata", io.StringIO()
    with open(metadata / "vggsound" / "test.csv", encoding="utf-8", newline="") as published:
        for file, label in csv.reader(published):
            csv.writer(lines).writerow([file[:11], int(file[12:18]), label, "test"])
    lines.write("abcdefghijk,0,dog barking,train\n")
    pairs = Path(metadata / "audiosep_eval" / "vggsound_eval.csv").read_bytes()
    root = lay_out("vggsound", {"clips": lines.getvalue().encode(), "audiosep": pairs})
    for options in (ALL, AUDIOSEP):
        rows = sets_of(call_recipe, root, options)["test"]
        assert len(rows) == call_recipe("vggsound", "expected", root, **options)["test"]
        assert len({row.utt for row in rows}) == len(rows)
    assert len({label for row in sets_of(call_recipe, root, ALL)["test"] for label in row.labels}) == 309
    found = call_recipe("vggsound", "pairs", root, **AUDIOSEP)["audiosep"]
    assert len(found) == 1000 and {utt for pair in found.values() for utt in pair} == {row.utt for row in rows}
