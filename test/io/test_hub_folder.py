import hashlib
import json

import pytest

from lass.errors import LassError
from lass.io.hub_folder import fetch_folder

PARTS = {"a.z01": b"one" * 1000, "a.zip": b"two" * 1000}


@pytest.fixture
def listing(tmp_path, web):
    """What the hub tells of a folder of two files, which lie below /datasets/..."""
    url = web.url("/api/datasets/me/set/tree/main/folder")
    entries = [{"type": "directory", "path": "folder/more", "oid": "1", "size": 0}]
    for name, content in PARTS.items():
        web.files[f"/datasets/me/set/resolve/main/folder/{name}"] = content
        entries.append({"type": "file", "path": f"folder/{name}", "oid": "1", "size": 3000,
                        "lfs": {"oid": hashlib.sha256(content).hexdigest()}})  # fmt: skip
    entries.append({"type": "file", "path": "folder/README.md", "oid": "1", "size": 2})
    web.files["/datasets/me/set/resolve/main/folder/README.md"] = b"ok"
    (tmp_path / "listing").write_text(json.dumps(entries))
    return url


def test_all_files(listing, tmp_path, web, fault):
    web.faults["/datasets/me/set/resolve/main/folder/a.z01"] = [fault(cut=100), fault(status=503)]
    fetch_folder(tmp_path / "listing", listing, tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == PARTS | {"README.md": b"ok"}


def test_a_wrong_file_is_refused(listing, tmp_path, web):
    web.files["/datasets/me/set/resolve/main/folder/a.zip"] = b"xxx" * 1000
    with pytest.raises(LassError, match="1 of 3 downloads failed; .*a.zip: SHA256 .*, published"):
        fetch_folder(tmp_path / "listing", listing, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["README.md", "a.z01"]


def test_names_stay_in_the_folder(listing, tmp_path, web):
    (tmp_path / "listing").write_text('[{"type": "file", "path": "folder/../../../../README.md"}]')
    fetch_folder(tmp_path / "listing", listing, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["README.md"]
    (tmp_path / "listing").write_text('[{"type": "file", "path": "folder/.."}]')
    with pytest.raises(LassError, match="not the hub's list of a folder"):
        fetch_folder(tmp_path / "listing", listing, tmp_path / "out")


@pytest.mark.parametrize("text", ["<html>", "{}x", '{"error": "no"}', "[1]", '[{"path": "x"}]'])
def test_damaged_listing(text, listing, tmp_path):
    (tmp_path / "listing").write_text(text)
    with pytest.raises(LassError, match="listing: not the hub's list of a folder .*: delete it and run again"):
        fetch_folder(tmp_path / "listing", listing, tmp_path / "out")
