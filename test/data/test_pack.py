"""lass.data.pack by its command utils/pack_audio.py."""

import os
from pathlib import Path

import kaldiio
import numpy as np
import pytest

from fixtures.scripts import load_script
from lass.data.datadir import DataDir, Row, write_data_dir
from lass.data.validate import validate
from lass.errors import LassError
from lass.io import ark, audio
from lass.io.joined import Joined
from lass.io.table import read_table, write_table

RATE = 32000  # Hz
tool = load_script("utils/pack_audio.py")


@pytest.fixture
def clips(tmp_path) -> Path:
    """Seven clips of other lengths, with every table of a formatted set."""
    rows = []
    for k in range(7):
        path = tmp_path / "flac" / f"c{k}.flac"
        audio.write(path, 0.1 * np.random.default_rng(k).standard_normal(2000 + 700 * k), RATE, "PCM_16")
        rows.append(Row(f"c{k}", str(path), ["a caption"], {"l": "Label"}, f"toy:{k}"))
    write_data_dir(tmp_path / "set", rows)
    write_table(tmp_path / "set" / "utt2num_samples", [(f"c{k}", str(2000 + 700 * k)) for k in range(7)])
    return tmp_path / "set"


def pack(clips: Path, out: str = "out", number: int = 3) -> Path:
    folder = clips.parent / out
    tool.main([str(clips), str(folder), "--store", str(clips.parent / "ark"), "--clips", str(number)])
    return folder


def test_the_same_set_in_few_files(clips):
    packed = pack(clips)
    assert validate(packed, read_audio=True, rate=RATE) == []
    assert sorted(path.name for path in (clips.parent / "ark").iterdir()) == ["000000.ark", "000001.ark", "000002.ark"]
    before, after = DataDir(clips), DataDir(packed)
    for utt, path in before.wav:
        assert np.array_equal(audio.read(path)[0], audio.read(after.wav[utt])[0])
        assert audio.info(after.wav[utt]) == audio.info(path) and audio.md5(after.wav[utt]) == audio.md5(path)
        assert np.array_equal(audio.read(path, 300, 500)[0], audio.read(after.wav[utt], 300, 500)[0])
    tables = {path.name for path in clips.iterdir() if path.suffix != ".idx"}
    assert {path.name for path in packed.iterdir() if path.suffix != ".idx"} == tables
    for name in tables - {"wav.scp"}:
        assert read_table(packed / name) == read_table(clips / name)


def test_kaldiio_reads_it(clips):
    loaded = kaldiio.load_scp(str(pack(clips) / "wav.scp"))
    for utt, path in read_table(clips / "wav.scp"):
        rate, samples = loaded[utt]
        assert rate == RATE and np.array_equal(samples.astype(np.float32), audio.read(path)[0][0])


def test_a_part_is_read_without_the_rest(clips, tmp_path, monkeypatch):
    """Of a long clip only the bytes around the part are read from the archive."""
    path = tmp_path / "long.flac"
    audio.write(path, 0.1 * np.random.default_rng(0).standard_normal(60 * RATE), RATE, "PCM_16")
    size = path.stat().st_size
    ark.write_archive(tmp_path / "long.ark", ["a"], [path], [size])
    read, readinto = [], Joined.readinto
    monkeypatch.setattr(Joined, "readinto", lambda *args: read.append(readinto(*args)) or read[-1])
    part, _ = audio.read(f"{tmp_path / 'long.ark'}:2", 30 * RATE, RATE)
    assert np.array_equal(part, audio.read(path, 30 * RATE, RATE)[0]) and 0 < sum(read) < size / 4
    read.clear()
    assert audio.info(f"{tmp_path / 'long.ark'}:2").frames == 60 * RATE and 0 < sum(read) < size / 4


def test_goes_on_where_it_stopped(clips, monkeypatch):
    """A run that is killed in its second archive leaves the first, and no set."""
    write = ark.write_archive

    def write_until(archive: Path, *rest) -> None:
        if archive.name == "000001.ark":
            raise KeyboardInterrupt
        write(archive, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(ark, "write_archive", write_until)
        with pytest.raises(KeyboardInterrupt):
            pack(clips)
    first = clips.parent / "ark" / "000000.ark"
    assert [path.name for path in first.parent.iterdir()] == ["000000.ark"] and not (clips.parent / "out").exists()
    before = first.stat().st_mtime_ns
    assert validate(pack(clips), read_audio=True) == [] and first.stat().st_mtime_ns == before


def test_a_newer_clip_is_packed_again(clips):
    pack(clips)
    archives = sorted((clips.parent / "ark").iterdir())
    for path in archives:
        os.utime(path, (1e9, 1e9))
    os.utime(clips.parent / "flac" / "c4.flac", (2e9, 2e9))
    for k in (0, 1, 2, 3, 5, 6):
        os.utime(clips.parent / "flac" / f"c{k}.flac", (1e8, 1e8))
    pack(clips, "again")
    assert [path.stat().st_mtime > 1e9 for path in archives] == [False, True, False]


def test_faults(clips, tmp_path):
    packed = pack(clips)
    with pytest.raises(LassError, match="out: is there already"):
        pack(clips)
    with pytest.raises(LassError, match="cannot pack .*: is packed already"):
        pack(packed, "twice")
    with pytest.raises(LassError, match="--clips 0: expected at least 1"):
        pack(clips, "none", 0)
    write_data_dir(tmp_path / "valid", [Row("v0", str(tmp_path / "flac" / "c0.flac"))])
    with pytest.raises(LassError, match="ark/000000.ark: holds other clips: give another --store"):
        pack(tmp_path / "valid", "packed_valid")
    assert validate(packed, read_audio=True) == []
    (tmp_path / "flac" / "c3.flac").unlink()
    with pytest.raises(LassError, match="c3.flac: "):
        pack(clips, "other", 2)
    assert not (tmp_path / "other").exists() and not (tmp_path / "twice").exists()


def test_a_cut_archive(clips):
    packed = pack(clips)
    archive = clips.parent / "ark" / "000002.ark"
    os.truncate(archive, archive.stat().st_size - 10)
    with pytest.raises(audio.AudioError, match=r"000002.ark:\d+: cannot open \(the archive ends within the \d+ bytes"):
        audio.read(DataDir(packed).wav["c6"])
