import pytest

from lass.errors import LassError
from lass.report.paper import read_paper

ROWS = """\
published:
  - {source: book, metrics: [sdri, si_sdr], systems: {one: [10.04, 9], two: [8, 7]}}
  - {source: letter, metrics: [sdr], systems: {three: [1]}, note: by hand}
"""


@pytest.fixture
def read(tmp_path):
    (tmp_path / "rows.yaml").write_text(ROWS)

    def read(text: str):
        (tmp_path / "paper.yaml").write_text(text)
        return read_paper(tmp_path / "paper.yaml")

    return read


def test_rows(read):
    found = read("test: {rows: rows.yaml, sources: [letter]}\nother: {rows: rows.yaml, sources: [book], note: theirs}")
    assert {name: [row.system for row in rows] for name, rows in found.items()} == {
        "test": ["three"], "other": ["one", "two"],
    }  # fmt: skip
    assert found["other"][0].metrics == {"sdri": 10.04, "si_sdr": 9}
    assert (found["test"][0].note, found["other"][0].note) == ("by hand", "theirs")


def test_rows_of_several_files_are_told_apart(read, tmp_path):
    (tmp_path / "more.yaml").write_text("title: Songs\n" + ROWS)
    (tmp_path / "rows.yaml").write_text("title: Noises\n" + ROWS)
    chosen = "{rows: rows.yaml, sources: [book]}, {rows: more.yaml, sources: [book, letter], note: theirs}"
    found = read(f"test: [{chosen}]")["test"]
    assert [row.system for row in found] == [
        "one on Noises", "two on Noises", "one on Songs", "two on Songs", "three on Songs"
    ]  # fmt: skip
    assert [row.note for row in found] == ["", "", "theirs", "theirs", "by hand; theirs"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("test: {rows: rows.yaml, sources: [page]}", "paper.yaml: test: .*rows.yaml has no rows of 'page'"),
        ("test: {rows: rows.yaml}", "paper.yaml: test: missing key 'sources'"),
        ("test: [{rows: rows.yaml, sources: [book]}]", "paper.yaml: test: .*rows.yaml has no title"),
        ("test: {rows: none.yaml, sources: []}", "none.yaml: cannot read"),
        ("test: 1", "paper.yaml: test: expected 'key: value' lines"),
        ("test: [{system: one, sdri: 1}]", "paper.yaml: test: unknown key 'system'"),
        ("- a\n", "paper.yaml: holds a list"),
        ("{", "paper.yaml: not valid yaml"),
    ],
)
def test_faults_are_one_line(read, text, message):
    with pytest.raises(LassError, match=message) as error:
        read(text)
    assert "\n" not in str(error.value)
