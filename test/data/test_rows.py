from lass.data.datadir import Row, write_data_dir
from lass.data.rows import read_rows


def test_what_was_written_is_read(tmp_path):
    """Ids of which one begins as another, more than ten captions, clips without any table."""
    rows = [
        Row("c1", str(tmp_path / "a b.flac"), [f"caption {k}" for k in range(12)], {"l1": "Label, one"}, "youtube:a"),
        Row("c1-b", str(tmp_path / "b.flac")),
        Row("c1.b", str(tmp_path / "c.flac"), ["one"], {"l2": "Two", "l1": "Label, one"}, segment=(0.5, 1.25)),
        Row("c2", str(tmp_path / "d.flac"), origin="freesound:1", video=str(tmp_path / "d.mp4")),
    ]
    write_data_dir(tmp_path / "set", rows)
    assert list(read_rows(tmp_path / "set")) == rows


def test_paths_are_seen_from_here(tmp_path, monkeypatch):
    (tmp_path / "recipe" / "data" / "flac").mkdir(parents=True)
    (tmp_path / "recipe" / "data" / "flac" / "c.flac").write_bytes(b"x")
    write_data_dir(tmp_path / "recipe" / "data" / "train", [Row("c", "data/flac/c.flac")])
    monkeypatch.chdir(tmp_path)
    (row,) = read_rows(tmp_path / "recipe" / "data" / "train")
    assert row.audio == str(tmp_path / "recipe" / "data" / "flac" / "c.flac")
