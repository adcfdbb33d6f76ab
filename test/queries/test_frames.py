"""Frame embeddings of videos: cached, resumed, and what fails."""

from pathlib import Path

import kaldiio
import numpy as np
import pytest
import torch
from torch import Tensor

from lass.queries import frames
from lass.queries.encoder import QueryEncoder
from lass.queries.frames import FrameEmbeddingCache
from lass.queries.query import Query

COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]


class Eye(QueryEncoder):
    """An embedding is the mean colour; stops as if killed after ``stop_after`` batches."""

    dim, modalities, frozen = 3, ("image",), True

    def __init__(self, stop_after: int = 10**9):
        super().__init__()
        self.left = stop_after
        self.batches: list[int] = []

    def encode_image(self, frames: Tensor) -> Query:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.batches.append(len(frames))
        return Query(frames.double().mean((1, 2)), None, None, ["extraction"] * len(frames), "image")


@pytest.fixture
def videos(make_video, tmp_path) -> list[str]:
    """Five videos of one to five seconds."""
    return [str(make_video(tmp_path / f"v{i}.mp4", (COLOURS * 2)[: i + 1])) for i in range(5)]


def check(cache: FrameEmbeddingCache, videos: list[str]) -> None:
    for i, name in enumerate(videos):
        found = cache[name]
        assert found.shape == (i + 1, 3) and found.dtype == np.float32
        np.testing.assert_allclose(found, (COLOURS * 2)[: i + 1], atol=8)


def test_embeddings_come_back_by_video(videos, tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "_PICTURES_AT_ONCE", 2)
    cache, eye = FrameEmbeddingCache(tmp_path / "E" / "frames"), Eye()
    cache.add(eye, [*videos, *videos])
    assert eye.batches == [1, 2, 2, 1, 2, 2, 2, 2, 1] and not cache.failures
    check(cache, videos)
    check(FrameEmbeddingCache(tmp_path / "E" / "frames"), videos)
    rows = [line.split(" ") for line in (tmp_path / "E" / "frames" / "image_emb.scp").read_text().splitlines()]
    by_kaldiio = [kaldiio.load_mat(str(tmp_path / "E" / "frames" / value)) for _, value in rows]
    assert sorted(map(len, by_kaldiio)) == [1, 2, 3, 4, 5]
    ark, _, offset = cache.place(videos[2]).rpartition(":")
    assert Path(ark).is_file() and offset.isdecimal()


def test_a_killed_run_goes_on_where_it_stopped(videos, tmp_path, monkeypatch):
    monkeypatch.setattr(FrameEmbeddingCache, "a_part", 2)
    with pytest.raises(KeyboardInterrupt):
        FrameEmbeddingCache(tmp_path / "E").add(Eye(stop_after=3), videos)
    cache, second = FrameEmbeddingCache(tmp_path / "E"), Eye()
    assert cache.missing(videos) == videos[2:]
    cache.add(second, videos)
    assert second.batches == [3, 4, 5]
    check(cache, videos)


def test_what_fails_is_told_and_tried_again(videos, tmp_path, make_video):
    absent = str(tmp_path / "absent.mp4")
    Path(videos[1]).write_bytes(b"no video")
    cache = FrameEmbeddingCache(tmp_path / "E")
    cache.add(Eye(), [*videos, absent])
    assert set(cache.failures) == {videos[1], absent} and "No such file" in cache.failures[absent]
    assert absent not in cache and videos[0] in cache and cache.place(absent) is None
    make_video(Path(videos[1]), COLOURS[:2])
    again = FrameEmbeddingCache(tmp_path / "E")
    again.add(Eye(), [*videos, absent])
    assert set(again.failures) == {absent}
    check(again, videos)


def test_embeddings_that_are_not_finite(videos, tmp_path):
    eye = Eye()
    eye.encode_image = lambda frames: Query(torch.full((len(frames), 3), torch.nan), None, None, [""] * len(frames), "")
    cache = FrameEmbeddingCache(tmp_path / "E")
    cache.add(eye, videos)
    assert set(cache.failures) == set(videos) and cache.missing(videos) == videos
    assert cache.failures[videos[0]].endswith("v0.mp4 is not finite")
