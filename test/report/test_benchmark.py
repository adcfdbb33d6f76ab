"""What the table of a benchmark says of its rows."""

import pytest

from lass.report.benchmark import page, published_rows, scored_rows, to_json
from lass.report.published import PublishedRow

ROW = {"mean": 1.5, "low": 1, "high": 2, "median": 1.5}


def result(system: str, separation: dict | None = None, tagger: str = "Cnn14_mAP=0.431.pth-abc (mAP=0.431)") -> dict:
    return {
        "system": system, "n_found": 4, "n_expected": 4, "metrics": {"sdri": ROW, "kl": ROW}, "aggregate": "mean",
        "listeners": {"tagger": tagger}, "separation": separation or {}, "test_set": {"query": "label"},
    }  # fmt: skip


@pytest.fixture
def rows():
    generating = {"generative": True, "query_rule": 'queries of the set, asked as "hear {}"'}
    systems = {"mixture": result("mixture"), "model": result("model", generating),
               "theirs": result("theirs", tagger="other (mAP 0.2)")}  # fmt: skip
    return list(scored_rows({"toy": systems}))


def test_a_row_by_a_tagger_names_it_and_its_accuracy(rows):
    assert rows[1].definitions["kl"].endswith("; by Cnn14_mAP=0.431.pth-abc (mAP=0.431)")
    assert "; by" not in rows[1].definitions["sdri"]
    text = page("x", rows, {}, {}).replace("\\", "")
    assert text.count("* KL: ") == 2 and "; by other (mAP 0.2)\n" in text and text.count("* SDRi: ") == 1


def test_sdr_of_a_generative_model_is_warned_of(rows):
    assert [bool(row.warnings) for row in rows] == [False, True, False]
    text = page("x", rows, {}, {})
    assert "## Warnings\n\n* toy: model generates its output, which is not aligned" in text
    assert "SDRi say little" in text
    assert to_json(rows, {})["rows"][1]["warnings"] == rows[1].warnings
    assert "## Warnings" not in page("x", rows[:1], {}, {})


def test_a_model_of_a_lower_rate_is_told():
    rates = {"score_rate": 16000, "model_rate": 16000, "set_rate": 32000}
    found = {"mixture": result("mixture") | {"score_rate": 32000, "set_rate": 32000}, "model": result("model") | rates}
    text = page("x", list(scored_rows({"toy": found})), {}, {})
    assert "| 32000 | 4/4 |" in text and "| 16000 (16000) | 4/4 |" in text
    assert text.count("* toy: model is scored at 16000 Hz, reference and mixture resampled") == 1
    assert "mixture (unprocessed) is scored" not in text


def test_a_row_tells_what_was_asked(rows):
    assert [row.query for row in rows] == ["none", 'label, asked as "hear {}"', "not known"]


def test_published_scores_keep_their_digits(rows):
    found = published_rows("toy", [PublishedRow("one", "book", {"sdri": 9, "afsim_af1": 0.735})])
    text = page("x", [*rows, *found], {}, {})
    assert "| one | book |  | 9.00 | 0.735 |" in text
    assert "* AFSim (Audio Flamingo 1): " in text and "not computed here" in text
