"""USS in small: trained with the embeddings of the targets, asked with those of classes."""


import numpy as np
import pytest
import torch
import yaml

import lass
from lass.bin import separate
from lass.errors import LassError
from lass.infer.card import card
from lass.queries.panns import Panns
from lass.train.fit import Training

CLASSES = "embed/classes.safetensors"


@pytest.fixture
def uss(corpus, tiny_models, tmp_path, monkeypatch):
    """The corpus with the configuration of a small USS; its experiment folder is returned, after stage embed."""
    config = yaml.safe_load(corpus.config.read_text())
    config["encoder"] = {"class": "lass.queries.panns.Panns", "model": str(tiny_models["Panns"]), "examples": 1}
    config["query"] = {"source": "labels", "text_ratio": 0.0, "otherwise": "audio"}
    config["data"]["valid"] = "mix/valid_classes"
    config["train"] |= {"max_steps": 4, "val_every": 2, "checkpoint_every": 1}
    monkeypatch.setattr(corpus, "config", tmp_path / "uss.yaml")
    corpus.config.write_text(yaml.safe_dump(config))
    corpus.embed(tmp_path / "exp")
    return tmp_path / "exp"


def test_trained_and_asked_without_the_network(uss, corpus, tmp_path, monkeypatch):
    corpus.train(uss)
    monkeypatch.setattr(Panns, "_network", property(lambda self: pytest.fail("classes need no network")))
    model = lass.load(uss / "model", "cpu")
    assert (uss / "model" / "classes.safetensors").read_bytes() == (uss / CLASSES).read_bytes()
    assert "  classes.safetensors\n" in (uss / "model" / "SHA256SUMS").read_text()
    mixture = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    bell, horn = model.separate(mixture, 8000, ["bell", "Horn"])
    assert np.abs(bell - horn).max() > 0
    with pytest.raises(LassError, match="no class 'a violin': ask for one of the 4 classes in training"):
        model.separate(mixture, 8000, "a violin")
    text = card(uss, "CC0")
    assert f"lass separate mix.wav --text beep --model {uss.name} -o" in text
    assert "| classes, one of which a query must name | beep, bell, horn, whistle |" in text
    assert 'labels (pick: one), written "{}" (0% of the examples, the others by audio)' in text
    controls = []
    for control in ("none", "interferer", "constant"):
        out = tmp_path / control
        separate.main(["--set", str(corpus.data / "mix" / "valid_classes"), "--out", str(out), "--device", "cpu",
                       "--model", str(uss / "model"), "--control", control])
        controls.append((out / "audio").iterdir())
    waves = [[path.read_bytes() for path in sorted(paths)] for paths in controls]
    assert [len(found) for found in waves] == [4, 4, 4] and waves[0] != waves[1] != waves[2] != waves[0]


def test_a_target_is_asked_by_its_own_embedding(uss, corpus):
    training = Training(yaml.safe_load(corpus.config.read_text()), uss, corpus.data)
    item = training.mixtures[0]
    batch = {"asked": [item["asked"]], "task": [item["task"]], "query": [item["query"]], "target": item["target"][None]}
    query = training.module.asker.of_batch(batch, torch.device("cpu"))
    wave = torch.nn.functional.interpolate(item["target"][None], scale_factor=4)[0]  # 8 to 32 kHz, roughly
    near = training.encoder.encode_audio(wave).embedding
    classes = training.encoder.encode_text(["bell", "whistle", "horn", "beep"]).embedding
    assert query.modality == "audio" and query.embedding.shape == (1, training.encoder.dim)
    assert torch.nn.functional.cosine_similarity(query.embedding, near) > 0.98
    assert not any(torch.equal(query.embedding[0], mean) for mean in classes)


def test_stage_embed_hears_the_clips_once(uss, corpus, monkeypatch, capsys):
    first = (uss / CLASSES).read_bytes()
    heard = []
    hear = Panns.hear
    monkeypatch.setattr(Panns, "hear", lambda self, clips: (heard.append(self.examples), hear(self, clips)))
    corpus.embed(uss)
    assert not heard and (uss / CLASSES).read_bytes() == first
    corpus.embed(uss, "encoder.examples=2")
    assert heard == [2] and (uss / CLASSES).read_bytes() != first
    assert "4 classes, known by 8 example clips" in capsys.readouterr().out


def test_a_validation_set_with_an_unknown_class(uss, corpus):
    with pytest.raises(LassError, match="^no class '(a|one) .*': ask for one of the 4 classes in training, such as"):
        corpus.embed(uss, "data.valid=mix/valid")  # its queries are captions
