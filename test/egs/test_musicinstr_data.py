"""The recipe of MUSIC: segments of whole videos, AudioSep's test, no tested video in training."""

import json

import numpy as np
import pytest
import soundfile

from corpora import musicinstr
from lass.data.leak_policy import LeakPolicy, report_of
from lass.data.testsets import find_set
from lass.errors import LassError

OPTIONS = {"video": "false", "cookies": ""}


@pytest.fixture
def root(yt_dlp, lay_out, tmp_path):
    return lay_out("musicinstr", musicinstr.publish(tmp_path / "made", yt_dlp))


def sets_of(call_recipe, root) -> dict[str, list]:
    return {name: list(rows) for name, rows in call_recipe("musicinstr", "prepare", root, **OPTIONS).items()}


def test_segments(root, call_recipe):
    """Whole ones of 10 s, of a file of 29.99 s two; a file that is not there is one line for missing.tsv."""
    videos = [video for videos in musicinstr.VIDEOS.values() for video in videos if video not in musicinstr.TEST]
    (root / "audio" / "erhu").mkdir(parents=True)
    long = next(video for video in musicinstr.VIDEOS["erhu"][1:])
    soundfile.write(root / "audio" / "erhu" / f"{long}.wav", np.zeros(29990), 1000)
    (root / "video").mkdir()
    (root / "video" / f"Y{long}.mp4").write_bytes(b"x")
    sets = sets_of(call_recipe, root)
    rows = {name: [row for row in sets[name] if long in row.utt] for name in ("train", "valid")}
    found = rows["train"] or rows["valid"]
    assert sorted(row.utt for row in found) == [f"musicinstr-Y{long}_{k}" for k in range(2)]
    second = max(found, key=lambda row: row.utt)
    assert second.segment == (10, 20) and second.origin == f"youtube:{long}:10:10"
    assert second.video == f"{root}/video/Y{long}.mp4:10:10" and second.audio.endswith(f"erhu/{long}.wav")
    assert second.labels == {"erhu": "erhu"} and len(sets["train"]) + len(sets["valid"]) == len(videos) + 1
    assert {"acoustic_guitar": "acoustic guitar"} in [row.labels for row in sets["test"]]


def test_the_test_is_of_its_own_videos(root, call_recipe):
    videos = {name: {row.origin.split(":")[1] for row in rows} for name, rows in sets_of(call_recipe, root).items()}
    assert videos["test"] == set(musicinstr.TEST) and len(videos["valid"]) == 2
    assert not videos["train"] & videos["valid"] and not videos["test"] & (videos["train"] | videos["valid"])


def test_faults(root, call_recipe, lay_out):
    lay_out("musicinstr", {"test": b"idx,caption,src_wav,noise_wav\n0,erhu,Yabcdefghijk_0.wav,Yabcdefghijk_1.wav"})
    with pytest.raises(LassError, match="music_eval.csv: abcdefghijk is no video of .*MUSIC_solo_videos.json: get"):
        sets_of(call_recipe, root)
    for content in (b"x", b"[]", b'{"videos": {"erhu": 3}}'):
        lay_out("musicinstr", {"solos": content})
        with pytest.raises(LassError, match="not the list of MUSIC's solos"):
            sets_of(call_recipe, root)


def test_published_numbers(shared, lay_out, call_recipe, tmp_path):
    """556 segments of 46 videos of ten instruments, 5004 mixtures; 490 videos train and validate, and none leaks."""
    metadata = shared / "data" / "metadata"
    solos = (metadata / "music" / "MUSIC_solo_videos.json").read_bytes()
    pairs = (metadata / "audiosep_eval" / "music_eval.csv").read_bytes()
    root = lay_out("musicinstr", {"solos": solos, "test": pairs})
    sets = sets_of(call_recipe, root)
    assert {name: len(rows) for name, rows in sets.items()} == {"train": 441, "valid": 49, "test": 556}
    assert call_recipe("musicinstr", "expected", root, **OPTIONS) == {"test": 556}
    assert len({label for row in sets["test"] for label in row.labels}) == 10
    assert sum(map(len, json.loads(solos)["videos"].values())) == 536
    found = call_recipe("musicinstr", "pairs", root, **OPTIONS)["test"]
    assert len(found) == 5004 and {utt for pair in found.values() for utt in pair} == {row.utt for row in sets["test"]}

    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "music_eval.csv").write_bytes(pairs)
    policy = LeakPolicy("clean", [find_set("audiosep_music")], tmp_path)
    assert len(list(policy.filter("train", sets["train"] + sets["valid"], tmp_path))) == 490
    assert report_of(tmp_path) == "clean: 0 of 490 clips are heard in test sets"
