"""``lass benchmark`` on LASS-Sub-Test: five queries a mixture, tags of AudioSet, systems side by side."""

import csv
import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.image import imread

from corpora import segments_csv
from lass import config as configuration
from lass.bin import benchmark
from lass.data import testset_tags
from lass.data.testset_dir import prepare
from lass.data.testsets import SETS, find_set
from lass.errors import LassError
from lass.infer.model import Model
from lass.io import audio
from lass.io.table import read_table
from lass.metrics.si_sdr import si_sdr
from lass.queries.encoder import QueryEncoder
from lass.report.figures import system_boxes
from lass.separators.separator import Separator

LISTED = ("target_wav,noise_wav,caption_1,caption_2,caption_3,caption_4,caption_5", "aaa,bbb,a,b,c,d,e",
          "bbb,aaa,f,g,h,i,j")  # fmt: skip
CLASSES = 'index,mid,display_name\n0,/m/09x0r,"Speech"\n1,/m/05zppz,"Male speech, man speaking"\n2,/m/0bt9lr,"Dog"\n'
NETWORK = {"class": "lass.separators.lassnet.LASSNet", "sample_rate": 8000, "window": 128, "hop": 64, "widths": [4, 6]}
ENCODERS = {
    "lassnet": {"class": "lass.queries.text_transformer.TextTransformer", "dim": 8, "vocab_size": 300, "width": 8,
                "layers": 1, "heads": 2},
    "unet_tag": {"class": "lass.queries.tags.Tags", "dim": 8, "size": 5},
}  # fmt: skip


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """A benchmark root with the list of two mixtures, and their clips."""
    for name in ("metadata", "clips/audiocaps"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "metadata" / "lass_sub_test.csv").write_text("\n".join(LISTED) + "\n")
    for seed, name in enumerate(("aaa", "bbb")):
        wave = np.random.default_rng(seed).uniform(-0.3, 0.3, 6000)
        audio.write(tmp_path / "clips" / "audiocaps" / f"Y{name}.wav", wave, 32000)
    monkeypatch.setattr(testset_tags, "NAMES", dataclasses.replace(testset_tags.NAMES, md5=""))
    return tmp_path


@pytest.fixture
def tagged(root) -> Path:
    """The same with AudioSet's lists."""
    metadata = root / "metadata"
    (metadata / "class_labels_indices.csv").write_text(CLASSES)
    for name, videos in (("balanced_train", ["aaa", "xxx"]), ("unbalanced_train", ["yyy"]), ("eval", ["zzz", "bbb"])):
        (metadata / f"{name}_segments.csv").write_bytes(segments_csv(videos))
    return root


@pytest.fixture
def run(root):
    def run(name: str, *options: str, sets: tuple[str, ...] = ("--sets", "lass_sub_test")) -> list[dict]:
        """Benchmark a small model of that kind; the rows."""
        torch.manual_seed(0)
        config = {"encoder": ENCODERS[name], "separator": NETWORK, "data": {"sets": [{"dir": "train"}]}}
        encoder = configuration.build(config, "encoder", QueryEncoder)
        encoder.fit(["speech | male speech, man speaking", "dog", *"abcdefghij"][: 2 if name == "unet_tag" else 12])
        separator = configuration.build(config, "separator", Separator, condition=encoder.dim)
        Model(config, encoder, separator).save(root / name)
        benchmark.main(["--model", str(root / name), "--root", str(root), "--out", str(root / f"out_{name}"),
                        "--num_jobs", "1", *sets, *options])  # fmt: skip
        return json.loads((root / f"out_{name}" / "benchmark.json").read_text())["rows"]

    return run


def test_each_query_is_scored_and_the_mixture_counts_with_their_mean(root, run):
    rows = {row["system"]: row for row in run("lassnet")}
    out, made = root / "out_lassnet", root / "sets" / "lass_sub_test"
    with open(out / "score" / "lass_sub_test" / "model" / "items.tsv", newline="") as f:
        items = list(csv.DictReader(f, delimiter="\t"))
    assert [item["n_queries"] for item in items] == ["5", "5"]
    estimates = dict(read_table(out / "sep" / "lass_sub_test" / "model" / "wav.scp"))
    rate = json.loads((out / "score" / "lass_sub_test" / "model" / "results.json").read_text())["score_rate"]
    assert rate < 32000  # that of the model

    def heard(path: str) -> np.ndarray:
        wave, own = audio.read(path)
        return audio.resample(wave[0], own, rate)

    means = []
    for mix_id, target in read_table(made / "ref.scp"):
        scores = [si_sdr(heard(target), heard(estimates[f"{mix_id}#{k}"])) for k in range(5)]
        assert len(set(map(float, scores))) == 5
        means.append(float(np.mean(scores)))
    assert [float(item["si_sdr"]) for item in items] == pytest.approx(means, abs=1e-3)
    assert rows["model"]["metrics"]["si_sdr"]["mean"] == pytest.approx(np.mean(means), abs=1e-3)
    assert list(rows["model"]["metrics"]) == ["bss_sdr", "bss_sir", "bss_sar", "si_sdr"]
    assert rows["LASS-Net (human)"]["metrics"]["bss_sdr"]["mean"] == 6.13


