"""Q-Audio from clips to a table of recalls, by the commands."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from lass.bin import retrieval, train_part
from lass.data.datadir import Row, write_data_dir
from lass.io import audio
from lass.parts.folder import load_part
from lass.queries.q_audio import QAudioPart


@pytest.fixture
def clips(tmp_path) -> Path:
    rows = []
    for i in range(4):
        path = tmp_path / f"{i}.wav"
        noise = 0.1 * np.random.default_rng(i).standard_normal(8000 + 999 * i)
        audio.write(path, noise ** (1 + i % 2), 16_000, "FLOAT")
        said = {"captions": ["a dog", "a dog barks"]} if i % 2 else {"labels": {"rain": "rain"}}
        rows.append(Row(f"clip{i}", str(path), **({"captions": []} | said)))
    write_data_dir(tmp_path / "set", rows)
    return tmp_path / "set"


def test_from_clips_to_a_table(repo, clips, tmp_path, tiny_models):
    spec = yaml.safe_load((tiny_models["QAudio"] / "config.yaml").read_text())["part"]
    others = {"audio": "model", "text": "pretrained"}
    spec |= {name: {kind: str(tiny_models["QAudio"] / name)} for name, kind in others.items()}
    train = {"max_steps": 2, "val_every": 1, "batch_size": 4, "num_workers": 0, "seconds": 0.5, "log_every": 1}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump({"part": spec, "train": train}))
    exp = tmp_path / "exp"
    yamls = (repo / "conf" / "part" / "q_audio_small.yaml", tmp_path / "tiny.yaml")
    sets = ["--data", str(clips), "--valid", str(clips), "--exp", str(exp)]
    train_part.main([*(word for path in yamls for word in ("--config", str(path))), *sets])
    assert isinstance(load_part(exp / "model"), QAudioPart)
    encoder = f"encoder: {{class: lass.queries.q_audio.QAudio, model: {exp / 'model'}}}"
    (tmp_path / "a.yaml").write_text(f"{encoder}\nquery: {{source: caption}}\n")
    write_data_dir(clips, [Row(f"clip{i}", str(tmp_path / f"{i}.wav"), [f"text {i}"]) for i in range(4)])
    retrieval.main([str(clips), "--config", str(tmp_path / "a.yaml"), "--out", str(tmp_path / "out")])
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["encoder"].startswith("QAudio-model-")
    assert found["trained_on"] == f"2 steps of 4 clips of {clips}"
    assert "was trained with 2 steps of 4 clips of" in (tmp_path / "out" / "table.md").read_text()
    assert found["directions"]["text to audio"]["recall"]["5"] == 1.0
