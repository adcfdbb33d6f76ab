import hashlib
import io
import zipfile

import pytest

from lass.data.corpus import Corpus
from lass.errors import LassError

YAML = """
files:
  list: {{url: "{url}/list.csv?download=1", md5: {md5}}}
  audio: {{url: "{url}/a%20b.zip", unpack: audio, members: [x/a.wav]}}
  other: {{url: "{url}/other", file: folder/other.csv}}
  asked: {{file: by_form.csv, note: ask the authors for it}}
clips: {{v1: {{train: 2}}}}
"""


@pytest.fixture
def corpus(web, tmp_path) -> Corpus:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x/a.wav", "sound")
    web.files |= {"/list.csv?download=1": b"list", "/a%20b.zip": packed.getvalue(), "/other": b"other"}
    path = tmp_path / "corpus.yaml"
    path.write_text(YAML.format(url=web.url(""), md5=hashlib.md5(b"list").hexdigest()), encoding="utf-8")
    return Corpus.read(path)


def test_fetch_and_path(corpus, web, tmp_path):
    root = tmp_path / "root"
    assert corpus.clips == {"v1": {"train": 2}}
    corpus.fetch(root, ["list", "audio"])
    assert corpus.path(root, "list") == root / "list.csv" and (root / "list.csv").read_bytes() == b"list"
    assert (corpus.path(root, "audio") / "x" / "a.wav").read_bytes() == b"sound"
    assert not (root / "folder").exists()
    with pytest.raises(LassError, match="other.csv: not there; run stage 1 without --root, or get it from http"):
        corpus.path(root, "other")
    with pytest.raises(LassError, match="by_form.csv: not there; ask the authors for it"):
        corpus.fetch(root)
    (root / "by_form.csv").write_bytes(b"")
    (root / "a b.zip").unlink()  # unpacked already
    asked = len(web.asked)
    corpus.fetch(root)
    assert len(web.asked) == asked + 1 and corpus.path(root, "other") == root / "folder" / "other.csv"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("files: {}", "missing key 'clips'"),
        ("{files: {}, clips: {}, more: 1}", "unknown key 'more'"),
        ("{files: {a: {url: x, sha: y}}, clips: {}}", "files.a: unknown key 'sha'"),
        ("{files: {a: {url: 'http://x/'}}, clips: {}}", "files.a: '' is no name below the root"),
        ("{files: {a: {file: ../x}}, clips: {}}", "files.a: '../x' is no name below the root"),
        ("{files: {a: {file: x, unpack: /x}}, clips: {}}", "files.a: '/x' is no name below the root"),
    ],
)
def test_refused(text, message, tmp_path):
    (tmp_path / "corpus.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LassError, match=message):
        Corpus.read(tmp_path / "corpus.yaml")
