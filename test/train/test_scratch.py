"""A training that reads its audio from scratch is the same training."""

import pytest

from lass.bin import train
from lass.io import audio

STEPS = ("train.max_steps=4", "train.val_every=2")


@pytest.mark.parametrize("asked", ["text", "audio"])
def test_the_same_weights(asked, corpus, tmp_path, tiny_models, monkeypatch):
    changes = list(STEPS)
    if asked == "audio":  # by the embeddings of whole clips, which the original names keep
        encoder = f"encoder={{class: lass.queries.clap.Clap, model: {tiny_models['Clap']}}}"
        changes += ["query.text_ratio=0.0", "data.segment=0.5", encoder]
    (tmp_path / "disk").mkdir()
    read, paths = audio.read, []
    monkeypatch.setattr(audio, "read", lambda path, *words: paths.append(str(path)) or read(path, *words))
    weights = []
    for name, options in (("plain", []), ("scratch", ["--scratch", str(tmp_path / "disk")])):
        corpus.embed(tmp_path / name, *changes)
        paths.clear()
        train.main([*corpus.arguments(tmp_path / name, *changes), *options])
        weights.append((tmp_path / name / "model" / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    assert len(paths) > 16 and all(path.startswith(str(tmp_path / "disk")) for path in paths)
    assert "--scratch" in (tmp_path / "scratch" / "run.sh").read_text()
