import pytest

from lass.data.rendered import Question, read_questions
from lass.errors import LassError
from lass.io.table import write_table


@pytest.fixture
def folder(tmp_path):
    write_table(tmp_path / "wav.scp", [("a-m0", "mix/a-m0.flac"), ("b-m0", "mix/b m0.flac")])
    write_table(tmp_path / "ref.scp", [("a-m0", "ref/a-m0.flac"), ("b-m0", "ref/b m0.flac")])
    write_table(tmp_path / "queries", [("a-m0#0", "it's \"a\"; $(x)"), ("a-m0#1", "a  bell"), ("b-m0#0", "雨")])
    write_table(tmp_path / "interf_queries", [("a-m0#0", "a dog")])
    return tmp_path


def test_questions(folder):
    assert read_questions(folder) == [
        Question("a-m0#0", "a-m0", "it's \"a\"; $(x)", "mix/a-m0.flac", "ref/a-m0.flac"),
        Question("a-m0#1", "a-m0", "a  bell", "mix/a-m0.flac", "ref/a-m0.flac"),
        Question("b-m0#0", "b-m0", "雨", "mix/b m0.flac", "ref/b m0.flac"),
    ]


def test_questions_of_the_control(folder):
    (question,) = read_questions(str(folder), "interf_queries")
    assert (question.text, question.reference) == ("a dog", "ref/a-m0.flac")


@pytest.mark.parametrize("table", ["wav.scp", "ref.scp"])
def test_a_question_without_audio(folder, table):
    write_table(folder / table, [("b-m0", "x.flac")])
    with pytest.raises(LassError, match=f"queries: a-m0#0 asks for a mixture that {table} lacks; run stage mix"):
        read_questions(folder)


def test_a_set_that_is_not_rendered(tmp_path):
    with pytest.raises(LassError, match="wav.scp: cannot open"):
        read_questions(tmp_path)


@pytest.mark.parametrize("key", ["../a-m0#0", "a-m0", "a-m0#x"])
def test_a_key_that_is_no_file_name(folder, key):
    write_table(folder / "queries", [(key, "a bell")])
    with pytest.raises(LassError, match="queries: malformed key"):
        read_questions(folder)
