"""Stages embed and train of a set with videos that is asked by image."""

import shutil
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lass.data.datadir import DataDir
from lass.errors import LassError
from lass.io.table import read_table, write_table
from lass.separators.clipsep import CLIPSep

COLOURS = {"bell": (200, 0, 0), "whistle": (0, 200, 0), "horn": (0, 0, 200), "beep": (200, 200, 0)}


@pytest.fixture
def filmed(corpus, make_video, tiny_models, tmp_path, monkeypatch) -> list[str]:
    """The corpus with a video for each clip, but one that is broken and two that are absent; changes of the yaml."""
    monkeypatch.setattr(corpus, "data", shutil.copytree(corpus.data, tmp_path / "data"))
    rows = []
    for utt, _ in DataDir(corpus.data / "train").wav:
        path = tmp_path / f"{utt}.mp4"
        if utt == "train-horn0":
            path.write_bytes(b"no video")
        elif not utt.startswith("train-beep"):
            make_video(path, [COLOURS[utt[6:-1]]] * 2)
        rows.append((utt, str(path)))
    write_table(corpus.data / "train" / "video.scp", rows)
    encoder = f"encoder={{class: lass.queries.clip.Clip, model: {tiny_models['Clip']}}}"
    return [encoder, "query.otherwise=image", "query.text_ratio=0.0", "train.max_steps=4", "train.val_every=2"]


def logged(experiment: Path, tag: str) -> list[float]:
    events = EventAccumulator(str(experiment / "tb"))
    events.Reload()
    return [event.value for event in events.Scalars(tag)]


def test_stages_embed_and_train(corpus, filmed, tmp_path, capsys):
    experiment, train = tmp_path / "exp", corpus.data / "train"
    corpus.embed(experiment, *filmed)
    printed = capsys.readouterr().out
    assert "image_emb.scp: frames of 5 of 8 clips; 3 failed, see" in printed
    listed = (train / "failed_videos.tsv").read_text().splitlines()
    assert [line.split("\t")[0] for line in listed] == ["utt", "train-beep0", "train-beep1", "train-horn0"]
    assert "No such file" in listed[1] and "no video that can be decoded" in listed[3]
    places = dict(read_table(train / "image_emb.scp"))
    assert len(places) == 5
    before = (train / "image_emb.scp").read_bytes()
    corpus.embed(experiment, *filmed)
    assert (train / "image_emb.scp").read_bytes() == before
    corpus.train(experiment, *filmed)
    without = logged(experiment, "train/without_frames")
    assert 0 < without[-1] < 8 and without == sorted(without)  # of 4 steps of 2 examples
    last = torch.load(experiment / "ckpt" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 4 and all(key.startswith("separator.") for key in last["state_dict"])


def test_clipsep_asks_for_all_sources_by_their_frames(corpus, filmed, tmp_path, monkeypatch):
    heard = []
    loss = CLIPSep.training_loss
    monkeypatch.setattr(CLIPSep, "training_loss", lambda self, batch: heard.append(batch) or loss(self, batch))
    network = "{class: lass.separators.clipsep.CLIPSep, sample_rate: 8000, window: 128, hop: 64, layers: 2, width: 4}"
    filmed += [f"separator={network}", "loss={class: lass.losses.mask_bce.mask_bce}"]
    corpus.embed(tmp_path / "exp", *filmed)
    corpus.train(tmp_path / "exp", *filmed)
    sources = [source for batch in heard for source in (batch, *batch["others"])]
    assert len(sources) == 8 and any("image" in source["asked"] for source in sources[1::2])
    for source in sources:
        torch.testing.assert_close(source["query"].embedding.norm(dim=1), torch.ones(2))  # means of norm 1 again
    without = sum(int(source["without_frames"].sum()) for source in sources)
    assert logged(tmp_path / "exp", "train/without_frames")[-1] == without


def test_a_training_stops_when_there_are_other_frames(corpus, filmed, tmp_path, make_video):
    experiment = tmp_path / "exp"
    corpus.embed(experiment, *filmed)
    corpus.train(experiment, *filmed)
    make_video(tmp_path / "train-horn0.mp4", [COLOURS["horn"]])
    corpus.embed(experiment, *filmed)
    assert len(read_table(corpus.data / "train" / "image_emb.scp")) == 6
    with pytest.raises(LassError, match="the training data changed"):
        corpus.train(experiment, *filmed)


def test_no_videos(corpus, filmed, tmp_path):
    table = corpus.data / "train" / "video.scp"
    write_table(table, [(utt, str(tmp_path / "none.mp4")) for utt, _ in read_table(table)])
    with pytest.raises(LassError, match="failed_videos.tsv: none of 8 videos can be used"):
        corpus.embed(tmp_path / "exp", *filmed)
    table.unlink()
    with pytest.raises(LassError, match="has no video.scp, but the query rule asks by image"):
        corpus.embed(tmp_path / "exp", *filmed)


def test_the_frames_of_another_encoder(corpus, filmed, tmp_path):
    experiment = tmp_path / "exp"
    corpus.embed(experiment, *filmed)
    with pytest.raises(LassError, match="frames by another encoder than Clip-.*-raw: run stage embed again"):
        corpus.embed(experiment, *filmed, "encoder.normalised=false", "query.text_ratio=1.0")
        corpus.train(experiment, *filmed, "encoder.normalised=false")
