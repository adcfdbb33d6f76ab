"""Trainings whose networks or encoders want more than a target and a text."""


import pytest
import torch
import yaml

import lass
from lass.queries.tags import Tags

CLIPSEP = {"sample_rate": 8000, "window": 128, "hop": 64, "layers": 2, "width": 4, "channels": 4}
LASSNET = {"class": "lass.separators.lassnet.LASSNet", "sample_rate": 8000, "window": 128, "hop": 64, "widths": [4, 6]}
STEPS = ["train.max_steps=4", "train.val_every=2"]


@pytest.fixture
def trained(corpus, tmp_path, monkeypatch):
    """Runs the stages embed and train of the corpus' configuration with other parts; gives the experiment."""

    def run(**parts):
        config = yaml.safe_load(corpus.config.read_text()) | parts
        monkeypatch.setattr(corpus, "config", tmp_path / "config.yaml")
        corpus.config.write_text(yaml.safe_dump(config))
        corpus.embed(tmp_path / "exp", *STEPS)
        corpus.train(tmp_path / "exp", *STEPS)
        return tmp_path / "exp"

    return run


@pytest.mark.parametrize("name", ["CLIPSep", "CLIPSepNIT"])
def test_all_sources_are_asked(trained, tiny_models, name, monkeypatch):
    heard = []
    network = f"lass.separators.clipsep.{name}"
    loss = lass.config.resolve(network).training_loss
    monkeypatch.setattr(f"{network}.training_loss", lambda self, batch: heard.append(batch) or loss(self, batch))
    experiment = trained(
        encoder={"class": "lass.queries.clip.ClipText", "model": str(tiny_models["ClipText"]), "normalised": False},
        separator={"class": network, **CLIPSEP}, loss={"class": "lass.losses.mask_bce.mask_bce"},
    )  # fmt: skip
    assert len(heard) == 4
    for batch in heard:
        (other,) = batch["others"]
        torch.testing.assert_close(batch["target"] + other["target"], batch["mixture"])
        assert not torch.equal(batch["query"].embedding, other["query"].embedding)
    model = lass.load(str(experiment / "model"), "cpu")
    assert model.separate(torch.randn(500).numpy(), 8000, "a bell").any()


def test_lassnet_with_its_bert(trained, tiny_models):
    """The BERT trains along; the model folder needs neither its folder nor the network."""
    spec = {"class": "lass.queries.finetuned_bert.FinetunedBert", "model": str(tiny_models["FinetunedBert"]), "dim": 6}
    experiment = trained(encoder=spec, separator=LASSNET, loss={"class": "lass.losses.l1.l1"})
    config = yaml.safe_load((experiment / "model" / "config.yaml").read_text())
    assert config["encoder"]["model"] == "encoder"
    model = lass.load(str(experiment / "model"), "cpu")
    start = lass.queries.finetuned_bert.FinetunedBert(spec["model"], 6).state_dict()
    trained_state = model.encoder.state_dict()
    assert start.keys() == trained_state.keys()
    moved = {key for key in start if not torch.equal(start[key], trained_state[key])}
    assert {"projection.weight", "bert.embeddings.word_embeddings.weight"} <= moved


def test_unet_tag_is_validated_with_the_labels_of_captioned_mixtures(trained, corpus, monkeypatch):
    asked = []
    encode = Tags.encode_text
    monkeypatch.setattr(Tags, "encode_text", lambda self, texts: asked.extend(texts) or encode(self, texts))
    experiment = trained(
        encoder={"class": "lass.queries.tags.Tags", "dim": 6, "size": 5}, separator=LASSNET,
        query={"source": "labels", "pick": "all", "join": " | "},
    )  # fmt: skip
    assert (experiment / "model" / "classes.txt").read_text().split() == ["beep", "bell", "horn", "whistle"]
    assert set(asked) == {"beep", "bell", "horn", "whistle"}
    assert lass.load(str(experiment / "model"), "cpu").encoder.classes == ["beep", "bell", "horn", "whistle"]
