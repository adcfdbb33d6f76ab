"""Clips of the registered test sets are left out of training sets, or kept and named."""

import numpy as np
import pytest
import soundfile

from lass.bin import check_leaks, data
from lass.data import format as format_stage
from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.leak_policy import LeakPolicy, report_of
from lass.data.published import ListFile
from lass.data.testsets import TestSet, registered
from lass.errors import LassError
from lass.train.experiment import leak_policies

FORM = {
    "target": {"clip": "{t}", "origin": "youtube:{t}:{s}:10"},
    "interferers": [{"clip": "{n}", "origin": "youtube:{n}"}],
}
RECIPE = """
from lass.data.datadir import Row

def prepare(root):
    def rows(*origins):
        return [Row(f"clip-{origin[-1]}", __file__, origin=origin) for origin in origins]
    return {"train": rows("youtube:a", "youtube:b", "freesound:c"), "test": rows("youtube:d")}
"""


def testset(name: str, **given) -> TestSet:
    given = {"list": ListFile.of({"file": f"{name}.csv", "form": FORM, "url": "https://x"}, "here")} | given
    return TestSet(name=name, title=name, expected=9, sample_rate=16000, aggregate="mean", query="label",
                   mix_id="{line}", queries=["{t}"], **given)  # fmt: skip


testset.__test__ = False


@pytest.fixture
def root(tmp_path):
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "one.csv").write_text("t,s,n\naa,30,bb\n")
    return tmp_path


def rows(*origins: str) -> list[Row]:
    return [Row(f"u{i}", "x.wav", origin=origin) for i, origin in enumerate(origins)]


HEARD = rows("youtube:aa:35:10", "youtube:aa:50:10", "youtube:bb:0:10", "youtube:cc", "")  # target, no, interferer


def test_clean_leaves_targets_and_interferers_out(root, tmp_path):
    policy = LeakPolicy("clean", [testset("one")], root)
    assert [row.utt for row in policy.filter("train", HEARD, tmp_path)] == ["u1", "u3", "u4"]
    assert report_of(tmp_path) == (
        "clean: 2 of 5 clips are heard in test sets (one) and left out; of 1 the origin is not known"
    )
    lines = [line.split("\t") for line in (tmp_path / "leaks.tsv").read_text().splitlines()]
    assert [(utt, role, clip) for _, utt, _, _, role, clip, _ in lines] == [
        ("u0", "target", "aa"), ("u2", "interferer", "bb")
    ]  # fmt: skip


def test_paper_keeps_and_names_them(root, tmp_path):
    policy = LeakPolicy("paper", [testset("one"), testset("two")], root)
    assert list(policy.filter("train", HEARD, tmp_path)) == HEARD
    assert report_of(tmp_path) == (
        "paper: 2 of 5 clips are heard in test sets (one) and kept; of 1 the origin is not known; not compared, their "
        "lists are missing: two"
    )
    assert len((tmp_path / "leaks.tsv").read_text().splitlines()) == 2


def test_clean_needs_the_lists_of_its_sources_alone(root, tmp_path):
    """A list that has an address must be there when a clip of its source comes; one that nobody published need not."""
    policy = LeakPolicy("clean", [testset("two")], root)
    assert len(list(policy.filter("train", rows("freesound:1", ""), tmp_path))) == 2
    with pytest.raises(LassError, match="--leaks clean needs .*two.csv: no such list; run lass test_sets --download"):
        list(policy.filter("train", rows("youtube:1"), tmp_path))
    unpublished = testset("three", list=ListFile.of({"file": "three.csv", "form": FORM}, "here"))
    assert len(list(LeakPolicy("clean", [unpublished], root).filter("train", rows("youtube:1"), tmp_path))) == 1


def test_nothing_left(root, tmp_path):
    with pytest.raises(LassError, match=r"all 1 clips of train are heard in test sets \(one\).*--leaks paper"):
        list(LeakPolicy("clean", [testset("one")], root).filter("train", rows("youtube:bb"), tmp_path))
    with pytest.raises(LassError, match="--leaks dirty: expected clean or paper"):
        LeakPolicy("dirty", [], root)


def test_data_command(root, tmp_path, monkeypatch, capsys):
    (tmp_path / "data.py").write_text(RECIPE)
    (tmp_path / "metadata" / "one.csv").write_text("t,s,n\na,0,zz\n")
    monkeypatch.setattr("lass.data.testsets.registered", lambda: {"one": testset("one")})
    command = [str(tmp_path / "data.py"), str(tmp_path / "out"), "--root", str(tmp_path), "--benchmark", str(root)]
    data.main([*command, "--train_sets", " train valid "])
    assert [utt for utt, _ in DataDir(tmp_path / "out" / "train").wav] == ["clip-b", "clip-c"]
    assert len(DataDir(tmp_path / "out" / "test")) == 1 and report_of(tmp_path / "out" / "test") == "not known"
    assert "train: leaks, clean: 1 of 3 clips are heard in test sets (one) and left out" in capsys.readouterr().out
    data.main([*command, "--train_sets", "train", "--leaks", "paper"])
    assert len(DataDir(tmp_path / "out" / "train")) == 3


def test_the_report_reaches_the_model(root, tmp_path):
    """From the set as it was downloaded to the formatted one, and to the configuration in the model folder."""
    soundfile.write(tmp_path / "x.wav", np.zeros(100), 8000)
    row = Row("u0", str(tmp_path / "x.wav"), origin="youtube:cc")
    write_data_dir(tmp_path / "orig", LeakPolicy("clean", [], root).filter("train", [row], tmp_path / "orig"))
    format_stage.convert(tmp_path / "orig", tmp_path / "train", tmp_path / "flac")
    format_stage.gather(tmp_path / "orig", tmp_path / "train", tmp_path / "flac")
    found = leak_policies({"data": {"sets": [{"dir": "train"}, {"dir": "other"}]}}, tmp_path)
    assert found == {"train": "clean: 0 of 1 clips are heard in test sets", "other": "not known"}


def test_registered_sets_as_tests(shared, tmp_path, capsys):
    """The sets that the shared material has the lists of, by their names."""
    (tmp_path / "metadata").mkdir()
    for name in ("lass_test/evaluation_indexes.csv", "audiosep_eval/music_eval.csv"):
        path = shared / "data" / "metadata" / name
        (tmp_path / "metadata" / path.name).symlink_to(path)
    train = f"audiocaps:{shared / 'data' / 'metadata' / 'audiocaps' / 'train.csv'}"
    music = f"clipsep_music_train:{shared / 'data' / 'metadata' / 'music' / 'clipsep_solo_train.csv'}"
    with pytest.raises(LassError, match="pairs hold the same sound"):
        check_leaks.main(["--train", train, music, "--test", "lass_test", "audiosep_music", "--root", str(tmp_path)])
    summary = capsys.readouterr().err
    assert f"195 of 200 targets of lass_test are heard in {train}" in summary
    assert f"192 of 197 interferers of lass_test are heard in {train}" in summary
    assert f"of 556 targets of audiosep_music are heard in {music}" in summary


def test_every_source_of_the_registered_sets_is_known():
    assert set().union(*(each.sources for each in registered().values())) == {
        "youtube", "freesound", "voicebank", "dcase2024"
    }  # fmt: skip
