import os
import pickle
import subprocess

import pytest

from lass.errors import LassError
from lass.io import table
from lass.io.table import MappedTable, iterate_sorted, read_table, write_table

ODD_VALUES = [
    "it's a \"bell\"",
    "$(touch hacked); `id` & rm -rf *",
    "one, two,, three",
    "double  blank   and\ttab",
    " leading and trailing ",
    "d\u00e9j\u00e0 vu \u72ac\u304c\u5420\u3048\u308b \U0001f514 \u2028 \u0085 \x0b end",
]


def rows(count: int) -> list[tuple[str, str]]:
    return [(f"utt{i:05d}", f"value of {i}") for i in range(count)]


def test_round_trip_of_odd_values(tmp_path):
    expected = [(f"u{i}", value) for i, value in enumerate(ODD_VALUES)]
    write_table(tmp_path / "captions", reversed(expected))
    assert read_table(tmp_path / "captions") == expected
    mapped = MappedTable(tmp_path / "captions")
    assert list(mapped) == expected
    assert [mapped[key] for key, _ in expected] == ODD_VALUES


def test_sorted_as_sort_does(tmp_path):
    keys = ["a#10", "a#2", "a", "a-b", "a+b", "B", "a.b", "ab", "b_1", "Z=1", "a#1", "\u00e9", "\uffee", "\U0001f514"]
    write_table(tmp_path / "t", [(key, "v") for key in keys])
    subprocess.run(["sort", "-c", tmp_path / "t"], env={**os.environ, "LC_ALL": "C"}, check=True)
    mapped = MappedTable(tmp_path / "t")
    assert all(mapped.key(mapped.find(key)) == key for key in keys)


def test_lookup(tmp_path):
    write_table(tmp_path / "t", [*rows(100), ("vtt#0", "a"), ("vtt#1", "b"), ("vtt#10", "c"), ("vtu#0", "d")])
    mapped = MappedTable(tmp_path / "t")
    assert len(mapped) == 104
    assert (mapped.key(7), mapped.value(7)) == ("utt00007", "value of 7")
    assert mapped.find("utt00042") == 42
    assert mapped.find("utt") is mapped.find("utt00042x") is mapped.find("zzz") is mapped.find("") is None
    assert "utt00099" in mapped and "utt00100" not in mapped
    assert list(mapped.prefixed("vtt#")) == [100, 101, 102]
    assert len(mapped.prefixed("nothing#")) == 0
    assert list(mapped) == read_table(tmp_path / "t")
    with pytest.raises(KeyError, match="t: no entry 'missing'"):
        mapped["missing"]
    for i in (104, -1):
        with pytest.raises(IndexError):
            mapped.key(i)


def test_tab_separates_and_last_line_may_lack_its_end(tmp_path):
    (tmp_path / "t").write_bytes(b"a\tone two\nb  three\nc four")
    mapped = MappedTable(tmp_path / "t")
    assert list(mapped) == [("a", "one two"), ("b", " three"), ("c", "four")]
    assert (mapped["a"], mapped["b"], mapped["c"]) == ("one two", " three", "four")


def test_empty_table(tmp_path):
    write_table(tmp_path / "t", [])
    mapped = MappedTable(tmp_path / "t")
    assert len(mapped) == 0 and mapped.find("a") is None and list(mapped.prefixed("a")) == []


def test_index_is_kept_and_a_stale_one_rebuilt(tmp_path):
    path, index = tmp_path / "t", tmp_path / ".t.idx"
    write_table(path, rows(10))
    MappedTable(path)
    first = index.stat()
    MappedTable(path)
    assert index.stat().st_mtime_ns == first.st_mtime_ns and index.stat().st_ino == first.st_ino
    write_table(path, [(key, value[::-1]) for key, value in rows(10)])  # the same size
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert MappedTable(path)["utt00003"] == "3 fo eulav"
    write_table(path, rows(3))
    assert len(MappedTable(path)) == 3
    index.write_bytes(b"garbage")
    assert len(MappedTable(path)) == 3