def test_unet_tag_is_asked_by_the_tags_of_audioset(tagged, run, monkeypatch):
    asked = []
    estimate = Model.estimate
    monkeypatch.setattr(Model, "estimate", lambda m, x, texts: asked.append(set(texts)) or estimate(m, x, texts))
    rows = {row["system"]: row for row in run("unet_tag")}
    made = tagged / "sets" / "lass_sub_test"
    tables = {name: dict(read_table(made / name)) for name in ("utt2labels", "interf2labels", "labels")}
    own, other = "/m/09x0r /m/05zppz", "/m/0bt9lr"
    assert tables["utt2labels"] == {"lass-sub-test-0001": own, "lass-sub-test-0002": other}
    assert tables["interf2labels"] == {"lass-sub-test-0001": other, "lass-sub-test-0002": own}
    assert tables["labels"] == {"/m/09x0r": "Speech", "/m/05zppz": "Male speech, man speaking", "/m/0bt9lr": "Dog"}
    speech = "Speech | Male speech, man speaking"
    assert asked == [{speech, "Dog"}, {"Dog"}, {"Dog", speech}, {speech}, {"a sound"}, {"a sound"}]  # in batches of 8
    assert rows["model"]["query"] == "labels of the set" and rows["model"]["metrics"].keys() >= {"bss_sdr"}


def test_unet_tag_without_tags(root, run):
    with pytest.raises(LassError, match="utt2labels: no such file, .* lass test_sets tells the lists that it takes"):
        run("unet_tag")


def test_a_set_that_the_model_cannot_be_asked_does_not_stop_the_others(tagged, run, monkeypatch):
    spec = SETS.joinpath("lass_sub_test.yaml").read_text()
    (tagged / "sets").mkdir()
    (tagged / "sets" / "a_untagged.yaml").write_text(re.sub("tags: .*", "", spec))
    (tagged / "sets" / "tagged.yaml").write_text(spec)
    monkeypatch.setattr("lass.data.testsets.SETS", tagged / "sets")
    rows = run("unet_tag", "--metrics", "si_sdr", sets=())
    assert {row["set_name"] for row in rows if row["system"] == "model"} == {"tagged"}
    found = json.loads((tagged / "out_unet_tag" / "benchmark.json").read_text())
    assert list(found["absent"]) == ["a_untagged"] and "asked by labels" in found["absent"]["a_untagged"]


def test_tags_go_with_the_lists_and_a_video_without_is_left_out(tagged):
    made, testset = tagged / "made", find_set("lass_sub_test")
    (tagged / "metadata" / "eval_segments.csv").write_bytes(segments_csv(["zzz"]))
    prepare(testset, tagged, made)
    assert [mix for mix, _ in read_table(made / "utt2labels")] == ["lass-sub-test-0001"]
    (tagged / "metadata" / "eval_segments.csv").unlink()
    prepare(testset, tagged, made)
    assert not any((made / name).exists() for name in ("utt2labels", "interf2labels", "labels"))


def test_box_plots_of_several_models(tagged, run, monkeypatch):
    drawn = []
    draw = system_boxes.draw
    monkeypatch.setattr(system_boxes, "draw", lambda *a: drawn.append(a) or draw(*a))
    run("lassnet", "--metrics", "si_sdr")
    options = ("--metrics", "si_sdr", "--beside", str(tagged / "out_lassnet"), "--oracle")
    rows = {row["system"]: row for row in run("unet_tag", *options)}
    path, metric, systems = drawn[-1]
    assert metric == "si_sdr" and imread(path).ndim == 3 and path.parent == tagged / "out_unet_tag" / "boxes"
    assert [name for name, _ in systems] == [
        "mixture (unprocessed)", "model", "asked with the interferer's query", "asked with one constant query",
        "ideal binary mask (oracle: an upper bound)", "ideal ratio mask (oracle: an upper bound)", "out_lassnet",
    ]  # fmt: skip
    values = dict(systems)
    assert all(len(found) == 2 for found in values.values())
    for name in ("model", "out_lassnet"):
        assert np.mean(values[name]) == pytest.approx(rows[name]["metrics"]["si_sdr"]["mean"], abs=1e-4)
    page = (tagged / "out_unet_tag" / "benchmark.md").read_text()
    assert "![lass\\_sub\\_test: SI-SDR of each system](boxes/lass_sub_test.png)" in page
    assert "| lass\\_sub\\_test (partial) | out\\_lassnet |" in page
