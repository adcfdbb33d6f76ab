"""The quick look says yes to good sets alone; that it says no to each fault, test_validate.py sees."""

import pytest

from lass.data import quick_look, validate
from lass.data.datadir import Row, write_data_dir
from lass.data.quick_look import looks_good


@pytest.fixture(params=[1, 2, 3, 1 << 14])
def folder(request, tmp_path, monkeypatch):
    """Five clips with all tables, seen in batches of some lines."""
    monkeypatch.setattr(quick_look, "BATCH", request.param)
    (tmp_path / "x.wav").write_bytes(b"x")
    rows = [
        Row(utt, f"{tmp_path}/x.wav", ["one", "été, deux", "three"][: k % 4], {"/m/1": "Dog, bark", "l2": "Rain"},
            f"youtube:{utt}:0:10", "v.mp4:0:10", (k, k + 0.5))
        for k, utt in enumerate(["a", "a-b", "a.b", "ab", "B"], 1)
    ]  # fmt: skip
    write_data_dir(tmp_path / "set", rows)
    return tmp_path / "set"


def test_good(folder, monkeypatch):
    assert looks_good(folder)
    monkeypatch.setattr(validate, "_Problems", None)  # the slow look is not taken
    assert validate.validate(folder) == []


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("captions", "a-b#0", "a-a#0"),
        ("captions", "a.b#2", "a.z#2"),
        ("utt2origin", "\nab ", "\naz "),
        ("utt2origin", "youtube:ab:0:10", "youtube;ab"),
        ("segments", "1.000 1.500", "1.500 1.500"),
        ("segments", "1.000 1.500", "1.000 1.5.0"),
        ("labels", "/m/1", "/m/2"),
        ("wav.scp", "\nab ", "\na-b "),
        ("wav.scp", "x.wav\nab", "y.wav\nab"),
        ("text", "one", "one\r"),
    ],
)
def test_faults(folder, table, old, new):
    text = (folder / table).read_text(encoding="utf-8")
    assert old in text
    (folder / table).write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
    assert not looks_good(folder) and validate.validate(folder)


def test_lengths_of_all_clips(folder):
    utts = [line.split()[0] for line in (folder / "wav.scp").read_text().splitlines()]
    (folder / "utt2num_samples").write_text("".join(f"{utt} 8\n" for utt in utts))
    assert looks_good(folder)
    (folder / "utt2num_samples").write_text("".join(f"{utt} 8\n" for utt in utts[1:]))
    assert not looks_good(folder) and validate.validate(folder)


def test_entries_of_an_archive(folder):
    (folder / "x.ark").write_bytes(b"x")
    lines = [line.split()[0] for line in (folder / "wav.scp").read_text().splitlines()]
    (folder / "wav.scp").write_text("".join(f"{utt} {folder}/x.ark:{k}\n" for k, utt in enumerate(lines)))
    assert looks_good(folder)
