"""The 35 rows of MERL's Tables I to III: each is what the paper says, trains, is saved and loaded."""

from pathlib import Path

import pytest
import torch
import yaml

import lass
from lass import config as configuration
from lass.bin import embed, train
from lass.train.asker import Asker
from lass.train.system import check

ROOT = Path(__file__).resolve().parents[2]
ROWS = ROOT / "conf" / "variants" / "audio_only.yaml"
LAYERS = [
    ROOT / "conf" / "train.yaml",
    ROOT / "conf" / "model" / "audio_only.yaml",
    ROOT / "egs" / "audiosep" / "conf" / "audio_only.yaml",
]
AC, VGG = "AC-Text AC-Audio AC-Text-Audio".split(), "VGG-Text VGG-Audio VGG-Text-Audio".split()
CLASSES = {"": None, "mixup": "Mixup", "specaug": "SpecAugment", "noise": "GaussianNoise", "dropout": "Dropout"}
RATIOS = {"Text": 1.0, "Audio": 0.0, "Text-Audio": 0.5}
TABLES = {  # row: training data, method
    **{f"A{i}": (AC[data], method) for i, (data, method) in enumerate([
        (0, ""), (0, "noise"), (0, "dropout"), (1, ""), (1, "mixup"), (1, "specaug"), (1, "pca"), (1, "pca-inv"),
        (1, "noise"), (1, "dropout"), (2, ""), (2, "dropout")])},
    **{f"V{i}": (VGG[data], method) for i, (data, method) in enumerate([
        (0, ""), (0, "noise"), (0, "dropout"), (1, ""), (1, "mixup"), (1, "noise"), (1, "dropout"), (2, ""),
        (2, "dropout")])},
    **{f"AV{i}": (f"{AC[a]} + {VGG[v]}", "dropout" * (i % 2)) for i, (a, v) in enumerate(
        [(0, 0), (0, 0), (1, 1), (1, 1), (0, 1), (0, 1)])},
    **{f"{kind}_{query}{'_dropout' * dropped}": (f"AC-{query.title()}", "dropout" * dropped)
       for kind in ("resunet", "ms_clap") for query in ("text", "audio") for dropped in (0, 1)},
}  # fmt: skip


def resolved(row: str) -> dict:
    return configuration.load(LAYERS, row=(ROWS, row))


def test_there_are_35_rows():
    assert len(TABLES) == 35 and configuration.read_yaml(ROWS).keys() == TABLES.keys()


@pytest.mark.parametrize("row", TABLES)
def test_a_row_is_what_the_paper_says(row):
    data, method = TABLES[row]
    config = resolved(row)
    check(config)
    sets = {s["dir"]: s["text_ratio"] for s in config["data"]["sets"]}
    parts = [part.split("-", 1) for part in data.split(" + ")]
    assert sets == {{"AC": "audiocaps", "VGG": "vggsound"}[corpus]: RATIOS[query] for corpus, query in parts}
    for entry in config["data"]["sets"]:
        query = entry.get("query", config["query"])
        assert query["by_step"]
        assert query.get("template", "{}") == ("{}" if entry["dir"] == "audiocaps" else "this is the sound of {}")
    encoder = config["encoder"]["class"].rpartition(".")[2]
    if method.startswith("pca"):
        assert config["encoder"] | {"inverse": config["encoder"].get("inverse", False)} == {
            "class": "lass.queries.pca.PcaClap", "model": "laion/larger_clap_general", "components": 16,
            "inverse": method == "pca-inv",
        }  # fmt: skip
        assert "manipulation" not in config
    else:
        assert encoder == ("MsClap" if row.startswith("ms_clap") else "Clap")
        assert config.get("manipulation", {}).get("class", "").rpartition(".")[2] == (CLASSES[method] or "")
    resunet = row.startswith("resunet")
    assert config["separator"]["class"].endswith("ResUNet30" if resunet else "Conformer")
    assert config["optimiser"]["lr"] == (1e-3 if resunet else 2e-4) and config["optimiser"]["weight_decay"] == 0.01
    assert config["train"]["grad_clip"] == 5.0 and config["loss"]["class"].endswith("negative_si_sdr")


