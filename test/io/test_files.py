import os
import stat

import pytest

from lass.errors import LassError
from lass.io.files import atomic_folder, atomic_path, sha256, write_text


def test_a_file_appears_whole(tmp_path):
    path = tmp_path / "new" / "a.tar.gz"
    with atomic_path(path) as temporary:
        assert temporary.parent == path.parent and temporary.suffix == ".gz" and temporary.name.startswith(".")
        temporary.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half" and os.listdir(path.parent) == ["a.tar.gz"]


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), atomic_path(path) as temporary:
            temporary.write_text("new, half of")
            raise error
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_path(path) as one, atomic_path(path) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"  # left last


def test_files_have_the_permissions_that_the_user_gives(tmp_path):
    old = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "x")
        assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(old)


def test_text_is_utf8_with_lf(tmp_path):
    write_text(tmp_path / "a", "雨\nb\n")
    assert (tmp_path / "a").read_bytes() == "雨\nb\n".encode()


def test_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_folder_appears_whole(tmp_path):
    (tmp_path / "empty").mkdir()
    mode = stat.S_IMODE((tmp_path / "empty").stat().st_mode)
    for folder in (tmp_path / "new" / "a", tmp_path / "empty"):
        with atomic_folder(folder) as temporary:
            (temporary / "b").touch(0o600)
            assert temporary.parent == folder.parent and not (folder / "b").exists()
        assert os.listdir(folder) == ["b"] and stat.S_IMODE(folder.stat().st_mode) == mode
        assert stat.S_IMODE((folder / "b").stat().st_mode) == mode & 0o666
    assert sorted(os.listdir(tmp_path)) == ["empty", "new"] and os.listdir(tmp_path / "new") == ["a"]


def test_an_error_leaves_no_folder(tmp_path):
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), atomic_folder(tmp_path / "a") as temporary:
            (temporary / "b").write_text("half")
            raise error
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_there_is_kept(tmp_path):
    write_text(tmp_path / "a" / "b", "mine")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(LassError, match=f"{path}: is there already"), atomic_folder(path):
            pass
    assert (tmp_path / "a" / "b").read_text() == "mine"
