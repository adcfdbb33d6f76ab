"""Trainings by audio: whole clips are embedded once, parts of clips at each step; texts by the cache alone."""

import pytest
import torch

from lass.queries.clap import Clap
from lass.train.asker import Asker

LONG, SHORT = "data.segment=0.5", "data.segment=0.1"  # s; the clips have 0.25 s and more
NOISE = "{class: lass.queries.manipulate.GaussianNoise, audio: [1.5, 3.5], text: [1.0, 2.0]}"
MIXUP = "{class: lass.queries.manipulate.Mixup, snr: [-5, 5]}"


@pytest.fixture
def heard(corpus, tmp_path, tiny_models, monkeypatch):
    """Runs the stages embed and train by CLAP; tells what it encoded in each, and what was asked."""

    def run(name: str, ratio: float, *changes: str) -> tuple[list[str], list[str], list[torch.Tensor]]:
        encoder = f"encoder={{class: lass.queries.clap.Clap, model: {tiny_models['Clap']}}}"
        steps = ("train.max_steps=4", "train.val_every=4", f"query.text_ratio={ratio}", encoder, *changes)
        calls, asked = [], []
        encode_text, encode_audio, of_batch = Clap.encode_text, Clap.encode_audio, Asker.of_batch
        with monkeypatch.context() as patch:
            patch.setattr(Clap, "encode_text", lambda s, x: calls.append("text") or encode_text(s, x))
            patch.setattr(Clap, "encode_audio", lambda s, x: calls.append("audio") or encode_audio(s, x))
            patch.setattr(Asker, "of_batch", lambda *args: asked.append(of_batch(*args)) or asked[-1])
            corpus.embed(tmp_path / name, *steps)
            embedded = calls[:]
            calls.clear()
            corpus.train(tmp_path / name, *steps)
        return embedded, calls, [query.embedding for query in asked]

    return run


def test_text_encoder_rests_in_training(heard):
    embedded, trained, _ = heard("exp", 1.0)
    assert set(embedded) <= {"text"} and not trained


def test_whole_clips_are_embedded_once(heard):
    embedded, trained, asked = heard("exp", 0.0, LONG)
    assert embedded.count("audio") == 8 and not trained  # 8 clips; validation asks by text
    assert len(asked) == 4 and all(found.isfinite().all() for found in asked)
    again, trained, same = heard("again", 0.0, LONG)
    assert not again and not trained and all(map(torch.equal, asked, same))
    _, trained, other = heard("noise", 0.0, LONG, f"manipulation={NOISE}")
    assert not trained and all((a - b).norm(dim=1).min() > 1.4 for a, b in zip(asked, other))


def test_parts_of_clips_and_mixup_are_embedded_at_each_step(heard):
    for name, changes in (("parts", [SHORT]), ("mixup", [LONG, f"manipulation={MIXUP}"])):
        embedded, trained, _ = heard(name, 0.0, *changes)
        assert "audio" not in embedded and trained == ["audio"] * 4


def test_a_whole_clip_is_what_its_file_holds(heard, corpus, tiny_models):
    from lass.io import audio

    _, _, asked = heard("exp", 0.0, LONG)
    clap, found = Clap(str(tiny_models["Clap"])), []
    for path in sorted((corpus.data / "clips").glob("train-*.wav")):
        wave, rate = audio.read(path)
        found.append(clap.encode_audio(torch.from_numpy(audio.resample(wave, rate, 48_000))).embedding[0])
    nearest = torch.cdist(torch.cat(asked), torch.stack(found)).min(dim=1).values
    assert nearest.max() < 1e-4
