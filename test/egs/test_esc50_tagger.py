"""The small tagger of egs/esc50: trained for two steps, it is what the metric kl listens with."""

from pathlib import Path

import numpy as np

from fixtures.scripts import load_script
from lass.data.datadir import Row, write_data_dir
from lass.infer.listeners import TaggerListener
from lass.io import audio

RATE = 32000  # Hz
PITCHES = {"dog": 300, "rain": 2000}  # Hz


def test_tagger(tmp_path: Path, monkeypatch, capsys):
    for name in ("train", "valid", "test"):
        rows = []
        for label, pitch in PITCHES.items():
            path = tmp_path / "clips" / f"{name}-{label}.flac"
            audio.write(path, 0.3 * np.sin(2 * np.pi * pitch * np.arange(3 * RATE) / RATE), RATE)
            rows.append(Row(path.stem, str(path), [], {label: label}))
        write_data_dir(tmp_path / name, rows)
    script = load_script("egs/esc50/local/small_tagger.py")
    monkeypatch.setattr(script, "STEPS", 2)
    monkeypatch.setattr("sys.argv", ["small_tagger.py", str(tmp_path)])
    script.main()
    accuracy = (tmp_path / "encoders" / "tagger.txt").read_text().strip()
    assert accuracy.startswith("right on ") and accuracy.endswith(" of 2 of validation")
    listener = TaggerListener(str(tmp_path / "encoders" / "tagger.safetensors"), "cpu", accuracy)
    assert listener.sample_rate == 16000 and f"({accuracy})" in listener.identity
    heard = listener.hear(np.zeros(16000, np.float32))
    assert heard["posteriors"].shape == (2,) and np.isfinite(heard["posteriors"]).all()
    capsys.readouterr()
    script.main()
    assert "complete, nothing to do" in capsys.readouterr().out
