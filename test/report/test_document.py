"""RESULTS.md."""

import json

import pytest

from lass.report.document import document
from lass.report.published import PublishedRow
from lass.report.results import Experiment


def content(system, sdri, found=10, expected=10, **more):
    row = {"mean": sdri, "median": sdri + 0.5, "low": sdri - 1, "high": sdri + 1}
    label = {"name": "Bell | *ring* <i>", "n": 10, "sdr": 1, "sdri": sdri, "si_sdr": 3, "si_sdri": 4}
    return {
        "system": system,
        "set": "test",
        "n_found": found,
        "n_expected": expected,
        "metrics": {metric: row for metric in ("sdr", "sdri", "si_sdr", "si_sdri")},
        "labels": {"bell": label},
        "score_rate": 32000,
        "model_rate": 16000,
        "set_dir": "data/test",
        "separation": {"command": "lass separate 'a|b'", "commit": "abc123", "seed": 7, "query_rule": "caption, all"},
        "command": f"lass score data/test --system {system}",
        "commit": "def456 (dirty)",
        "versions": {"python": "3.11.7", "torch": "2.11.0"},
        **more,
    }


def write(experiment, *contents, set_name="test"):
    for found in contents:
        path = experiment / "score" / set_name / found["system"] / "results.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(found))
    return experiment


@pytest.fixture
def experiment(tmp_path):
    return write(
        tmp_path,
        content("model", 7.25),
        content("zz_other", 9),
        content("control_constant", 1.0),
        content("mixture", 0),
        content("control_interferer", -2.5),
    )


def lines(experiment, others=(), paper=None, figures=()):
    return document(Experiment(experiment), list(map(Experiment, others)), paper or {}, figures).split("\n")


def test_rows_and_their_order(experiment):
    rows = [line.split(" | ") for line in lines(experiment) if "10/10" in line]
    assert [row[0] for row in rows] == [
        "| mixture (unprocessed)",
        "| model",
        "| asked with the interferer's query",
        "| asked with one constant query",
        r"| zz\_other",
    ]
    assert rows[1][1:] == ["10/10", *["7.25 (6.25, 8.25)"] * 4, "7.75 |"]


def test_controls_are_compared_with_the_model(experiment):
    text = "\n".join(lines(experiment))
    assert "Control \"asked with the interferer's query\": 9.75 dB SDRi below the model." in text
    assert 'Control "asked with one constant query": 6.25 dB SDRi below the model.' in text


def test_control_above_the_model_and_control_of_another_count(tmp_path):
    write(tmp_path, content("model", 1), content("control_constant", 3), content("control_interferer", 0, found=9))
    text = "\n".join(lines(tmp_path))
    assert "2.00 dB SDRi above the model" in text
    assert "scored on 9 mixtures, the model on 10: not compared" in text


def test_partial_sets_are_marked(experiment):
    assert "## test" in lines(experiment)
    write(experiment, content("late", 3, found=4))
    found = lines(experiment)
    assert "## test (partial)" in found
    assert any(line.startswith("| late (partial) | 4/10") for line in found)


def test_labels_and_facts(experiment):
    found = lines(experiment)
    assert r"| Bell \| \*ring\* &lt;i&gt; | 10 | 1.00 | 7.25 | 3.00 | 4.00 |" in found
    for fact in ("scored at | 32000 Hz", "model runs at | 16000 Hz", "separation: commit | abc123",
                 "separation: seed | 7", "separation: query rule | caption, all", "scoring: commit | def456 (dirty)",
                 "scoring: versions | python 3.11.7, torch 2.11.0", "test set | data/test"):
        assert f"| {fact} |" in found
    assert found.count("lass separate 'a|b'") == 1  # once, though five rows name it
    assert "lass score data/test --system model" in found


def test_figures_are_listed(experiment):
    assert "## Figures" not in lines(experiment)
    found = lines(experiment, figures=["exp/my_report/test.png"])
    assert found[-4:-1] == ["## Figures", "", "* exp/my\\_report/test.png"]


def test_other_experiments_give_the_row_of_their_model(experiment, tmp_path):
    other = write(tmp_path / "fold_1", content("model", 3, found=4, expected=10), content("mixture", 0))
    write(tmp_path / "fold_1", content("model", 5), set_name="elsewhere")
    found = lines(experiment, [other])
    assert found.count(r"| fold\_1 (partial) | 4/10 | " + "3.00 (2.00, 4.00) | " * 4 + "3.50 |") == 1
    assert "## test" in found and "## elsewhere" not in found
    assert "| model | 10/10 |" in "\n".join(found)


