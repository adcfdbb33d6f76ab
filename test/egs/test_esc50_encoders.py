"""The small query encoders of egs/esc50: trained for two steps, on a few clips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from fixtures.scripts import load_script
from lass.data.datadir import DataDir, Row, write_data_dir
from lass.io import audio, video
from lass.queries.clap import Clap
from lass.queries.clip import Clip

RATE = 32000  # Hz
PITCHES = {"dog": 300, "rain": 2000}  # Hz


@pytest.fixture
def train(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """``train(kind)`` runs the script on a training and a validation set in ``data``."""
    for name, clips in (("train", 2), ("valid", 1)):
        rows = []
        for label, pitch in PITCHES.items():
            for k in range(clips):
                path = tmp_path / "clips" / f"{name}-{label}{k}.flac"
                audio.write(path, 0.3 * np.sin(2 * np.pi * pitch * np.arange(3 * RATE) / RATE), RATE)
                rows.append(Row(path.stem, str(path), [f"a {label} sounds"], {label: label}))
        write_data_dir(tmp_path / "data" / name, rows)
    script = load_script("egs/esc50/local/small_encoders.py")
    monkeypatch.setattr(script, "STEPS", 2)
    monkeypatch.chdir(repo / "egs" / "esc50")

    def run(kind: str) -> Path:
        monkeypatch.setattr("sys.argv", ["small_encoders.py", str(tmp_path / "data"), kind])
        script.main()
        return tmp_path / "data" / "encoders" / kind

    return run


def test_clap(train, capsys):
    folder = train("clap")
    assert "of the clips of the validation fold" in capsys.readouterr().out
    clap = Clap(str(folder))
    assert clap.dim == 512 and clap.encode_text(["the sound of rain"]).embedding.shape == (1, 512)
    assert torch.isfinite(clap.encode_audio(torch.randn(2, 2 * clap.sample_rate)).embedding).all()
    train("clap")
    assert "complete, nothing to do" in capsys.readouterr().out


def test_clip_and_the_videos(train, tmp_path):
    clip = Clip(str(train("clip")))
    data = DataDir(tmp_path / "data" / "train")
    pictures = {}
    for utt, path in data.video:
        pictures[utt] = np.stack(list(video.each_second(video.Segment.parse(path))))
        assert pictures[utt].shape == (3, 64, 64, 3)  # one a second
    brightest = {utt: int(found[1].mean((1, 2)).argmax()) for utt, found in pictures.items()}
    assert brightest["train-dog0"] > brightest["train-rain0"] + 10  # rows from the top; the low pitch lies below
    assert clip.encode_image(torch.from_numpy(pictures["train-dog0"])).embedding.shape == (3, 512)
