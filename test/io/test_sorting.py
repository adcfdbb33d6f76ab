import tempfile

import numpy as np
import pytest

from lass.io import sorting
from lass.io.sorting import sort_lines


@pytest.mark.parametrize("head", [1, 3, 1 << 13])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 16, 50])
def test_runs_are_merged(count, head, tmp_path, monkeypatch):
    monkeypatch.setattr(sorting, "HEAD", head)
    lines = [b"%d \xc3\xa4\n" % n for n in np.random.default_rng(0).permutation(count)] + [b"3 a\n", b"3 a\n"]
    assert list(sort_lines(iter(lines), tmp_path, in_memory=8)) == sorted(lines)


def test_lines_beyond_the_limit_go_to_the_folder(tmp_path, monkeypatch):
    opened = []
    real = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **kwargs: opened.append(kwargs) or real(**kwargs))
    list(sort_lines([b"a\n"] * 8, tmp_path, in_memory=8))
    assert not opened
    list(sort_lines([b"a\n"] * 17, tmp_path, in_memory=8))
    assert opened == [{"dir": tmp_path}] * 2 and not list(tmp_path.iterdir())
