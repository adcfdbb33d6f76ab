"""The recipe of AudioCaps: five captions a clip, tags of AudioSet, LASS-Net's part, and LASS-Test's clips."""

import pytest

from corpora import ONTOLOGY, audiocaps, segments_csv
from lass.data.leak_policy import LeakPolicy, report_of
from lass.data.testsets import find_set
from lass.errors import LassError

ALL = {"version": "1", "subset": "all", "video": "false", "cookies": ""}
PART = ALL | {"subset": "lass"}


@pytest.fixture
def root(yt_dlp, lay_out, tmp_path):
    return lay_out("audiocaps", audiocaps.publish(tmp_path / "made", yt_dlp))


def sets_of(call_recipe, root, options) -> dict[str, list]:
    return {name: list(rows) for name, rows in call_recipe("audiocaps", "prepare", root, **options).items()}


def test_rows(root, call_recipe):
    sets = sets_of(call_recipe, root, ALL)
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 9, "valid": 3, "test": 4}
    row = sets["test"][1]
    assert row.utt == "audiocaps-Y-T1aptions_" and row.origin == "youtube:-T1aptions_:30:10"
    assert row.captions == ["Water splashes, ducks quack", "A café is loud"] * 2 + ["Water splashes, ducks quack"]
    assert row.labels == {"/m/0bt9lr": "Dog"} and row.audio == f"{root}/audio/Y-T1aptions_.flac" and not row.video
    assert sets["train"][0].labels == {"/m/09x0r": "Speech", "/m/05zppz": "Male speech, man speaking"}


def test_version_2(root, call_recipe, lay_out):
    """Line ends LF, captions in small letters, several a clip for training, too; tags as for version 1."""
    lists = {"train": (audiocaps.TRAIN, 2), "val": (audiocaps.VALID, 5), "test": (audiocaps.VALID[:2], 5)}
    files = {f"v2.0_{name}": audiocaps.captions_csv(*given) for name, given in lists.items()}
    lay_out("audiocaps", {name: lines.replace(b"\r\n", b"\n").lower() for name, lines in files.items()})
    sets = sets_of(call_recipe, root, ALL | {"version": "2.0"})
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 9, "valid": 3, "test": 2}
    row = sets["train"][0]
    assert row.captions == ["a café is loud", "water splashes, ducks quack"]
    assert row.labels == {"/m/09x0r": "Speech", "/m/05zppz": "Male speech, man speaking"}
    assert call_recipe("audiocaps", "expected", root, **ALL | {"version": "2.0"}) == {"valid": 495, "test": 975}


def test_files_of_others(root, call_recipe):
    """The names of PANNs and of aac-datasets; pictures where there are some."""
    for name in ("audio/Y-T0aptions_.wav", "audio/-T1aptions__30.flac", "video/Y-T1aptions_.mp4"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"x")
    first, second, third, _ = sets_of(call_recipe, root, ALL)["test"]
    assert first.audio.endswith("Y-T0aptions_.wav") and second.audio.endswith("/-T1aptions__30.flac")
    assert third.audio == f"{root}/audio/Y-T2aptions_.flac"
    assert second.video == f"{root}/video/Y-T1aptions_.mp4" and not first.video


def test_the_part_of_lass_net(root, call_recipe, lay_out):
    """Its list has clips of all three sets: they are trained on, and tested in no other."""
    lay_out("audiocaps", {"lass_train": "".join(f"{video}\r\n" for video in [
        audiocaps.TRAIN[3], audiocaps.VALID[0], audiocaps.TEST[0]]).encode()})  # fmt: skip
    sets = sets_of(call_recipe, root, PART)
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 3, "valid": 2, "test": 3}
    assert {row.utt for row in sets["train"]} == {"audiocaps-Y-c3aptions_", "audiocaps-Y_v0aptions_",
                                                  "audiocaps-Y-T0aptions_"}  # fmt: skip


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({}, ALL | {"version": "3"}, "--version 3: expected 1 or 2.0"),
        ({}, ALL | {"subset": "some"}, "--subset some: expected all or lass"),
        ({}, PART, "training_indexes.csv: not there; run stage 1 without --root, or get it from https://"),
        ({"v1_val": b"audiocap_id,youtube_id,start_time,caption\n1,abcdefghijk,x,a"}, ALL, "val.csv:2: start_time 'x'"),
        ({"v1_val": b"audiocap_id,youtube_id,start_time,caption\n1,abcdefghijk,1,a\n1,abcdefghijk,2,a"}, ALL,
         "val.csv:3: abcdefghijk from 2 s, and from 1 s before"),
        ({"eval": segments_csv(["abcdefghijk"]).replace(b"# YTID", b"YTID")}, ALL,
         "eval_segments.csv:1: the list does not begin with three comment lines"),
        ({"eval": segments_csv(["abcdefghijk"]).replace(b"num_segs=1", b"num_segs=2")}, ALL,
         "eval_segments.csv: 1 segments, but its second line tells of 2"),
        ({"ontology": ONTOLOGY.replace(b"bt9lr", b"other")}, ALL, "no label '/m/0bt9lr' in AudioSet's ontology"),
        ({"ontology": b"[]x"}, ALL, "ontology.json: not AudioSet's ontology"),
    ],
)  # fmt: skip
def test_faults(root, call_recipe, lay_out, files, options, message):
    lay_out("audiocaps", files)
    with pytest.raises(LassError, match=message):
        sets_of(call_recipe, root, options)


@pytest.fixture
def real(shared, lay_out):
    """The published lists of AudioCaps and LASS-Net; tags of AudioSet's own are not at hand."""
    metadata = shared / "data" / "metadata"
    files = {f"v1_{name}": (metadata / "audiocaps" / f"{name}.csv").read_bytes() for name in ("train", "val", "test")}
    files["lass_train"] = (metadata / "lass_test" / "training_indexes.csv").read_bytes()
    empty = dict.fromkeys(("balanced", "unbalanced", "eval"), segments_csv(["7fmOlUlwoNg"]))
    return lay_out("audiocaps", {**files, **empty, "ontology": ONTOLOGY})


def test_published_numbers(real, call_recipe):
    for options in (ALL, PART):
        sets = sets_of(call_recipe, real, options)
        assert {name: len(rows) for name, rows in sets.items()} == call_recipe("audiocaps", "expected", real, **options)
        if options is ALL:
            assert {name: sum(len(row.captions) for row in rows) for name, rows in sets.items()} == {
                "train": 49838, "valid": 2475, "test": 4875
            }  # fmt: skip


def test_what_lass_test_holds_leaves_training(real, shared, call_recipe, tmp_path):
    """195 clips of LASS-Test are training clips: as targets all, as interferers 192 of them."""
    for name in ("lass_test/evaluation_indexes.csv", "audiosep_eval/audiocaps_eval.csv"):
        path = tmp_path / "metadata" / name.rpartition("/")[2]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((shared / "data" / "metadata" / name).read_bytes())
    policy = LeakPolicy("clean", [find_set("lass_test"), find_set("audiosep_audiocaps")], tmp_path)
    kept = list(policy.filter("train", sets_of(call_recipe, real, ALL)["train"], tmp_path))
    test = (tmp_path / "metadata" / "evaluation_indexes.csv").read_text().split()
    ids = {video for line in test[2:] for video in line.split(",")}
    assert not ids & {row.origin.split(":")[1] for row in kept}
    assert len(kept) == 49838 - 195 and "195 of 49838 clips are heard in test sets (lass_test)" in report_of(tmp_path)
