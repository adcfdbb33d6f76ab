"""Recalls of texts and clips both ways."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lass.bin import retrieval
from lass.config import read_yaml
from lass.data.datadir import Row, write_data_dir
from lass.errors import LassError
from lass.io import audio
from lass.queries.clap import Clap

CAPTIONS = [["a dog barks", "rain"], ["rain", "rain falls"], ["a bell", "a bell rings"]]
LABELS = ["animal", "weather", "animal"]


@pytest.fixture
def clips(tmp_path) -> Path:
    rows = []
    for i, (captions, label) in enumerate(zip(CAPTIONS, LABELS)):
        path = tmp_path / f"{i}.wav"
        audio.write(path, 0.1 * np.random.default_rng(i).standard_normal(24_000) ** (1 + i), 48_000, "FLOAT")
        rows.append(Row(f"clip{i}", str(path), captions, {label: label}))
    write_data_dir(tmp_path / "set", rows)
    return tmp_path / "set"


@pytest.fixture
def run(clips, tmp_path, tiny_models):
    def call(source: str, *options: str) -> dict:
        encoder = f"encoder: {{class: lass.queries.clap.Clap, model: {tiny_models['Clap']}}}"
        (tmp_path / "a.yaml").write_text(f"{encoder}\nquery: {{source: {source}}}\n")
        retrieval.main([str(clips), "--config", str(tmp_path / "a.yaml"), "--out", str(tmp_path / "out"), *options])
        return json.loads((tmp_path / "out" / "results.json").read_text())["directions"]

    return call


@pytest.fixture
def similarity(clips, tiny_models):
    clap = Clap(str(tiny_models["Clap"]))
    waves = torch.stack([torch.from_numpy(audio.read(clips.parent / f"{i}.wav")[0][0]) for i in range(3)])

    def of(texts: list[str]) -> np.ndarray:
        return (clap.encode_text(texts).embedding @ clap.encode_audio(waves).embedding.T).numpy()

    return of


def test_captions(run, similarity):
    """Each caption finds its own clip or does not; a clip finds any of its captions."""
    found = run("caption")
    table = similarity([text for own in CAPTIONS for text in own])  # [6, 3]
    own = np.repeat(np.arange(3), 2)
    hits = [table[i, own[i]] == table[i].max() for i in range(6)]
    assert found["text to audio"]["recall"]["1"] == pytest.approx(np.mean(hits))
    assert (found["text to audio"]["queries"], found["text to audio"]["candidates"]) == (6, 3)
    assert found["text to audio"]["chance"] == {"1": pytest.approx(1 / 3), "5": 1.0, "10": 1.0}
    best = [own[table[:, clip] == table[:, clip].max()] for clip in range(3)]
    right = [set(winners) == {clip} for clip, winners in enumerate(best)]  # "rain" is of two clips: a tie is no hit
    assert found["audio to text"]["recall"]["1"] == pytest.approx(np.mean(right))
    assert (found["audio to text"]["queries"], found["audio to text"]["candidates"]) == (3, 6)
    assert found["audio to text"]["chance"]["1"] == pytest.approx(1 / 3)
    assert found["audio to text"]["chance"]["5"] == 1.0


def test_labels(run, similarity):
    """All clips of a label fit its text."""
    found = run("labels")
    table = similarity(["animal", "weather"])
    hits = [table[0].argmax() in (0, 2), table[1].argmax() == 1]
    assert found["text to audio"]["recall"]["1"] == np.mean(hits)
    assert found["text to audio"]["chance"]["1"] == pytest.approx((2 / 3 + 1 / 3) / 2)
    right = [table[:, clip].argmax() == (clip == 1) for clip in range(3)]
    assert found["audio to text"]["recall"]["1"] == pytest.approx(np.mean(right))


def test_table(run, tmp_path, capsys):
    run("caption", "--published", "audiocaps")
    table = (tmp_path / "out" / "table.md").read_text()
    assert "| Q-Audio | HSM-TSS (arXiv:2505.21025), Table V, text to audio | 26.6 | 56.8 | 70.4 |" in table
    assert "| by chance | text to audio | 6 | 3 | 33.3 | 100.0 | 100.0 |" in table
    assert "6 queries, 3 candidates" in capsys.readouterr().out


def test_it_goes_on(run, monkeypatch):
    first = run("caption")
    monkeypatch.setattr(Clap, "encode_audio", None)  # nothing is encoded again
    assert run("caption") == first


def test_published_rows_are_those_of_the_paper(repo, shared):
    text = (shared / "papers" / "001_ad6c1ea3259f7bb3.txt").read_text(encoding="utf-8")
    sets = read_yaml(repo / "conf" / "retrieval.yaml")
    for system, name in (("LAION-CLAP", "LAION-CLAP"), ("MS-CLAP", "MSCLAP"), ("Q-Audio", "Q-Audio")):
        row = [str(score) for found in ("clotho", "audiocaps") for score in sets[found]["systems"][system]]
        assert f"\n{name} {' '.join(row)}\n" in text


def test_refusals(run, tiny_models):
    with pytest.raises(LassError, match="ClipText encodes text: choose one of text and audio"):
        run("caption", "--set", f"encoder={{class: lass.queries.clip.ClipText, model: {tiny_models['ClipText']}}}")
    with pytest.raises(LassError, match="no section 'fsd50k'; it has clotho, audiocaps"):
        run("caption", "--published", "fsd50k")
