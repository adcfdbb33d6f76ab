"""The card of a model folder; `lass pack` writes it (test_pack.py)."""

import json
import shutil

import pytest
import yaml

from lass import config as configuration
from lass.errors import LassError
from lass.infer.card import card, front_matter
from lass.infer.folder import write_sums
from lass.io.files import write_text

SDRI = {"model": 7.256, "mixture": 0.0, "control_interferer": -5.125, "control_constant": 2.5}


def results(system: str, name: str, found: int, sdri: float) -> str:
    values = {"mean": sdri, "median": sdri, "low": sdri - 1, "high": sdri + 1}
    content = {key: "x" for key in ("labels", "command", "commit", "versions")}
    content |= {"system": system, "set": name, "n_found": found, "n_expected": 12}
    return json.dumps(content | {"metrics": {metric: values for metric in ("sdr", "sdri", "si_sdr", "si_sdri")}})


@pytest.fixture
def experiment(model_folder, tmp_path):
    folder = tmp_path / "mini_<i>tiny"
    shutil.copytree(model_folder, folder / "model")
    write_text(folder / "git.txt", "0123abc (dirty)\n")
    for name, found in (("test", 12), ("zap_<b>", 11)):
        for system, sdri in SDRI.items():
            write_text(folder / "score" / name / system / "results.json", results(system, name, found, sdri))
    return folder


def test_facts(experiment, model):
    text = card(experiment, "CC BY-NC 4.0 (Freesound) <b> | `x`")
    count = sum(p.numel() for part in (model.separator, model.encoder) for p in part.parameters())
    rows = [
        "| sample rate | 16000 Hz |",
        "| STFT window | 128 samples, 8.0 ms |",
        "| STFT hop | 64 samples, 4.0 ms |",
        "| separator | lass.separators.resunet30.ResUNet30 |",
        f"| parameters | {count:,}: ",
        f"TextTransformer, {model.encoder.identity()} |",
        '| queries in training | caption, written "{}" |',
        "| training sets | train |",
        "| checkpoint chosen on | mix/valid |",
        "| most restrictive licence of the training data | CC BY-NC 4.0 (Freesound) &lt;b&gt; \\| \\`x\\` |",
        "| leak policy | no source recording is in two of the sets",
        "| seed | 5 |",
        "| commit | 0123abc (dirty) |",
        '"channels": 1,',  # a default that config.yaml does not name
        '"max\\_tokens": 64',
    ]
    for row in rows:
        assert row in text, row
    assert "condition" not in text and "not in this folder" not in text


def test_scores_with_the_controls_beside_them(experiment):
    text = card(experiment, "CC0 1.0")
    full, partial = text.partition("### test")[2].split("### zap")
    assert full.count("| 12/12 |") == 4 and partial.count("(partial) | 11/12 |") == 4
    for section in (full, partial.replace(" (partial)", "")):
        assert 'Control "asked with the interferer\'s query": 12.38 dB SDRi below the model.' in section
        assert 'Control "asked with one constant query": 4.76 dB SDRi below the model.' in section
        lines = [line.split(" | ") for line in section.splitlines() if line.startswith("| ") and ":--" not in line]
        assert [line[0].strip("| ") for line in lines] == [
            "system", "mixture (unprocessed)", "model", "asked with the interferer's query",
            "asked with one constant query",
        ]
        assert [line[3] for line in lines] == [
            "SDRi", "0.00 (-1.00, 1.00)", "7.26 (6.26, 8.26)", "-5.12 (-6.12, -4.12)", "2.50 (1.50, 3.50)"
        ]


def test_text_is_data(experiment):
    text = card(experiment, "<script>alert(1)</script>")
    assert "# mini\\_&lt;i&gt;tiny" in text and "### zap\\_&lt;b&gt;" in text
    assert "--model 'mini_<i>tiny' -o" in text and "lass.load('mini_<i>tiny')" in text
    body = "".join(text.partition("\n---\n")[2].split("```")[::2])
    assert "<i>" not in body and "<b>" not in body and "<script" not in body


def test_queries_and_mixtures_of_several_sets(experiment):
    path = experiment / "model" / "config.yaml"
    config = configuration.read_yaml(path)
    labels = {"source": "labels", "template": ["{}", "the sound of {}"], "pick": "all"}
    config["data"] |= {"sets": [{"dir": "a", "query": labels}, {"dir": "b"}, {"dir": "c"}], "segment": 2.5}
    write_text(path, configuration.dump(config))
    write_sums(experiment / "model")
    text = card(experiment, "CC0 1.0")
    assert '| labels (pick: all), written "{}" or "the sound of {}"; caption, written "{}" |' in text
    assert "| training sets | a, b, c |" in text and '| training mixtures | {"segment": 2.5} |' in text


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("CC BY-NC 3.0", {"license": "cc-by-nc-3.0"}),
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("CC BY-NC 3.0 (ESC-50)", {"license": "other", "license_name": "cc-by-nc-3.0-esc-50"}),
        ("CC BY 4.0, one clip CC BY-NC 4.0", {"license": "other", "license_name": "cc-by-4.0-one-clip-cc-by-nc-4.0"}),
        ("none: 'x'\n---\nlicense: mit", {"license": "other", "license_name": "none-x-license-mit"}),
        ("?", {"license": "other", "license_name": "see-below"}),
    ],
)
def test_front_matter(licence, expected):
    opening, block, rest = front_matter(licence).split("---")
    data = yaml.safe_load(block)
    assert (opening, rest) == ("", "") and data["library_name"] == "lass" and "text-queried" in data["tags"]
    assert {key: value for key, value in data.items() if key.startswith("license")} == expected


def test_without_scores(experiment):
    shutil.rmtree(experiment / "score")
    assert card(experiment, "CC0 1.0").endswith("## Scores\n\nNo test set was scored.\n")


def test_damaged_scores_are_named(experiment):
    path = experiment / "score" / "test" / "mixture" / "results.json"
    write_text(path, "{")
    with pytest.raises(LassError, match="mixture/results.json: damaged"):
        card(experiment, "CC0 1.0")


def test_a_fine_tuned_model_names_the_first_one(experiment):
    path = experiment / "model" / "config.yaml"
    config = configuration.read_yaml(path) | {"init": {"model": "exp/<b>", "sha256": "0a1b", "partial": False}}
    write_text(path, configuration.dump(config))
    write_sums(experiment / "model")
    assert "| started from | exp/&lt;b&gt;, weights 0a1b: the licence and the data" in card(experiment, "CC0-1.0")
