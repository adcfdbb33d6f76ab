import os

import pytest

from lass.data.datadir import DataDir, Row, summary, write_data_dir
from lass.data.validate import validate
from lass.errors import LassError

LABELS = {"/m/01": "Rain, heavy", "l2": "Dog"}
ROWS = [
    Row("b2", "x/b2.wav", [f"caption {k}" for k in range(12)], LABELS, "youtube:abc:30:10", "x/b2.mp4:30:10"),
    Row("a1", "x/a1.wav", ["a bell rings"], {"l2": "Dog"}),
    Row("c3", "x/c3.wav", segment=(1.5, 11.25)),
]


def test_round_trip(tmp_path):
    write_data_dir(tmp_path, iter(ROWS))
    data = DataDir(tmp_path)
    assert len(data) == 3 and [data.utts(i) for i in range(3)] == ["a1", "b2", "c3"]
    assert data.wav["b2"] == "x/b2.wav"
    assert data.captions_of("b2") == [f"caption {k}" for k in range(12)]  # 2 before 10
    assert data.captions_of("c3") == data.captions_of("nobody") == []
    assert data.labels_of("b2") == ["/m/01", "l2"] and data.labels_of("c3") == []
    assert data.labels == LABELS
    assert data.num_samples is None
    assert (tmp_path / "text").read_text() == "a1 a bell rings\nb2 caption 0\n"
    assert (tmp_path / "utt2origin").read_text() == "b2 youtube:abc:30:10\n"
    assert (tmp_path / "video.scp").read_text() == "b2 x/b2.mp4:30:10\n"
    assert (tmp_path / "segments").read_text() == "c3 c3 1.500 11.250\n"
    assert data.segment_of("c3") == (1.5, 11.25) and data.segment_of("b2") is None
    assert data.video["b2"] == "x/b2.mp4:30:10" and data.frames_of("b2") is None
    assert summary(tmp_path) == f"{tmp_path}: 3 clips, 13 captions, 2 labels"


def test_captions_of_an_id_that_begins_another(tmp_path):
    write_data_dir(tmp_path, [Row(utt, "x.wav", [f"of {utt}"]) for utt in ("a", "a.b", "a-b", "a+b", "ab", "a0")])
    data = DataDir(tmp_path)
    assert all(data.captions_of(data.utts(i)) == [f"of {data.utts(i)}"] for i in range(6))


def test_odd_text_passes_unharmed(tmp_path):
    odd = ["it's \"quoted\"", "$(touch hacked); `id`", "a, b,, c", "two  blanks "]
    odd += ["\u72ac \u00e9 \U0001f514 \u2028 \u0085"]
    path = "a b/it's $(x), ;\u72ac  .wav"
    (tmp_path / "audio" / path).parent.mkdir(parents=True)
    (tmp_path / "audio" / path).write_bytes(b"x")
    row = Row("u", str(tmp_path / "audio" / path), odd, {f"l{i}": name for i, name in enumerate(odd)})
    write_data_dir(tmp_path / "set", [row])
    data = DataDir(tmp_path / "set")
    assert data.captions_of("u") == odd
    assert list(data.labels.values()) == odd
    assert data.wav["u"] == row.audio
    assert validate(tmp_path / "set") == []
    assert not os.path.exists("hacked")


def test_tables_of_an_older_set_do_not_stay(tmp_path):
    write_data_dir(tmp_path, ROWS)
    (tmp_path / "utt2num_samples").write_text("a1 5\n")
    write_data_dir(tmp_path, [Row("c3", "x/c3.wav")])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["wav.scp"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no clips"),
        ([Row("-a", "x.wav")], r"malformed id \('-a'\)"),
        ([Row("a/b", "x.wav")], "malformed id"),
        ([Row("1a", "x.wav")], "malformed id"),
        ([Row("a", "x.wav"), Row("a", "y.wav")], r"wav.scp: duplicate key \(a\)"),
        ([Row("a", "x.wav", ["one\ntwo"])], "captions: a#0: not one line of text"),
        ([Row("a", "x.wav", ["fine", "  "])], "captions: a#1: not one line of text"),
        ([Row("a", "")], "wav.scp: a: not one line of text"),
        ([Row("a", "x.wav", [], {"a b": "A"})], "malformed label id"),
        ([Row("a", "x.wav", [], {"l": "Dog"}), Row("b", "x.wav", [], {"l": "Cat"})], "label l is named 'Cat' here"),
    ],
)
def test_refused_rows(tmp_path, rows, message):
    with pytest.raises(LassError, match=message):
        write_data_dir(tmp_path, rows)
    assert not (tmp_path / "wav.scp").exists()
