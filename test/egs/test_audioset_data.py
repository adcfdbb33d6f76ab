"""The recipe of AudioSet: comment lines, blanks behind commas, segments that are not 10 s, PANNs' folders."""

import pytest

from corpora import audioset, segments_csv
from lass.errors import LassError

ALL = {"part": "all", "video": "false", "cookies": ""}


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
