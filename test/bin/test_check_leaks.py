"""``lass check_leaks``: every pair of clips is named, the exit code says that there are some."""

import resource

import numpy as np
import pytest
import soundfile

from lass.bin import check_leaks
from lass.data.datadir import Row, write_data_dir
from lass.errors import LassError


@pytest.fixture
def check(capsys):
    def run(train: list, test: list, *options: str) -> tuple[list[list[str]], list[str]]:
        """The pairs, and the lines that sum them up."""
        failed = False
        try:
            check_leaks.main(["--train", *map(str, train), "--test", *map(str, test), *options])
        except LassError:
            failed = True
        printed = capsys.readouterr()
        pairs = [line.split("\t") for line in printed.out.splitlines()]
        assert failed == bool(pairs)
        return pairs, [line for line in printed.err.splitlines() if "heard in" in line or "origin is not known" in line]

    return run


def make(folder, *origins: str):
    write_data_dir(folder, [Row(f"{folder.name}-{i}", "x.wav", origin=origin) for i, origin in enumerate(origins)])
    return folder


def test_every_pair_is_named(check, tmp_path):
    train = make(tmp_path / "train", "youtube:a:0:10", "youtube:a:30:10", "freesound:1", "youtube:b")
    test = make(tmp_path / "test", "youtube:a:5:10", "freesound:1:3:4", "youtube:c", "")
    pairs, summary = check([train], [test])
    assert pairs == [
        [str(train), "train-0", "youtube:a:0:10", str(test), "clip", "test-0", "youtube:a:5:10"],
        [str(train), "train-2", "freesound:1", str(test), "clip", "test-1", "freesound:1:3:4"],
    ]
    assert summary == [f"2 of 4 clips of {test} are heard in {train}; of 1 the origin is not known"]


def test_training_clips_of_unknown_origin_are_counted(check, tmp_path):
    train, test = make(tmp_path / "train", "youtube:a", "", ""), make(tmp_path / "test", "youtube:b")
    _, summary = check([train], [test])
    assert summary[0] == f"{train}: of 2 clips the origin is not known, they are compared with nothing"


def test_no_leak(check, tmp_path):
    train, test = make(tmp_path / "train", "youtube:a:0:10"), make(tmp_path / "test", "youtube:a:10:10", "bbc:1")
    assert check([train], [test]) == ([], [f"0 of 2 clips of {test} are heard in {train}"])


def test_several_sets_and_a_published_list(check, tmp_path):
    lines = (b"target_wav, noise_wav", b"aaaaaaaaaaa,bbbbbbbbbbb", b"aaaaaaaaaaa,ccccccccccc", b"")
    (tmp_path / "list.csv").write_bytes(b"\r\n".join(lines))
    listed = f"lass_test:{tmp_path / 'list.csv'}"
    one, two = make(tmp_path / "one", "youtube:ccccccccccc:9:10"), make(tmp_path / "two", "youtube:aaaaaaaaaaa:0:10")
    pairs, summary = check([one, two], [listed, two])
    assert [(train, role) for train, _, _, _, role, *_ in pairs] == [
        (str(one), "interferer"), (str(two), "target"), (str(two), "clip")
    ]  # fmt: skip
    assert f"1 of 1 targets of {listed} are heard in {two}" in summary
    assert f"1 of 2 interferers of {listed} are heard in {one}" in summary


def test_origins_that_a_list_does_not_tell(check, tmp_path):
    """Clips of AudioSep's Clotho have no number on Freesound in its list: that none of them is found says nothing."""
    (tmp_path / "list.csv").write_text("file_name,sound_id\na.wav,7\nb.wav,Not found\n")
    train = make(tmp_path / "train", "freesound:8")
    pairs, summary = check([train], [f"clotho_metadata:{tmp_path / 'list.csv'}"])
    assert not pairs and summary[0].startswith("0 of 2 clips of ")
    assert summary[0].endswith(f" are heard in {train}; of 1 the origin is not known")


def test_the_same_samples_in_another_container(check, tmp_path):
    noise = np.random.default_rng(0).integers(-9000, 9000, (3, 4000)).astype(np.int16)
    for name, wave in (("a.flac", noise[0]), ("b.wav", noise[0]), ("c.wav", noise[1]), ("d.flac", noise[2])):
        soundfile.write(tmp_path / name, wave, 16000, subtype="PCM_16")
    write_data_dir(tmp_path / "train", [Row(f"t{name[0]}", str(tmp_path / name)) for name in ("b.wav", "c.wav")])
    write_data_dir(tmp_path / "test", [Row(f"e{name[0]}", str(tmp_path / name)) for name in ("a.flac", "d.flac")])
    pairs, _ = check([tmp_path / "train"], [tmp_path / "test"], "--audio")
    assert [(utt, clip) for _, utt, _, _, _, clip, _ in pairs] == [("tb", "ea")]
    with pytest.raises(LassError, match="no utt2origin.*--audio compares the samples"):
        check_leaks.main(["--train", str(tmp_path / "train"), "--test", str(tmp_path / "test")])


def test_no_set_there(tmp_path):
    with pytest.raises(LassError, match="no data directory .*give one, FORM:LIST"):
        check_leaks.main(["--train", str(tmp_path), "--test", str(tmp_path)])


def test_a_large_training_set_streams(check, tmp_path):
    """300 000 training clips take no memory worth speaking of: only the test set is held."""
    test = make(tmp_path / "test", "youtube:id0000007:5:10")
    train = make(tmp_path / "train", "youtube:x")
    with open(train / "utt2origin", "w") as f:
        f.writelines(f"t{i:07} youtube:id{i:07}:0:10\n" for i in range(300_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pairs, _ = check([train], [test])
    assert [pair[1] for pair in pairs] == ["t0000007"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # kB; the table is 11 MB


def test_lass_test_in_audiocaps(shared, check):
    """datasets.md, Sec. 0: 195 of the 200 targets and 192 of the 197 backgrounds are AudioCaps training clips."""
    metadata = shared / "data" / "metadata"
    train = f"audiocaps:{metadata / 'audiocaps' / 'train.csv'}"
    test = f"lass_test:{metadata / 'lass_test' / 'evaluation_indexes.csv'}"
    pairs, summary = check([train], [test])
    assert len(pairs) == 387
    assert summary == [
        f"195 of 200 targets of {test} are heard in {train}", f"192 of 197 interferers of {test} are heard in {train}"
    ]  # fmt: skip


@pytest.mark.parametrize("split, shared_ids, all_ids", [("val", 73, 92), ("test", 35, 46)])
def test_clipsep_music(shared, check, split, shared_ids, all_ids):
    music = shared / "data" / "metadata" / "music"
    train = f"clipsep_music_train:{music}/clipsep_solo_train.csv"
    test = f"clipsep_music:{music}/clipsep_solo_{split}.csv"
    pairs, summary = check([train], [test])
    assert len(pairs) == shared_ids
    assert summary == [f"{shared_ids} of {all_ids} clips of {test} are heard in {train}"]
