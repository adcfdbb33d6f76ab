import pytest

from lass.errors import LassError
from lass.metrics.registry import known
from lass.report.published import PublishedRow, rows

BLOCK = {"source": "book", "metrics": ["sdri", "afsim_af1"], "systems": {"one": [1, 0.5], "two": [-2.5, 0]}}


def test_rows():
    found = rows([BLOCK, BLOCK | {"note": "both"}], "here")
    assert found[1] == PublishedRow("two", "book", {"sdri": -2.5, "afsim_af1": 0})
    assert len(found) == 4 and found[2].note == "both" and found[0].note == ""


def test_a_metric_that_is_published_alone_says_so():
    assert "not computed here" in known("afsim_af1").definition


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([BLOCK | {"metrics": ["sdri", "clap"]}], "here, block 1: no metric 'clap'"),
        ([BLOCK, BLOCK | {"metrics": ["sdri"]}], "here, block 2: one: expected 1 numbers, found \\[1, 0.5\\]"),
        ([BLOCK | {"systems": {"one": [1, "0,5"]}}], "one: expected 2 numbers"),
        ([BLOCK | {"colour": "red"}], "unknown key 'colour'"),
        ([{"source": "book"}], "missing key 'metrics'"),
        (BLOCK, "expected a list of blocks"),
        (["sdri 1"], "block 1: expected 'key: value' lines"),
    ],
)
def test_faults(blocks, message):
    with pytest.raises(LassError, match=message):
        rows(blocks, "here")
