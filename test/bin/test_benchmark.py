"""``lass benchmark``: sets that are data, all systems, one table, resumed; outside systems; paired comparison."""

import json

import numpy as np
import pytest
import soundfile
import torch
import yaml

from lass import config as configuration
from lass.bin import benchmark, compare, score
from lass.errors import LassError
from lass.infer.model import Model
from lass.io.table import read_table, write_table
from lass.queries.encoder import QueryEncoder
from lass.separators.separator import Separator

RATE = 8000  # Hz
CONFIG = {
    "query": {"source": "labels", "template": "this is the sound of {}"},
    "data": {"sets": [{"dir": "train"}], "valid": "mix/valid"},
    "leaks": {"train": "paper: 3 of 9 clips are heard in test sets (toy) and kept"},
    "encoder": {"class": "lass.queries.text_transformer.TextTransformer", "dim": 8, "vocab_size": 300, "width": 8,
                "layers": 1, "heads": 2},
    "separator": {"class": "lass.separators.resunet30.ResUNet30", "sample_rate": 8000, "window": 128, "hop": 64,
                  "widths": [4, 6], "stem": 2},
}  # fmt: skip
TOY = yaml.safe_load("""
title: Toy
expected: 5
sample_rate: 8000
aggregate: class_mean
query: label
note: a set of the tests
list: {file: toy.csv, form: {target: {clip: "{target}.wav"}, interferers: [{clip: "{noise}.wav"}]}}
mix_id: "toy-{line}"
queries: ["{label}"]
label: "{label}"
mix: {clips: toy, level: {rule: snr, low: 0, high: 0}}
metrics: [sdr, sdri, si_sdr, no_such_metric]
baselines: [wiener]
published: [{source: "a paper, Table 1", metrics: [sdri, afsim_af1], systems: {theirs: [12.5, 0.735]}, note: all five}]
""")
SYSTEMS = ["mixture", "model", "control_interferer", "control_constant", "removal", "wiener", "ideal_binary_mask",
           "ideal_ratio_mask"]  # fmt: skip


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    torch.manual_seed(0)
    encoder = configuration.build(CONFIG, "encoder", QueryEncoder)
    encoder.fit(["a bell", "rain", "this is the sound of"] * 5)
    folder = tmp_path_factory.mktemp("trained") / "model"
    Model(CONFIG, encoder, configuration.build(CONFIG, "separator", Separator, condition=encoder.dim)).save(folder)
    return folder


@pytest.fixture
def root(tmp_path):
    """A benchmark root: of four listed mixtures three have their clips."""
    for name in ("metadata", "clips/toy"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(TOY))
    lines = ("target,noise,label", "1,2,a bell", "3,2,a bell", "2,1,rain", "1,9,rain")
    (tmp_path / "metadata" / "toy.csv").write_text("\n".join(lines) + "\n")
    time = np.arange(RATE) / RATE
    for name, frequency in ((1, 300), (2, 2000), (3, 700)):
        soundfile.write(tmp_path / "clips" / "toy" / f"{name}.wav", 0.3 * np.sin(2 * np.pi * frequency * time), RATE)
    return tmp_path


@pytest.fixture
def run(root, model_folder):
    def run(*options: str) -> dict:
        """Run the benchmark; its rows and the sets that are not there."""
        benchmark.main(["--model", str(model_folder), "--root", str(root), "--out", str(root / "out"),
                        "--num_jobs", "1", "--sets", str(root / "toy.yaml"), *options])  # fmt: skip
        return json.loads((root / "out" / "benchmark.json").read_text())

    return run


def test_all_systems_in_one_table(run, root, capsys):
    rows = run("--oracle", "--removal")["rows"]
    assert [row["kind"] for row in rows] == ["scored"] * len(SYSTEMS) + ["published"]
    assert sorted(path.name for path in (root / "out" / "score" / "toy").iterdir()) == sorted(SYSTEMS)
    assert "toy: not scored: no_such_metric (lass metrics" in capsys.readouterr().out
    mixture, model, interferer, constant, removal, wiener, binary, ratio, published = rows
    for row in rows[:-1]:
        assert (row["n_found"], row["n_expected"], row["audio"]) == (3, 5, "rebuilt")
        assert row["aggregate"] == "mean of class means" and row["note"] == "a set of the tests"
        assert list(row["metrics"]) == list(row["definitions"]) == ["sdr", "sdri", "si_sdr"]
        assert row["metrics"]["sdr"]["low"] <= row["metrics"]["sdr"]["mean"] <= row["metrics"]["sdr"]["high"]
    assert model["query"] == 'label, asked as "this is the sound of {}"'
    assert removal["query"].startswith("removal: queries of the interferer")
    assert model["leak_policy"] == "paper" and "toy" in model["leaks"] and mixture["leak_policy"] == ""
    assert abs(mixture["metrics"]["sdr"]["mean"]) < 0.01
    assert ratio["metrics"]["sdr"]["mean"] > 20 and binary["metrics"]["sdr"]["mean"] > 20
    assert "oracle" in ratio["system"] and "oracle" in binary["system"] and "oracle" not in wiener["system"]
    assert constant["metrics"] != model["metrics"] != interferer["metrics"]
    assert published["system"] == "theirs"
    assert published["metrics"] == {"sdri": {"mean": 12.5}, "afsim_af1": {"mean": 0.735}}


