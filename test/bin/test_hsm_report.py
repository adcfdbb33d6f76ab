"""lass hsm_report on tiny models with random weights: what is compared with what, the table, the figures."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cosine_similarity

from lass.bin import hsm_report
from lass.data.rendered import read_questions
from lass.errors import LassError
from lass.infer.features import attention, compare
from lass.infer.model import Model
from lass.io import audio
from lass.io.table import write_table
from lass.report.figures import global_features
from lass.train.system import build_model

SIZES = {"width": 16, "heads": 2, "local_layers": 1}
LOSS = {"class": "lass.losses.global_local.global_local"}
TRAINED = {"train": {"max_steps": 7, "batch_size": 3, "accumulate": 1},
           "data": {"sets": [{"dir": "some/train"}]}, "seed": 5,
           "init": {"model": "exp/begun/model"}}  # fmt: skip
MIXTURES = 3


@pytest.fixture(scope="module")
def folders(tiny_models, tmp_path_factory) -> dict[str, Path]:
    """Models of both stages, of the first alone, and of the second alone."""
    q_audio = {"class": "lass.queries.q_audio.QAudio", "model": str(tiny_models["QAudio"])}
    t5 = {"class": "lass.queries.t5.T5Text", "model": str(tiny_models["T5Text"])}
    audio_mae = {"model": str(tiny_models["QAudio"] / "audio")}
    kinds = {"both": (q_audio, {"global_layers": 1}), "first": (q_audio, {"global_layers": 1, "local_layers": 0}),
             "single": (t5, {"global_layers": 0, "audio": audio_mae})}  # fmt: skip
    found = {}
    for name, (encoder, sizes) in kinds.items():
        separator = {"class": "lass.separators.hsm_tss.HsmTss", **SIZES, **sizes}
        config = {"encoder": encoder, "separator": separator, "loss": LOSS} | TRAINED
        found[name] = tmp_path_factory.mktemp(name) / "model"
        Model(config, *build_model(config)).save(found[name])
    return found


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Path:
    """Three mixtures of tones in noise at 16 kHz, the last one longer than a clip."""
    folder, rng = tmp_path_factory.mktemp("sets") / "test", np.random.default_rng(0)
    tables: dict[str, list] = {"wav": [], "ref": [], "queries": [], "interf_queries": [], "utt2labels": []}
    for i in range(MIXTURES):
        target = 0.3 * np.sin(np.arange(8000 + 4000 * (i == 2)) * 0.1 * (i + 1))
        waves = {"wav": target + 0.1 * rng.standard_normal(len(target)), "ref": target}
        for table, wave in waves.items():
            audio.write(folder / table / f"m{i}.wav", wave.astype(np.float32), 16000)
            tables[table].append((f"m{i}", str(folder / table / f"m{i}.wav")))
        tables["queries"].append((f"m{i}#0", "a horn"))
        tables["interf_queries"].append((f"m{i}#0", "noise"))
        tables["utt2labels"].append((f"m{i}", f"tone{i % 2}"))
    for name, table in tables.items():
        write_table(folder / (f"{name}.scp" if name in ("wav", "ref") else name), table)
    return folder


def test_what_is_compared(folders, rendered):
    model, questions = Model.load(folders["both"], "cpu"), read_questions(rendered)
    found = compare(model, questions, "removal", batch_size=2)
    separator = model.separator
    for i, question in enumerate(questions):
        waves = [torch.from_numpy(audio.read(path)[0][:, :8000]) for path in (question.mixture, question.reference)]
        with torch.no_grad():
            (mixture, patches), (true, wanted) = map(separator.hear, waves)
            text = separator.read(model.query([question.text], "removal"))
            predicted = separator.global_stage(mixture, text)
            outputs = {"l1_mixture": patches, "l1": separator.local_stage(patches, text, predicted),
                       "l1_true": separator.local_stage(patches, text, true)}  # fmt: skip
        for name, output in outputs.items():
            assert found.figures[name][i] == pytest.approx(float((output - wanted).abs().mean()), rel=1e-4)
        for name, output in {"cos_mixture": mixture, "cos": predicted}.items():
            assert found.figures[name][i] == pytest.approx(cosine_similarity(output, true).item(), abs=1e-5)
        np.testing.assert_allclose(found.found[i], predicted[0].numpy(), rtol=1e-3, atol=1e-5)
    other = compare(model, questions, "extraction")
    assert np.abs(other.found - found.found).max() > 1e-4
    np.testing.assert_allclose(other.true, found.true, rtol=1e-4, atol=1e-6)


def test_attention_of_both_features(folders, rendered):
    spectrograms, attended = attention(Model.load(folders["both"], "cpu"), read_questions(rendered)[1])
    assert [values.shape for values in spectrograms.values()] == [(64, 128)] * 2
    true, predicted = attended.values()
    assert true.shape == (4, 8) and not np.allclose(true, predicted)


def test_command(folders, rendered, tmp_path, capsys):
    models = [str(folders[name]) for name in ("single", "both")]
    hsm_report.main([str(rendered), "--model", *models, "--out", str(tmp_path)])
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert [(row["task"], row["n"]) for row in rows] == [("extraction", 3), ("removal", 3)] * 2
    assert set(rows[0]["figures"]) == {"l1", "l1_mixture"} and len(rows[2]["figures"]) == 5
    for mean, low, high in rows[2]["figures"].values():
        assert low <= mean <= high
    text = (tmp_path / "table.md").read_text()
    assert f"lass hsm_report {rendered} --model " in text and "\nCommit " in text
    lines = [line for line in text.splitlines() if "| extraction |" in line]
    assert lines[0].count("| - ") == 3 and " - " not in lines[1]
    assert text.count("at most 7 steps of 3 mixtures of some/train, seed 5, behind begun") == 2
    for name in ("global_features.png", "attention.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    with pytest.raises(LassError, match="--mixture m9: .* no such mixture"):
        hsm_report.main([str(rendered), "--model", models[1], "--out", str(tmp_path), "--mixture", "m9"])


def test_a_first_stage_alone(folders, rendered, tmp_path, monkeypatch):
    """Its cosines are those of the same stage in front of a second; its features are drawn, by class."""
    drawn = []
    monkeypatch.setattr(global_features, "draw", lambda *arguments: drawn.append(arguments))
    hsm_report.main([str(rendered), "--model", str(folders["first"]), "--out", str(tmp_path)])
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert [set(row["figures"]) for row in rows] == [{"cos", "cos_mixture"}] * 2
    assert (tmp_path / "table.md").read_text().count("| - ") == 6 and not (tmp_path / "attention.png").exists()
    ((_, _, true, found, classes),) = drawn
    alone = compare(Model.load(folders["first"], "cpu"), read_questions(rendered), "extraction")
    np.testing.assert_allclose(found, alone.found, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(true, alone.true, rtol=1e-4, atol=1e-6)
    assert classes == ["tone0", "tone1", "tone0"]
