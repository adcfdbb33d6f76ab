import pytest

from lass.data import tag_table
from lass.data.tag_table import TagTable, texts_of
from lass.errors import LassError


def test_a_table_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(tag_table, "STEPS", 1)
    path, asked = tmp_path / "tags.tsv", []

    def unify(text: str) -> list[str] | None:
        assert path.exists() == bool(asked)  # saved after each
        asked.append(text)
        return {"a  dog": None, "rain": ["rain"], "x": []}.get(text, ["man  speech", "dog"])

    assert TagTable(path).add(["x", "rain", "a dog\tand a man", "rain"], unify) == (3, 0)
    assert path.read_text() == "a dog and a man\tman speech\tdog\nrain\train\nx\t\n"
    table = TagTable(path)
    assert table.add(["x", "rain"], unify) == (0, 0) and asked == ["a dog and a man", "rain", "x"] and len(table) == 3
    assert table.of("a dog\tand a  man") == ("man speech", "dog") and table.of("x") == ()


def test_tags_of_rules_and_of_a_language_model_are_alike(tmp_path):
    (tmp_path / "tags.tsv").write_text("Dog\tDog\na dog\tdog\tDog\n")
    table = TagTable(tmp_path / "tags.tsv")
    assert table.of("Dog") == table.of("a dog") == ("dog",)


def test_what_cannot_be_told_is_left_out(tmp_path):
    table = TagTable(tmp_path / "tags.tsv")
    assert table.add(["b", "a"], lambda text: None if text == "a" else ["tag"]) == (1, 1)
    assert (tmp_path / "tags.tsv").read_text() == "b\ttag\n"


@pytest.mark.parametrize("line", ["a dog", "\tdog", "a dog\tdog\t\tcat"])
def test_a_malformed_table(line, tmp_path):
    (tmp_path / "tags.tsv").write_text(f"x\ty\n{line}\n")
    with pytest.raises(LassError, match="tags.tsv:2: not"):
        TagTable(tmp_path / "tags.tsv")


def test_texts_of_a_set(six, tmp_path):
    assert set(texts_of(six.folder)) == {"a bell", "bell sounds", "Bell", "a dog", "dog sounds", "Dog", "a rain",
                                         "rain sounds", "Rain"}  # fmt: skip
    with pytest.raises(LassError, match="neither captions nor labels"):
        texts_of(tmp_path)