def test_the_page(run, root):
    run()
    page = (root / "out" / "benchmark.md").read_text()
    assert "| toy (partial) | model | rebuilt | label, asked as" in page
    assert "| mean of class means | paper | 8000 (8000) | 3/5 |" in page
    assert "| theirs | a paper, Table 1 | all five | 12.50 | 0.735 |" in page
    assert "* AFSim (Audio Flamingo 1): cosine of" in page and "not computed here" in page
    assert "* SDRi: SDR of the estimate minus SDR of the unprocessed mixture" in page
    assert "* toy: a set of the tests" in page


def test_semantic_metrics_are_given_their_networks(run, tiny_models):
    tagger = f"tagger={tiny_models['Panns'] / 'model.safetensors'}"
    rows = run("--metrics", "sdr,kl", "--metric_models", tagger, "--tagger_accuracy", "mAP 0.2")["rows"]
    assert all(row["definitions"]["kl"].endswith("(mAP 0.2)") for row in rows if row["kind"] == "scored")


def test_a_template_of_the_run_wins(run):
    found = {row["system"]: row["query"] for row in run("--template", "hear {}")["rows"]}
    assert found["model"] == 'label, asked as "hear {}"'
    assert found["asked with one constant query"] == "constant: a sound"


def test_goes_on_and_does_nothing_twice(run, root, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("lass.score.results.results", lambda *_: pytest.fail("stopped"))
        with pytest.raises(BaseException, match="stopped"):
            run()
    before = run()
    monkeypatch.setattr(Model, "estimate", lambda *_: pytest.fail("separated again"))
    monkeypatch.setattr("lass.score.items.measure", lambda *_: pytest.fail("scored again"))
    times = {path: path.stat().st_mtime_ns for path in (root / "out").rglob("*.flac")}
    assert run() == before
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_sets_that_are_not_there(root, model_folder, monkeypatch, tmp_path):
    """Without --sets, what is missing is told and left out; a set that was asked for must be there."""
    (root / "sets").mkdir()
    for name, changes in (("toy", {}), ("gone", {"list": TOY["list"] | {"file": "gone.csv"}})):
        (root / "sets" / f"{name}.yaml").write_text(yaml.safe_dump(TOY | changes))
    monkeypatch.setattr("lass.data.testsets.SETS", root / "sets")
    command = ["--model", str(model_folder), "--root", str(root), "--out", str(root / "out"), "--num_jobs", "1"]
    benchmark.main(command)
    found = json.loads((root / "out" / "benchmark.json").read_text())
    assert list(found["absent"]) == ["gone"] and "gone.csv: no such list" in found["absent"]["gone"]
    assert {row["set_name"] for row in found["rows"] if row["kind"] == "scored"} == {"toy"}
    with pytest.raises(LassError, match="gone.csv: no such list"):
        benchmark.main([*command, "--sets", "gone"])
    empty = [*command[:2], "--root", str(tmp_path / "empty"), *command[4:]]
    with pytest.raises(LassError, match="none of 2 sets is there"):
        benchmark.main(empty)


def test_score_of_an_outside_system(root, capsys):
    """``lass score --set``: the set is made from its yaml; the system is known by its files alone."""
    arguments = ["--set", str(root / "toy.yaml"), "--root", str(root), "--system", "x", "--out", str(root / "x")]
    score.main([*arguments, "--mixture", "--num_jobs", "1"])
    references = read_table(root / "sets" / "toy" / "ref.scp")
    write_table(root / "est.scp", references[:2])
    score.main([*arguments, "--est_scp", str(root / "est.scp"), "--num_jobs", "1"])
    found = json.loads((root / "x" / "results.json").read_text())
    assert (found["set"], found["n_found"], found["n_expected"]) == ("toy", 2, 5)
    assert found["aggregate"] == "class_mean" and found["test_set"]["audio"] == "rebuilt"
    assert found["metrics"]["sdr"]["mean"] > 60
    assert "mean over classes of the mean of each" in capsys.readouterr().out
    with pytest.raises(LassError, match="give a rendered test set, or --set NAME"):
        score.main(["--mixture", "--system", "x", "--out", "y"])
    with pytest.raises(LassError, match="no audio of .*toy.yaml"):
        (root / "clips" / "toy").rename(root / "clips" / "moved")
        score.main([*arguments, "--mixture"])


def test_compare(run, root, capsys):
    run("--oracle")
    capsys.readouterr()
    folder = root / "out" / "score" / "toy"
    compare.main([str(folder / "ideal_ratio_mask"), str(folder / "model"), "--out", str(root / "compared.json")])
    printed = capsys.readouterr().out
    assert "mean over classes of the mean of each, paired bootstrap" in printed and "differs from 0" in printed
    found = json.loads((root / "compared.json").read_text())["metrics"]["sdr"]
    assert found["n"] == 3 and found["low"] > 10 and found["difference"] > found["low"]
    compare.main([str(folder / "model"), str(folder / "model")])
    assert "differs" not in capsys.readouterr().out
    written = json.loads((folder / "model" / "results.json").read_text())
    for change, message in (
        ({"set": "another"}, "set is another, that of .* toy"),
        ({"test_set": written["test_set"] | {"audio": "published"}}, "audio is published, that of .* rebuilt"),
    ):
        (folder / "model" / "results.json").write_text(json.dumps(written | change))
        with pytest.raises(LassError, match=message):
            compare.main([str(folder / "mixture"), str(folder / "model")])
    with pytest.raises(LassError, match="score again"):
        compare.main([str(folder / "mixture"), str(root)])