def test_rows_of_papers_follow_with_their_source(experiment):
    row = PublishedRow("Net_1", "A. Author 2020, Table 2", {"sdri": 10.04, "si_sdr": -0.001}, "another set")
    found = lines(experiment, paper={"test": [row], "else": [row]})
    place = found.index(r"| paper: Net\_1 |  |  | 10.04 | 0.00 |  |  |")
    assert found[place - 1].startswith(r"| zz\_other")
    assert r"* paper: Net\_1: A. Author 2020, Table 2; another set" in found


def test_examples(experiment):
    path = experiment / "score" / "test" / "model" / "results.json"
    item = {"mix_id": "m_1", "label": "bell", "sdri": 9.876}
    examples = {"best": [item], "median": [item | {"sdri": -0.001}], "worst": [item | {"label": ""}]}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"examples": examples}))
    found = lines(experiment)
    place = found.index("### Examples: model")
    name = r"Bell \| \*ring\* &lt;i&gt;"
    assert found[place + 4 : place + 7] == [
        rf"| best | m\_1 | {name} | 9.88 |", rf"| median | m\_1 | {name} | 0.00 |", r"| worst | m\_1 |  | 9.88 |",
    ]  # fmt: skip


def test_columns_follow_the_metrics_and_say_what_they_are(tmp_path):
    mixture, model = content("mixture", 0), content("model", 3)
    undefined = dict.fromkeys(("mean", "median", "low", "high"))
    model["metrics"] = {"si_sdr": model["metrics"]["si_sdr"] | {"undefined": 2}, "gone": undefined | {"undefined": 10}}
    model["labels"]["bell"] = {"name": "Bell", "n": 10, "si_sdr": None, "gone": None}
    found = lines(write(tmp_path, mixture, model))
    assert "| system | n/N | SDR | SDRi | SI-SDR | SI-SDRi | gone | median SDRi |" in found
    assert "| model | 10/10 |  |  | 3.00 (2.00, 4.00) undefined 2 |  | undefined 10 |  |" in found
    assert "| Bell | 10 |  |  |" in found
    for text in ("* SI-SDR (dB, higher): Le Roux et al. 2019, Eq. 3-5, no mean", "* gone (higher): not a metric"):
        assert any(line.startswith(text) for line in found)


def test_sdr_of_a_generative_model_is_warned_of(tmp_path):
    generating = {"separation": {"generative": True}}
    found = lines(write(tmp_path, content("mixture", 0), content("model", 3, **generating)))
    warnings = [line for line in found if "Warning" in line]
    assert len(warnings) == 1 and warnings[0].endswith(": SDR, SDRi, SI-SDR, SI-SDRi say little about it.")
    assert warnings[0].startswith("* Warning: model generates its output, which is not aligned with the mixture")


@pytest.mark.parametrize("generative", [False, None, [True, False]])
def test_others_are_not(tmp_path, generative):
    found = lines(write(tmp_path, content("model", 3, separation={"generative": generative})))
    assert not [line for line in found if "Warning" in line]


def test_network_that_a_metric_listened_with_is_named(tmp_path):
    model = content("model", 3, listeners={"tagger": "Cnn14-abc (mAP=0.431)"})
    model["metrics"] = {"kl": model["metrics"]["sdr"], "fad_cnn14": {"mean": 1.5}}
    found = lines(write(tmp_path, model))
    assert "| system | n/N | KL | FAD (PANNs' CNN14) | median KL |" in found
    assert "| model | 10/10 | 3.00 (2.00, 4.00) | 1.50 | 3.50 |" in found
    assert len([line for line in found if line.endswith("; by Cnn14-abc (mAP=0.431)")]) == 2


def test_without_a_model_another_system_is_shown(tmp_path):
    write(tmp_path, content("mixture", 0), content("theirs", 3), content("control_constant", 1))
    assert "### By label of the target: theirs" in lines(tmp_path)


def test_commands_of_joined_parts_have_a_line_each(tmp_path):
    parts = ["lass separate --out 'fold 1'", "lass separate --out 'fold 2'"]
    found = lines(write(tmp_path, content("model", 1, separation={"command": parts})))
    start = found.index(parts[0])
    assert found[start : start + 3] == [*parts, "lass score data/test --system model"]


def test_metrics_of_paper_rows_alone_have_a_column_and_a_line(experiment):
    rows = [PublishedRow("theirs", "book", {"sdri": 9.0, "afsim_af1": 0.75})]
    text = lines(experiment, paper={"test": rows})
    header = next(line for line in text if line.startswith("| system | n/N |"))
    cells = next(line for line in text if line.startswith("| paper: theirs |")).split(" | ")
    assert dict(zip(header.split(" | "), cells))["AFSim (Audio Flamingo 1)"] == "0.75"
    assert any("of paper rows alone: cosine of Audio Flamingo 1" in line for line in text)
