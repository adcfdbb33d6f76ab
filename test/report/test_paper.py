import math

import pytest

from lass.errors import LassError
from lass.report.paper import read_paper

ROW = "- {system: AudioSep, sdri: 10.04, si_sdr: 9, source: 'README, table'}\n"


def test_rows(tmp_path):
    path = tmp_path / "paper.yaml"
    path.write_text(f"test:\n{ROW}other:\n{ROW}{ROW}")
    found = read_paper(path)
    assert {name: len(rows) for name, rows in found.items()} == {"test": 1, "other": 2}
    row = found["test"][0]
    assert (row.system, row.sdri, row.si_sdr, row.source, row.note) == ("AudioSep", 10.04, 9, "README, table", "")
    assert math.isnan(row.sdr)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("test:\n- {system: a, source: b, sdrl: 1}\n", "test, row 1: unknown key 'sdrl'"),
        ("test:\n- {system: a, source: b}\n- {sdri: 1, source: b}\n", "test, row 2: missing key 'system'"),
        ("test:\n- {system: a, sdri: 1}\n", "missing key 'source'"),
        ("test:\n- {system: a, source: b, sdri: '10,04'}\n", "sdri is '10,04'"),
        ("test:\n- AudioSep 10.04\n", "test, row 1: expected"),
        ("test: {system: a}\n", "paper.yaml: test: expected a list"),
        ("- a\n", "paper.yaml: holds a list"),
        ("{", "paper.yaml: not valid yaml"),
    ],
)
def test_faults_are_one_line(tmp_path, text, message):
    path = tmp_path / "paper.yaml"
    path.write_text(text)
    with pytest.raises(LassError, match=message) as error:
        read_paper(path)
    assert "paper.yaml" in str(error.value) and "\n" not in str(error.value)
