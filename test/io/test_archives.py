import io
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import py7zr
import pytest

from lass.errors import LassError
from lass.io import files
from lass.io.archives import check_archive, unpack

MEMBERS = {"top/a.txt": b"a" * 1000, "top/b/c.txt": b"c", "top/empty": b""}


def make_zip(path: Path, members: dict[str, bytes] = MEMBERS, mode: int = stat.S_IFREG | 0o644) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("top")
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            archive.writestr(member, content)
    return path


def make_tar(path: Path, members: dict[str, bytes] = MEMBERS, kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.type, member.linkname = len(content), kind, "a.txt"
            archive.addfile(member, io.BytesIO(content))
    return path


def make_7z(path: Path, members: dict[str, bytes] = MEMBERS, **options: str) -> Path:
    with py7zr.SevenZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(content, name)
    return path


MAKERS = {"a.zip": make_zip, "a.tar": make_tar, "a.tar.gz": make_tar, "a.7z": make_7z}
each_format = pytest.mark.parametrize("name", MAKERS)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@each_format
def test_unpack(name, tmp_path):
    archive = MAKERS[name](tmp_path / "data")  # known by content, not by name
    check_archive(archive, ["top/a.txt"])
    unpack(archive, tmp_path / "out" / "folder", ["top/a.txt", "top/b/c.txt"])
    assert contents(tmp_path / "out" / "folder") == MEMBERS and names(tmp_path / "out") == ["folder"]
    archive.write_bytes(b"damaged")
    unpack(archive, tmp_path / "out" / "folder")  # it is there


@each_format
def test_a_folder_inside(name, tmp_path):
    """It becomes the folder; what lies beside it, as __MACOSX, is dropped."""
    archive = MAKERS[name](tmp_path / name)
    with pytest.raises(LassError, match=f"{name}: has no folder bottom: not the archive it should be"):
        unpack(archive, tmp_path / "out" / "folder", inner="bottom")
    unpack(archive, tmp_path / "out" / "folder", inner="top")
    inside = {path.removeprefix("top/"): data for path, data in MEMBERS.items() if path.startswith("top/")}
    assert contents(tmp_path / "out" / "folder") == inside and names(tmp_path / "out") == ["folder"]


@each_format
def test_expected_members(name, tmp_path):
    archive = MAKERS[name](tmp_path / name)
    for function in (check_archive, lambda archive, members: unpack(archive, tmp_path / "out", members)):
        with pytest.raises(LassError, match=f"{name}: has no top/d.txt: not the archive it should be; delete it"):
            function(archive, ["top/a.txt", "top/d.txt"])
    assert names(tmp_path) == [name]


def make_7z_of_one(path: Path, name: str) -> Path:
    """py7zr writes no such names: the name is put into the list of members, and the sums over it are renewed."""
    stand_in = "q" * len(name)
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.set_encoded_header_mode(False)
        archive.writestr(b"x", stand_in)
    content = path.read_bytes().replace(stand_in.encode("utf-16-le"), name.encode("utf-16-le"))
    begin, size = struct.unpack_from("<2Q", content, 12)
    start = struct.pack("<2QL", begin, size, zlib.crc32(content[32 + begin : 32 + begin + size]))
    path.write_bytes(content[:8] + struct.pack("<L", zlib.crc32(start)) + start + content[32:])
    return path


@each_format
@pytest.mark.parametrize("member", ["/etc/x", "../x", "top/../../x", "top\\..\\x"])
def test_members_that_would_leave_the_folder(name, member, tmp_path):
    if name == "a.7z":
        archive = make_7z_of_one(tmp_path / name, member)
    else:
        archive = MAKERS[name](tmp_path / name, {**MEMBERS, member: b"x"})
    with pytest.raises(LassError, match=rf"{name}: member .* would leave the folder: not unpacked"):
        unpack(archive, tmp_path / "out" / "folder")
    assert not list((tmp_path / "out").iterdir())


def test_links_and_devices(tmp_path):
    links = [
        make_zip(tmp_path / "l.zip", mode=stat.S_IFLNK | 0o777),
        *(
            make_tar(tmp_path / f"{kind.decode()}.tar", {"top/link": b""}, kind)
            for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
        ),
    ]
    (tmp_path / "link").symlink_to("/etc/passwd")
    with py7zr.SevenZipFile(tmp_path / "l.7z", "w") as archive:
        archive.write(tmp_path / "link", "link")
    for path in (*links, tmp_path / "l.7z"):
        with pytest.raises(LassError, match=f"{path.name}: member .*' is a link or a device, not a file: not unpacked"):
            unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@each_format
def test_damaged(name, tmp_path):
    whole = MAKERS[name](tmp_path / name, {"top/x": np.random.default_rng(0).bytes(5000)}).read_bytes()
    middle = bytearray(whole)
    middle[2500] ^= 1
    damaged = [b"", b"no archive", whole[:2000], *([bytes(middle)] if name != "a.tar" else [])]  # tar has no sums
    for content in damaged:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(LassError, match=f"{name}: damaged .*: delete it and run again"):
            unpack(tmp_path / name, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_password(tmp_path):
    with pytest.raises(LassError, match="a.7z: needs a password: unpack it by other means"):
        unpack(make_7z(tmp_path / "a.7z", password="x"), tmp_path / "out")


@each_format
def test_archive_larger_than_the_disk(name, tmp_path, monkeypatch):
    archive = MAKERS[name](tmp_path / name)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(LassError, match=f"{name}: needs 0.0 GB, .*: make room"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_an_interrupted_one_goes_on(name, tmp_path, monkeypatch):
    """With the members that are not whole yet; they need only their own space."""
    archive = MAKERS[name](tmp_path / name)
    extract, done = (zipfile.ZipFile if name == "a.zip" else tarfile.TarFile).extract, []
    place = f"{extract.__qualname__.split('.')[0]}.extract"

    def interrupted(self, member, *args, **options):
        done.append(member)
        if len(done) > 2:
            raise KeyboardInterrupt
        return extract(self, member, *args, **options)

    module = zipfile if name == "a.zip" else tarfile
    monkeypatch.setattr(f"{module.__name__}.{place}", interrupted)
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "out")
    (part,) = tmp_path.glob(".out.*.part")
    (part / "top" / "a.txt").write_bytes(b"aa")  # cut in the middle
    before = {path: path.stat().st_ino for path in part.rglob("*.txt") if path.name != "a.txt"}
    monkeypatch.setattr(f"{module.__name__}.{place}", extract)
    unpack(archive, tmp_path / "out")
    assert contents(tmp_path / "out") == MEMBERS and names(tmp_path) == [name, "out"]
    assert all((tmp_path / "out" / path.relative_to(part)).stat().st_ino == inode for path, inode in before.items())


def test_what_another_archive_left_is_not_used(tmp_path):
    other = tmp_path / ".out.0123456789ab.part"
    other.mkdir()
    (other / "stale.txt").write_text("x")
    unpack(make_zip(tmp_path / "a.zip"), tmp_path / "out")
    assert contents(tmp_path / "out") == MEMBERS and not other.exists()
