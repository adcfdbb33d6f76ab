"""The recipe of AudioSet: comment lines, blanks behind commas, segments that are not 10 s, PANNs' folders."""

import numpy as np
import pytest
import soundfile
import torch

from corpora import audioset, segments_csv
from fixtures.scripts import load_script
from lass.errors import LassError
from lass.layers.cnn14 import Heard

ALL = {"part": "all", "video": "false", "cookies": "", "anchors_list": ""}


@pytest.fixture
def root(yt_dlp, lay_out, tmp_path):
    return lay_out("audioset", audioset.publish(tmp_path / "made", yt_dlp))


def sets_of(call_recipe, root, options) -> dict[str, list]:
    return {name: list(rows) for name, rows in call_recipe("audioset", "prepare", root, **options).items()}


def test_rows(root, call_recipe):
    sets = sets_of(call_recipe, root, ALL)
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 9, "valid": 2, "test": 4}
    first, second, *_ = sets["test"]
    assert first.utt == "audioset-Y_e0000audio" and first.origin == "youtube:_e0000audio:30:10"
    assert first.labels == {"/m/09x0r": "Speech", "/m/05zppz": "Male speech, man speaking"}
    assert first.audio == f"{root}/audios/eval_segments/Y_e0000audio.flac" and not first.captions
    assert second.origin == "youtube:_e0001audio:30:7"
    folders = {row.audio.rpartition("/")[0].removeprefix(f"{root}/audios/") for row in sets["train"]}
    assert folders == {"balanced_train_segments", "unbalanced_train_segments/unbalanced_train_segments_part00"}
    balanced = sets_of(call_recipe, root, ALL | {"part": "balanced"})
    assert balanced["valid"] == sets["valid"] and len(balanced["train"]) == 5


def test_folders_of_the_unbalanced_list(root, call_recipe, lay_out):
    """50 000 segments each, also in the name of a wav that lies there."""
    ids = [f"x{k:010d}" for k in range(50001)]
    lay_out("audioset", {"unbalanced": segments_csv(ids)})
    parts = [f"{root}/audios/unbalanced_train_segments/unbalanced_train_segments_part{k:02d}" for k in range(2)]
    (root / "audios" / "unbalanced_train_segments" / "unbalanced_train_segments_part01").mkdir(parents=True)
    (root / parts[1] / f"Y{ids[-1]}.wav").write_bytes(b"x")
    *_, last, one = sets_of(call_recipe, root, ALL)["train"]
    assert last.audio == f"{parts[0]}/Y{ids[-2]}.flac" and one.audio == f"{parts[1]}/Y{ids[-1]}.wav"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('abcdefghijk, 30.000, 30.000, "/m/0bt9lr"', "csv:4: from '30.000' to '30.000' s is no part of a video"),
        ('abcdefghijk, x, 30.000, "/m/0bt9lr"', "csv:4: from 'x' to '30.000' s"),
        ('abcdefghijk, 30.000, 40.000, "/m/0"', "eval_segments.csv: abcdefghijk: no label '/m/0' in AudioSet's"),
        ("abcdefghijk, 30.000, 40.000", "csv:4: 3 columns, expected 4"),
    ],
)
def test_faults(root, call_recipe, lay_out, line, message):
    head = segments_csv(["abcdefghijk"]).decode().splitlines()[:3]
    lay_out("audioset", {"eval": "\n".join([*head, line]).encode()})
    with pytest.raises(LassError, match=message):
        sets_of(call_recipe, root, ALL)


def test_unknown_part(root, call_recipe):
    with pytest.raises(LassError, match="--part some: expected balanced or all"):
        sets_of(call_recipe, root, ALL | {"part": "some"})


MIDS = ("/m/09x0r", "/m/05zppz", "/m/0bt9lr", "/t/dd00134")
CLASSES = "".join(["index,mid,display_name\n", *(f'{k},{mid},"a, b"\n' for k, mid in enumerate(MIDS))]).encode()


class Loudness(torch.nn.Module):
    """In place of the tagger: class 0 is heard where it is loud, the others where it is not."""

    sample_rate = 1000

    def __init__(self):
        super().__init__()
        self.fc_audioset = torch.nn.Linear(1, 4)

    def forward(self, wave):
        loud = wave.square().mean(dim=1, keepdim=True)
        return Heard(loud, torch.cat([loud, 1 - loud, 1 - loud, 1 - loud], dim=1))


@pytest.fixture
def anchors():
    return load_script("egs/audioset/local/anchors.py")


def test_anchors(root, anchors, lay_out, call_recipe, tmp_path):
    """Two seconds of each clip and label; a list that was cut goes on; each mixture is of two classes."""
    lay_out("audioset", {"classes": CLASSES})
    folder, out = root / "audios" / "eval_segments", tmp_path / "anchors.tsv"
    folder.mkdir(parents=True)
    for k, video in enumerate(audioset.EVAL[:3]):  # the fourth is gone
        wave = np.full(10000, 0.1)
        wave[3000 + 1000 * k :][:2000] = 0.9
        soundfile.write(folder / f"Y{video}.wav", wave, 1000)
    anchors.write_anchors(root, Loudness(), out)
    lines = out.read_text().splitlines()
    assert [line.split()[:3] for line in lines] == [
        [audioset.EVAL[0], "/m/09x0r", "3.00"], [audioset.EVAL[0], "/m/05zppz", "0.00"],
        [audioset.EVAL[1], "/m/0bt9lr", "0.00"], [audioset.EVAL[2], "/t/dd00134", "0.00"],
    ]  # fmt: skip
    out.write_text("\n".join(lines[:2]) + "\n")
    anchors.write_anchors(root, Loudness(), out)
    assert out.read_text().splitlines() == lines

    options = ALL | {"anchors_list": str(out)}
    sets = sets_of(call_recipe, root, options)
    assert sets.keys() == {"train", "valid", "anchors"}
    row = sets["anchors"][0]
    assert row.utt == f"audioset-Y{audioset.EVAL[0]}_0" and row.labels == {"/m/09x0r": "Speech"}
    assert row.segment == (3, 5) and row.origin == f"youtube:{audioset.EVAL[0]}:33:2"
    pairs = call_recipe("audioset", "pairs", root, **options)["anchors"]
    assert len(pairs) == 4 and {target for target, _ in pairs.values()} == {row.utt for row in sets["anchors"]}
    assert all(one[:-2] != other[:-2] for one, other in pairs.values())
    (folder / f"Y{audioset.EVAL[0]}.wav").unlink()
    with pytest.raises(LassError, match=f"{audioset.EVAL[0]}: this clip is not there any more"):
        sets_of(call_recipe, root, options)


def test_what_is_no_list_of_anchors(root, lay_out, call_recipe, tmp_path):
    lay_out("audioset", {"classes": CLASSES})
    for content in ("a b\n", "a b x 0.5\n"):
        (tmp_path / "list").write_text(content)
        with pytest.raises(LassError, match="no list of anchors"):
            sets_of(call_recipe, root, ALL | {"anchors_list": str(tmp_path / "list")})
    (tmp_path / "list").write_text("_e0000audio /m/09x0r 1.00 0.5\n")
    with pytest.raises(LassError, match="no anchor to mix with that of /m/09x0r in _e0000audio"):
        call_recipe("audioset", "pairs", root, **ALL | {"anchors_list": str(tmp_path / "list")})