def test_index_is_built_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_BLOCKS_AT_ONCE", 2)
    for count in (1, 63, 64, 65, 128, 129, 300):
        write_table(tmp_path / "t", rows(count))
        mapped = MappedTable(tmp_path / "t")
        assert len(mapped) == count
        assert [(mapped.key(i), mapped.value(i)) for i in range(count)] == rows(count)
        assert [mapped.find(key) for key, _ in rows(count)] == list(range(count))
        assert mapped.prefixed("utt") == range(count) and not mapped.prefixed("utu") and not mapped.prefixed("a")
    assert sorted(os.listdir(tmp_path)) == [".t.idx", "t"]


def test_pickle_and_fork(tmp_path):
    write_table(tmp_path / "t", rows(20))
    mapped = MappedTable(tmp_path / "t")
    assert pickle.loads(pickle.dumps(mapped))["utt00019"] == "value of 19"
    child = os.fork()
    if child == 0:
        os._exit(0 if all(mapped[key] == value for key, value in rows(20) * 20) else 1)
    assert all(mapped[key] == value for key, value in rows(20) * 20)
    assert os.waitpid(child, 0)[1] == 0


def test_shortened_table_is_an_error(tmp_path):
    write_table(tmp_path / "t", rows(20))
    mapped = MappedTable(tmp_path / "t")
    os.truncate(tmp_path / "t", 30)
    with pytest.raises(LassError, match="t:1: the table was shortened"):
        mapped.value(19)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a 1\r\nb 2\r\n", r"t:1: carriage return"),
        (b"\xef\xbb\xbfa 1\n", r"t:1: byte-order mark"),
        (b"a 1\nb caf\xe9\n", r"t:2: not UTF-8 .*xe9"),
        (b"a 1\nb\n", r"t:2: not '<key> <value>' \('b'\)"),
        (b"a 1\n\nb 2\n", r"t:2: not '<key> <value>'"),
        (b" a 1\n", r"t:1: not '<key> <value>'"),
        (b"a \n", r"t:1: not '<key> <value>'"),
        (b"a\x0bb c\n", r"t:1: not '<key> <value>'"),
    ],
)
def test_malformed_lines_are_named(tmp_path, content, message):
    (tmp_path / "t").write_bytes(content)
    for reader in (read_table, MappedTable):
        with pytest.raises(LassError, match=message):
            reader(tmp_path / "t")
    assert os.listdir(tmp_path) == ["t"]


def test_order_and_duplicates_are_named(tmp_path):
    (tmp_path / "t").write_text("a 1\nc 2\nb 3\n")
    with pytest.raises(LassError, match=r"t:3: b: not sorted: it follows c"):
        MappedTable(tmp_path / "t")
    (tmp_path / "t").write_text("a 1\na 2\n")
    with pytest.raises(LassError, match=r"t:2: a: duplicate key"):
        MappedTable(tmp_path / "t")


def test_missing_table(tmp_path):
    for reader in (read_table, MappedTable):
        with pytest.raises(LassError, match="wav.scp: cannot open .*No such file"):
            reader(tmp_path / "wav.scp")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("a b", "v"), "bad key"),
        (("", "v"), "bad key"),
        (("\ufeffa", "v"), "bad key"),
        (("a", ""), "bad value of a"),
        (("a", "one\ntwo"), "bad value of a"),
        (("a", "one\rtwo"), "bad value of a"),
        (("a", "\udce9.wav"), "a cannot be written as UTF-8"),
        (("u", "again"), "duplicate key"),
    ],
)
def test_write_refuses_what_breaks_a_line(tmp_path, row, message):
    with pytest.raises(LassError, match=message):
        write_table(tmp_path / "t", [("u", "v"), row])
    assert os.listdir(tmp_path) == []


def test_iterate_sorted(tmp_path):
    rows = "a  two blanks\nb\ttab and blank\nc x\u2028y\n"
    (tmp_path / "table").write_text(rows, encoding="utf-8")
    expected = [("a", " two blanks"), ("b", "tab and blank"), ("c", "x\u2028y")]
    assert list(iterate_sorted(tmp_path / "table")) == expected
    (tmp_path / "table").write_text("a x\nc x\nb x\n")
    with pytest.raises(LassError, match="table:3: b: not sorted"):
        list(iterate_sorted(tmp_path / "table"))