@pytest.fixture
def data_root(corpus, tmp_path) -> Path:
    """The corpus of tones under the names of the paper's corpora."""
    root = tmp_path / "data"
    root.mkdir()
    for name, folder in (("audiocaps", "train"), ("vggsound", "train"), ("mix", "mix")):
        (root / name).symlink_to(corpus.data / folder)
    return root


@pytest.mark.parametrize("row", TABLES)
def test_a_row_trains_is_saved_and_loaded(row, data_root, tmp_path, tiny_models, monkeypatch):
    config = resolved(row)
    sizes = "{widths: [4, 6], stem: 2}" if row.startswith("resunet") else "{layers: 1, width: 8, feed_forward: 8}"
    encoder_name = config["encoder"]["class"].rpartition(".")[2]
    changes = [
        f"encoder.model={tiny_models[encoder_name]}",
        f"separator={sizes}", "separator={sample_rate: 8000, window: 128, hop: 64}", "data.segment=0.1",
        "train={max_steps: 2, val_every: 2, batch_size: 2, accumulate: 2, num_workers: 0, precision: 32-true}",
        "schedule.warm_up_steps=1",  # the first step has a rate of 0
    ]  # fmt: skip
    if "components" in config["encoder"]:
        changes.append("encoder.components=3")
    arguments = ["--exp", str(tmp_path / "exp"), "--data_root", str(data_root), "--row", str(ROWS), row]
    arguments += [part for path in LAYERS for part in ("--config", str(path))]
    arguments += [part for change in changes for part in ("--set", change)]
    asked = []
    of_batch = Asker.of_batch
    monkeypatch.setattr(Asker, "of_batch", lambda *args: asked.extend(args[1]["asked"]) or of_batch(*args))
    embed.main(arguments)
    train.main(arguments)

    ratios = {entry["text_ratio"] for entry in config["data"]["sets"]}
    only = {(0.0,): {"audio"}, (1.0,): {"text"}}.get(tuple(ratios), {"audio", "text"})
    assert len(asked) == 8 and set(asked) <= only
    if len(ratios) == 1:  # each corpus has a ratio of its own; that of a step is drawn alike for all its batches
        assert len(set(asked[:4])) == len(set(asked[4:])) == 1
    folder = tmp_path / "exp" / "model"
    model = lass.load(str(folder), "cpu")
    trained = torch.load(tmp_path / "exp" / "ckpt" / "best.ckpt", weights_only=True)["state_dict"]
    for name, value in model.separator.state_dict().items():
        assert torch.equal(value, trained[f"separator.{name}"])
    wave = torch.randn(1, 1, 500)
    found = model.estimate(wave, ["a bell"])
    assert found.any()
    if row not in ("A6", "A7"):  # but for PCA, queries are manipulated in training alone
        encoder = configuration.resolve(config["encoder"]["class"])(str(tiny_models[encoder_name]))
        with torch.no_grad():
            torch.testing.assert_close(found, model.separator(wave, encoder.encode_text(["a bell"])))
    assert (folder / "pca.safetensors").exists() is (row in ("A6", "A7"))
    assert yaml.safe_load((folder / "config.yaml").read_text()).get("manipulation") == config.get("manipulation")


def test_small_rows_of_esc50_ask_alike_but_for_the_query():
    """text, audio and their dropout, of one small separator and CLAP."""
    rows = ROOT / "conf" / "variants" / "audiosep_clap_small.yaml"
    layers = [LAYERS[0], ROOT / "conf" / "model" / "audiosep_clap_small.yaml", ROOT / "egs/esc50/conf/train.yaml"]
    plain = configuration.load(layers)
    for name in configuration.read_yaml(rows):
        config = configuration.load(layers, row=(rows, name))
        check(config)
        query, _, dropped = name.partition("_")
        assert config["query"]["text_ratio"] == RATIOS[query.title()]
        assert ("manipulation" in config) is bool(dropped)
        assert {k: v for k, v in config.items() if k not in ("query", "manipulation")} == {
            k: v for k, v in plain.items() if k != "query"
        }
