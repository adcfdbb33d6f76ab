"""How near embeddings of clips are to those of their texts."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from lass.bin import modality_gap
from lass.data.datadir import Row, write_data_dir
from lass.errors import LassError
from lass.io import audio
from lass.queries.clap import Clap
from lass.queries.gap import cosines

CAPTIONS = ["a dog barks", "rain", "a bell", "rain"]


@pytest.fixture
def clips(tmp_path) -> Path:
    rows = []
    for i, caption in enumerate(CAPTIONS):
        path = tmp_path / f"{i}.wav"
        audio.write(path, 0.1 * np.random.default_rng(i).standard_normal(24_000) ** (1 + i % 2), 48_000, "FLOAT")
        rows.append(Row(f"clip{i}", str(path), [caption]))
    write_data_dir(tmp_path / "set", rows)
    return tmp_path / "set"


@pytest.fixture
def run(clips, tmp_path, tiny_models):
    def call(encoder: str, *options: str) -> dict:
        (tmp_path / "a.yaml").write_text(f"encoder: {encoder}\nquery: {{source: caption}}\n")
        modality_gap.main([str(clips), "--config", str(tmp_path / "a.yaml"), "--out", str(tmp_path / "gap"), *options])
        return json.loads((tmp_path / "gap" / "modality_gap.json").read_text())

    return call


def test_means_over_pairs(run, clips, tmp_path, tiny_models, capsys):
    found = run(f"{{class: lass.queries.clap.Clap, model: {tiny_models['Clap']}}}")
    clap = Clap(str(tiny_models["Clap"]))
    waves = torch.stack([torch.from_numpy(audio.read(clips.parent / f"{i}.wav")[0][0]) for i in range(4)])
    heard, read = clap.encode_audio(waves).embedding, clap.encode_text(CAPTIONS).embedding
    table = cosine_similarity(heard[:, None], read[None], dim=-1)
    others = [table[i, j] for i in range(4) for j in range(4) if CAPTIONS[i] != CAPTIONS[j]]
    assert found["matched"] == pytest.approx(float(table.diagonal().mean()), abs=1e-5)
    assert found["unmatched"] == pytest.approx(float(torch.stack(others).mean()), abs=1e-5)
    assert (found["clips"], found["pairs"]) == (4, 10)
    assert (tmp_path / "gap" / "modality_gap.png").stat().st_size > 5_000
    assert f"of 4 clips with their text {found['matched']:z.3f}" in capsys.readouterr().out


def test_two_spaces_far_apart():
    """The gap of Liang et al.: a shift of one modality lowers both means, whatever fits."""
    spread = np.eye(8)[:4]
    matched, unmatched = cosines(spread, spread, list("abcd"))
    assert matched.tolist() == [1] * 4 and unmatched.tolist() == [0] * 12
    matched, unmatched = cosines(spread + np.eye(8)[4], spread - np.eye(8)[4], list("abcd"))
    assert matched == pytest.approx(0) and unmatched == pytest.approx(-0.5)


def test_refusals(run, tiny_models):
    with pytest.raises(LassError, match="ClipText encodes text: choose one of text and audio"):
        run(f"{{class: lass.queries.clip.ClipText, model: {tiny_models['ClipText']}}}")
    clap = f"{{class: lass.queries.clap.Clap, model: {tiny_models['Clap']}}}"
    with pytest.raises(LassError, match="--clips 1: two at least"):
        run(clap, "--clips", "1")


def test_a_set_of_one_text(run, clips, tiny_models):
    (clips / "captions").write_text("".join(f"clip{i}#0 rain\n" for i in range(4)))
    with pytest.raises(LassError, match="all of 4 clips drawn have the text 'rain': choose another set"):
        run(f"{{class: lass.queries.clap.Clap, model: {tiny_models['Clap']}}}")
