"""utils/hear_task.py: a task in HEAR's layout, as lass probe takes it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from fixtures.scripts import load_script
from lass.bin import probe
from lass.data.datadir import DataDir
from lass.errors import LassError
from lass.io import audio
from lass.parts.folder import build_part, save_part

TONES = {60: 300, 61: 3000}  # a pitch as NS-5h has them: Hz
SPEC = {"class": "lass.layers.audiomae.AudioMae", "width": 16, "depth": 1, "heads": 2, "frames": 64, "seconds": 0.6}


@pytest.fixture
def task(tmp_path) -> Path:
    """Three splits of clips of 0.25 s, at two sample rates."""
    folder, rng = tmp_path / "nsynth_pitch-v2.2.3-5h", np.random.default_rng(0)
    for split, clips in (("train", 5), ("valid", 2), ("test", 3)):
        labels = {}
        for pitch, hertz in TONES.items():
            for k in range(clips):
                labels[f"guitar-{split}{k}-{pitch}.wav"] = [pitch]
                for rate in (16000, 48000):
                    wave = np.sin(2 * np.pi * hertz * rng.uniform(0.95, 1.05) * np.arange(rate // 4) / rate)
                    audio.write(folder / str(rate) / split / f"guitar-{split}{k}-{pitch}.wav", 0.3 * wave, rate)
        (folder / f"{split}.json").write_text(json.dumps(labels))
    told = {"task_name": "nsynth_pitch", "embedding_type": "scene", "prediction_type": "multiclass",
            "split_mode": "trainvaltest", "sample_duration": 4.0, "evaluation": ["pitch_acc", "chroma_acc"]}
    (folder / "task_metadata.json").write_text(json.dumps(told))
    (folder / "16000" / "train_stats.json").write_text("{}")
    return folder


@pytest.fixture
def convert(task, tmp_path):
    def run() -> Path:
        load_script("utils/hear_task.py").main([str(task), str(tmp_path / "out")])
        return tmp_path / "out"

    return run


def test_from_a_task_to_a_table(convert, tmp_path, capsys):
    out = convert()
    assert f"{out / 'test'}: 6 clips" in capsys.readouterr().out
    assert {path.name: len(DataDir(path)) for path in out.iterdir()} == {"train": 10, "valid": 4, "test": 6}
    test = DataDir(out / "test")
    assert test.labels_of("hear-guitar-test0-61") == ["61"] and test.labels == {"60": "60", "61": "61"}
    assert audio.info(test.wav["hear-guitar-test0-61"]).sample_rate == 16000
    torch.manual_seed(0)
    save_part(build_part(SPEC), {"part": SPEC}, tmp_path / "part", "")
    sets = ["--part", str(tmp_path / "part"), "--train", str(out / "train"), str(out / "valid")]
    probe.main([*sets, "--test", str(out / "test"), "--published", "ns5h", "--out", str(tmp_path / "probe")])
    table = (tmp_path / "probe" / "table.md").read_text()
    assert "| log-mel statistics | 6/6 | 100.0" in table and "| paper: AudioMAE of HSM-TSS |  | 66.0 |" in table


def test_labels_with_blanks(convert, task):
    clips = json.loads((task / "test.json").read_text())
    (task / "test.json").write_text(json.dumps(dict.fromkeys(clips, ["crackling fire"])))
    assert DataDir(convert() / "test").labels == {"crackling_fire": "crackling fire"}


@pytest.mark.parametrize("name, content, message", [
    ("task_metadata.json", None, "task_metadata.json: cannot be read .*: give the folder of a task of HEAR"),
    ("task_metadata.json", {"embedding_type": "event", "prediction_type": "multilabel"},
     "'embedding_type': 'event', 'prediction_type': 'multilabel'.*: a probe needs one label a clip"),
    ("test.json", {"guitar-test0-60.wav": [60, 61]}, r"test.json: guitar-test0-60.wav: \[60, 61\] is not one label"),
    ("test.json", {"other.wav": [60]}, "test.json: other.wav: no such clip in .*16000/test: unpack"),
    ("test.json", {"../train/guitar-train0-60.wav": [60]}, "no such clip in"),
    ("test.json", [], "test.json: not a JSON object"),
])  # fmt: skip
def test_what_is_refused(convert, task, tmp_path, name, content, message):
    (task / name).unlink() if content is None else (task / name).write_text(json.dumps(content))
    with pytest.raises(LassError, match=message):
        convert()
    assert not (tmp_path / "out").exists()


def test_a_task_without_clips(convert, task):
    for rate in (16000, 48000):
        (task / str(rate)).rename(task / f"clips{rate}")
    with pytest.raises(LassError, match="no folder of clips such as 16000 or 48000"):
        convert()
