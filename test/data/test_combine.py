import json
from pathlib import Path

import pytest

from lass.bin import combine as command
from lass.data.combine import TABLES, combine
from lass.errors import LassError
from lass.io.table import read_table, write_table


def make_part(folder: Path, mixtures: list[str], expected: int | None = None, seed: int = 0) -> Path:
    """A rendered set with every table, whose folder also holds the facts of its estimates."""
    for table in TABLES:
        key = "{}#0" if "queries" in table else "{}"
        rows = [(key.format(mix), f"{folder.name} {table}") for mix in mixtures]
        write_table(folder / table, [("dog", "a dog")] if table == "labels" else rows)
    if expected:
        (folder / "num_expected").write_text(f"{expected}\n")
    (folder / "info.json").write_text(json.dumps({"model_rate": 32000, "training seed": seed}))
    (folder / ".done").write_text(folder.name)
    return folder


@pytest.fixture
def parts(tmp_path) -> list[Path]:
    return [make_part(tmp_path / "fold2", ["b", "d"], seed=1), make_part(tmp_path / "fold1", ["a", "c"])]


def test_tables_are_joined_and_sorted(parts, tmp_path):
    assert combine(parts, tmp_path / "all") == 4
    for table in set(TABLES) - {"labels"}:
        rows = read_table(tmp_path / "all" / table)
        assert [key[0] for key, _ in rows] == ["a", "b", "c", "d"]
        assert [value.split()[0] for _, value in rows] == ["fold1", "fold2", "fold1", "fold2"]
    assert read_table(tmp_path / "all" / "labels") == [("dog", "a dog")]
    assert json.loads((tmp_path / "all" / "info.json").read_text()) == {"model_rate": 32000, "training seed": [1, 0]}


def test_parts_of_one_published_list(parts, tmp_path):
    combine(parts, tmp_path / "all")
    assert not (tmp_path / "all" / "num_expected").exists()
    published = [make_part(tmp_path / "l1", ["a"], 78), make_part(tmp_path / "l2", ["b", "c"], 78)]
    combine(published, tmp_path / "list")
    assert (tmp_path / "list" / "num_expected").read_text() == "78\n"
    with pytest.raises(LassError, match="l1/num_expected: other parts have another number: join parts of one list"):
        combine([*published, make_part(tmp_path / "l3", ["d"], 79)], tmp_path / "list")


def test_what_two_parts_share(parts, tmp_path):
    make_part(parts[1], ["a", "d"])
    with pytest.raises(LassError, match="fold1/wav.scp: d is in another part, too: join parts that differ"):
        combine(parts, tmp_path / "all")


def test_one_label_with_two_names(parts, tmp_path):
    write_table(parts[1] / "labels", [("dog", "a hound")])
    with pytest.raises(LassError, match="fold1/labels: dog is in another part"):
        combine(parts, tmp_path / "all")


def test_unfinished_part(parts, tmp_path):
    (parts[1] / "queries").unlink()
    with pytest.raises(LassError, match="fold1: no queries, which other parts have: finish all parts first"):
        combine(parts, tmp_path / "all")
    with pytest.raises(LassError, match="nothing to join"):
        combine([tmp_path / "nowhere"], tmp_path / "all")


def test_command_does_nothing_twice(parts, tmp_path, capsys):
    arguments = [str(tmp_path / "all"), *map(str, parts)]
    command.main(arguments)
    assert "all: 4 entries of 2 parts" in capsys.readouterr().out
    command.main(arguments)
    assert "combined, nothing to do" in capsys.readouterr().out
    (parts[0] / ".done").write_text("separated again")
    command.main(arguments)
    assert "4 entries" in capsys.readouterr().out
