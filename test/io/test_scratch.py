"""Audio on a disk of the machine itself: copied once, whole, for as long as it is used, where there is room."""

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from lass.errors import LassError
from lass.io import audio, scratch
from lass.io.ark import layout, write_archive
from lass.io.scratch import copy_in, copy_out, scratch_folder
from lass.io.table import read_table, write_table

RATE = 8000  # Hz
COPY = """
import sys, time, pathlib
from lass.io.scratch import copy_in
table = copy_in(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
print(table, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def table(tmp_path) -> Path:
    """Six clips, three of them in an archive."""
    rng, rows = np.random.default_rng(0), []
    (tmp_path / "shared").mkdir()
    paths = [tmp_path / "shared" / f"clip {i}.flac" for i in range(6)]
    for path in paths:
        audio.write(path, 0.1 * rng.standard_normal(400), RATE, "PCM_16")
    keys, sizes = [f"c{i}" for i in range(6)], [path.stat().st_size for path in paths]
    ark = tmp_path / "shared" / "c.ark"
    write_archive(ark, keys[3:], paths[3:], sizes[3:])
    rows = [(key, str(path)) for key, path in zip(keys[:3], paths)]
    rows += [(key, f"{ark}:{offset}") for key, offset in zip(keys[3:], layout(keys[3:], sizes[3:])[0])]
    write_table(tmp_path / "wav.scp", rows)
    return tmp_path / "wav.scp"


@pytest.fixture
def disk(tmp_path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


@pytest.fixture
def process(tmp_path):
    """Starts a process that copies a table, and uses the copy until its standard input is closed."""
    started = []

    def start(table: Path, disk: Path) -> subprocess.Popen:
        command = [sys.executable, "-c", COPY, str(table), str(disk)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        cwd=Path(__file__).parents[2]))  # fmt: skip
        return started[-1]

    yield start
    for each in started:
        each.stdin.close()
        each.wait(60)
        each.stdout.close()


def copies(disk: Path) -> list[str]:
    return sorted(path.name for path in disk.glob("*/*") if path.is_dir())


def check(table: Path, copy: Path, disk: Path) -> None:
    rows, local = read_table(table), read_table(copy)
    assert [key for key, _ in local] == [key for key, _ in rows]
    for (_, path), (_, other) in zip(rows, local):
        assert Path(other).is_relative_to(disk)
        np.testing.assert_array_equal(audio.read(other)[0], audio.read(path)[0])


def test_a_copy_has_the_same_audio(table, disk):
    copy = copy_in(table, disk)
    check(table, copy, disk)
    assert len(list(copy.parent.rglob("*.*"))) == 3 + 1 + 1  # clips, archive, table
    shutil.rmtree(table.parent / "shared")
    assert copy_in(table, disk) == copy  # not made again
    absent = table.with_name("absent.scp")
    assert copy_in(table, None) == table and copy_in(absent, disk) == absent


def test_a_table_that_changed_is_copied_again(table, disk):
    first = copy_in(table, disk)
    rows = read_table(table)
    write_table(table, rows[:4])
    second = copy_in(table, disk)
    assert second != first and len(read_table(second)) == 4


def test_several_processes_at_a_time(table, disk, process):
    others = [process(table, disk) for _ in range(4)]
    found = {Path(other.stdout.readline().rstrip("\n")) for other in others} | {copy_in(table, disk)}
    assert len(found) == 1 == len(copies(disk))
    check(table, found.pop(), disk)


def test_what_a_killed_process_left_is_made_anew(table, disk, monkeypatch):
    def killed(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(scratch.shutil, "copyfile", killed)
        patched.setattr(scratch.shutil, "rmtree", lambda *_, **__: None)  # it was killed before that
        copy_in(table, disk)
    assert len(copies(disk)) == 1
    copy = copy_in(table, disk)
    check(table, copy, disk)
    assert len(copies(disk)) == 1 and copy.parent.name in copies(disk)


def small(monkeypatch, size: int, used: Path) -> None:
    """A disk of ``size`` bytes, of which what lies in ``used`` is used."""
    def usage(_: Path) -> shutil._ntuple_diskusage:
        taken = sum(path.stat().st_size for path in used.rglob("*") if path.is_file())
        return shutil._ntuple_diskusage(size, taken, size - taken)

    monkeypatch.setattr(scratch.shutil, "disk_usage", usage)


def test_too_little_room(table, disk, monkeypatch):
    small(monkeypatch, 1000, disk)
    with pytest.raises(LassError, match=r"0.0 GB are left there, the audio of .*wav.scp has 0.0 GB: make room, give "
                                        "another --scratch, or leave the option out"):
        copy_in(table, disk)
    assert not copies(disk)


def test_a_disk_that_others_fill_meanwhile(table, disk, monkeypatch):
    first, other_runs, ended = threading.Lock(), threading.Event(), []

    def full(source: Path, target: Path) -> None:
        if first.acquire(blocking=False):
            assert other_runs.wait(10)
            raise OSError(errno.ENOSPC, "No space left on device")
        other_runs.set()
        time.sleep(0.3)
        ended.append(target)

    monkeypatch.setattr(scratch.shutil, "copyfile", full)
    with pytest.raises(LassError, match="give another --scratch, or leave the option out"):
        copy_in(table, disk)
    assert ended and not copies(disk)


def test_copies_that_nobody_uses_make_room(table, disk, process, monkeypatch):
    tables = [table.with_name(f"{name}.scp") for name in ("used", "old", "new")]
    for path in tables:
        shutil.copy(table, path)
    holders = [process(path, disk) for path in tables[:2]]
    used, old = (Path(holder.stdout.readline().rstrip("\n")) for holder in holders)
    size = sum(path.stat().st_size for path in disk.rglob("*") if path.is_file())
    small(monkeypatch, size + 10, disk)
    with pytest.raises(LassError, match="make room"):
        copy_in(tables[2], disk)
    assert used.exists() and old.exists()  # both are in use
    holders[1].stdin.close()
    holders[1].wait(60)
    new = copy_in(tables[2], disk)
    assert used.exists() and new.exists() and not old.exists()


def test_a_missing_file_is_named(table, disk):
    (table.parent / "shared" / "clip 1.flac").unlink()
    with pytest.raises(LassError, match="wav.scp: .*clip 1.flac: cannot be read"):
        copy_in(table, disk)
    assert not copies(disk)


def test_a_folder_of_somebody_else(table, disk):
    (disk / "theirs").mkdir()
    (disk / f"lass-{os.getuid()}").symlink_to(disk / "theirs")
    with pytest.raises(LassError, match="belongs to somebody else"):
        copy_in(table, disk)


def test_what_comes_out_is_whole(tmp_path, disk):
    with copy_out(tmp_path / "out" / "a.flac", disk) as path:
        assert path.is_relative_to(disk) and path.name == "a.flac"
        path.write_bytes(b"whole")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out" / "a.flac").read_bytes() == b"whole"
    with pytest.raises(ZeroDivisionError), copy_out(tmp_path / "out" / "b.flac", disk) as path:
        path.write_bytes(b"half")
        1 / 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.flac"] and not copies(disk)
    with copy_out(tmp_path / "c.flac", None) as path:
        assert path == tmp_path / "c.flac"


def test_variables_of_the_machine(disk, monkeypatch):
    monkeypatch.setenv("JOB_DISK", str(disk))
    assert scratch_folder("$JOB_DISK") == disk
    with pytest.raises(LassError, match=r"--scratch \$NO_DISK: no folder of this machine"):
        scratch_folder("$NO_DISK")
