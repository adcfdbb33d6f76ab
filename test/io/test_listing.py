import os

import pytest

from lass.io import listing
from lass.io.listing import Listing


@pytest.mark.parametrize("held", [1 << 20, 0])
def test_files(tmp_path, monkeypatch, held):
    """Relative and absolute ones, links; neither folders nor links that lead nowhere. Folders can be forgotten."""
    monkeypatch.setattr(listing, "MAX_NAMES", held)
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b/a", "b/c/d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    os.symlink("a", "link")
    os.symlink("none", "broken")
    there = Listing()
    for path in ("a", f"{tmp_path}/a", "b/a", "./b/c/d", "link"):
        assert path in there
    for path in ("/a", "broken", "b", "b/d", "none/a", "a/b"):
        assert path not in there
    assert "a" in there


def test_a_folder_is_listed_once(tmp_path):
    there = Listing()
    assert f"{tmp_path}/a" not in there
    (tmp_path / "a").touch()
    assert f"{tmp_path}/a" not in there and f"{tmp_path}/a" in Listing()
