"""conf/corpus.yaml: files that are fetched, unpacked and found again."""

import io
import zipfile
from pathlib import Path

import pytest
import yaml

from lass.data.corpus import Corpus
from lass.errors import LassError


def packed(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"top/{name}", data)
    return content.getvalue()


@pytest.fixture
def write(tmp_path):
    def corpus(**files: dict) -> Corpus:
        path = tmp_path / "corpus.yaml"
        path.write_text(yaml.safe_dump({"files": files, "clips": {"train": 3}}))
        return Corpus.read(path)

    return corpus


def test_fetch(write, tmp_path, web):
    web.files["/a%20list.csv"], web.files["/1.zip"] = b"x,y\n", packed(a=b"1")
    corpus = write(csv={"url": web.url("/a%20list.csv")},
                   clips={"url": web.url("/1.zip"), "file": "in/one.zip", "unpack": "one", "inner": "top"})  # fmt: skip
    root = tmp_path / "root"
    corpus.fetch(root, ["clips"])
    assert (root / "one" / "a").read_bytes() == b"1" and not (root / "a list.csv").exists()
    corpus.fetch(root)
    assert corpus.path(root, "csv").read_bytes() == b"x,y\n" and corpus.path(root, "clips") == root / "one"
    assert corpus.clips == {"train": 3} and len(web.asked) == 2


def test_parts_of_an_unpacked_archive_may_be_deleted(write, tmp_path, web):
    corpus = write(last={"url": web.url("/b.zip"), "unpack": "b"}, first={"url": web.url("/b.z01"), "part_of": "last"})
    (tmp_path / "b").mkdir()
    corpus.fetch(tmp_path)
    assert web.asked == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": {"url": "http://x/"}}, "files.a: '' is no name below the root: give 'file'"),
        ({"a": {"url": "http://x/y", "file": "../y"}}, "files.a: '../y' is no name below the root"),
        ({"a": {"url": "http://x/y", "unpack": "/y"}}, "files.a: '/y' is no name below the root"),
        ({"a": {"url": "http://x/y", "part_of": "b"}}, "files.a: part_of 'b' is none of the files"),
        ({"a": {"url": "http://x/y", "md4": "0"}}, "files.a: unknown key 'md4'"),
    ],
)
def test_wrong_files(files, message, write):
    with pytest.raises(LassError, match=f"corpus.yaml: {message}"):
        write(**files)


def test_a_file_without_address(write, tmp_path):
    corpus = write(a={"file": "a.csv", "note": "ask its authors"})
    with pytest.raises(LassError, match="a.csv: not there; ask its authors"):
        corpus.fetch(tmp_path)
    with pytest.raises(LassError, match="a.csv: not there; run stage 1 without --root, or ask its authors"):
        corpus.path(tmp_path, "a")
    Path(tmp_path / "a.csv").write_text("x")
    corpus.fetch(tmp_path)


@pytest.mark.parametrize(("text", "message"), [("files: {}", "missing key 'clips'"),
                                               ("{files: {}, clips: {}, more: 1}", "unknown key 'more'")])  # fmt: skip
def test_wrong_sections(text, message, tmp_path):
    (tmp_path / "corpus.yaml").write_text(text)
    with pytest.raises(LassError, match=message):
        Corpus.read(tmp_path / "corpus.yaml")
