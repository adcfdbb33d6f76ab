import os
import pickle
import re
from collections.abc import Sequence
from pathlib import Path

import kaldiio
import numpy as np
import pytest
import torch

import lass.queries.cache as cache_module
from lass.errors import LassError
from lass.queries.cache import TextEmbeddingCache
from lass.queries.clip import ClipText
from lass.queries.encoder import QueryEncoder
from lass.queries.query import Query
from lass.queries.store import cache_name
from lass.queries.text_transformer import TextTransformer

_HARD = ["a dog barks", "a dog barks ", "$(rm -rf) ; |", "-", "犬  が", 'say "no", twice', "cat |"]


class _Counting(QueryEncoder):
    """Frozen; an embedding holds the text's length and hash; stops as if killed after ``stop_after`` batches."""

    dim, modalities, frozen = 3, ("text",), True

    def __init__(self, stop_after: int = 10**9) -> None:
        super().__init__()
        self.stop_after = stop_after
        self.seen: list[str] = []

    def encode_text(self, texts: Sequence[str]) -> Query:
        if self.stop_after == 0:
            raise KeyboardInterrupt
        self.stop_after -= 1
        self.seen += texts
        return Query(torch.tensor([_vector(text) for text in texts]), None, None, ["extraction"] * len(texts), "text")


def _vector(text: str) -> list[float]:
    return [float(len(text)), float(sum(map(ord, text))), float(ord(text[-1]))]


def _check(cache: TextEmbeddingCache, texts: list[str]) -> None:
    for text in texts:
        assert text in cache
        assert cache[text].dtype == np.float32 and cache[text].tolist() == _vector(text)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "_TEXTS_A_PART", 10)


def test_embeddings_come_back_by_text(tmp_path: Path):
    cache, encoder = TextEmbeddingCache(tmp_path / "new"), _Counting()
    assert cache.missing([*_HARD, *_HARD]) == _HARD
    cache.add(encoder, [*_HARD, *_HARD], batch_size=2)
    assert encoder.seen == _HARD and cache.missing(_HARD) == []
    _check(cache, _HARD)
    _check(TextEmbeddingCache(tmp_path / "new"), _HARD)
    _check(pickle.loads(pickle.dumps(cache)), _HARD)
    torch.from_numpy(cache["-"]).add_(1)  # writable, and a copy
    _check(cache, ["-"])


def test_a_missing_text_names_folder_and_text(tmp_path: Path):
    with pytest.raises(LassError, match=f"{tmp_path}: no embedding of 'wind': run stage embed"):
        TextEmbeddingCache(tmp_path)["wind"]
    assert not list(tmp_path.iterdir())  # a reader writes nothing


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path, small_parts: None):
    texts = [f"text {i}" for i in range(57)]
    killed = _Counting(stop_after=7)  # 5 texts a batch, 10 a part: three parts and a half
    with pytest.raises(KeyboardInterrupt):
        TextEmbeddingCache(tmp_path).add(killed, texts, batch_size=5)
    assert not (tmp_path / "text_emb.scp").exists()
    cache = TextEmbeddingCache(tmp_path)
    assert cache.missing(texts) == texts[30:]
    _check(cache, texts[:30])
    second = _Counting()
    cache.add(second, texts, batch_size=5)
    assert second.seen == texts[30:]
    _check(cache, texts)
    _check(TextEmbeddingCache(tmp_path), texts)
    assert not list(tmp_path.glob("part-*.scp"))
    third = _Counting()
    cache.add(third, [*texts, "one more"])
    assert third.seen == ["one more"]
    _check(TextEmbeddingCache(tmp_path), [*texts, "one more"])


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, 8))  # archive and table of three parts, then the merged table
def test_a_kill_around_any_write(write: int, done: bool, tmp_path: Path, small_parts: None,
                                 monkeypatch: pytest.MonkeyPatch):
    texts, left, rename = [f"text {i}" for i in range(30)], [write], os.replace

    def killed(source: Path, target: Path) -> None:
        left[0] -= 1
        if done or left[0]:
            rename(source, target)
        if not left[0]:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("lass.io.files.os.replace", killed)
        TextEmbeddingCache(tmp_path).add(_Counting(), texts)
    cache, encoder = TextEmbeddingCache(tmp_path), _Counting()
    _check(cache, texts[: 10 * ((write - (not done)) // 2)])
    cache.add(encoder, texts)
    assert encoder.seen == texts[10 * min(3, (write - (not done)) // 2) :]
    _check(cache, texts)
    _check(TextEmbeddingCache(tmp_path), texts)
    assert sorted(path.suffix for path in tmp_path.glob("[!.]*")) == [".ark"] * 3 + [".scp"]


def test_parts_of_several_processes_that_share_names(tmp_path: Path):
    """Whoever merges gets one line a name; a reader that was open before sees all."""
    first, second, reader = (TextEmbeddingCache(tmp_path) for _ in range(3))
    for cache, texts in ((first, ["a", "b", "c"]), (second, ["a", "d"]), (first, ["c", "e"])):
        cache.write_part(texts, np.array(list(map(_vector, texts)), np.float32))
    assert second.missing(["d", "e", "f"]) == ["f"]
    second.merge()
    assert len((tmp_path / "text_emb.scp").read_text().splitlines()) == 5 and not list(tmp_path.glob("part-*.scp"))
    for cache in (second, reader):
        _check(cache, ["a", "b", "c", "d", "e"])


def test_the_table_is_what_kaldi_tools_expect(tmp_path: Path):
    TextEmbeddingCache(tmp_path).add(_Counting(), _HARD)
    rows = [line.split(" ") for line in (tmp_path / "text_emb.scp").read_text().splitlines()]
    assert [key for key, _ in rows] == sorted(key for key, _ in rows)
    by_kaldiio = {tuple(kaldiio.load_mat(str(tmp_path / value))) for _, value in rows}
    assert by_kaldiio == {tuple(_vector(text)) for text in _HARD}


@pytest.mark.parametrize("value", ["/etc/passwd:0", "../part-x.ark:3", "touch ran |", "-", "part-0.ark", "x.ark:1[0]"])
def test_a_table_that_points_elsewhere_is_refused(value: str, tmp_path: Path):
    TextEmbeddingCache(tmp_path).add(_Counting(), ["wind"])
    table = tmp_path / "text_emb.scp"
    table.write_text(f"{table.read_text().split()[0]} {value}\n")
    with pytest.raises(LassError, match="text_emb.scp: not '<part>.ark:<offset>'"):
        TextEmbeddingCache(tmp_path)["wind"]


@pytest.mark.parametrize("kept", [0, 33, 40, 43, 46, 51])
def test_a_damaged_archive_is_named(kept: int, tmp_path: Path):
    cache = TextEmbeddingCache(tmp_path)
    cache.add(_Counting(), ["wind"])
    (ark,) = tmp_path.glob("*.ark")
    ark.write_bytes(ark.read_bytes()[:kept])
    with pytest.raises(LassError, match=rf"{ark.name}: .*remove .* and run stage embed again"):
        cache["wind"]


def test_what_may_not_be_cached(tmp_path: Path):
    with pytest.raises(LassError, match="TextTransformer trains with the separator"):
        TextEmbeddingCache(tmp_path).add(TextTransformer(), ["wind"])

    class Broken(_Counting):
        def encode_text(self, texts: Sequence[str]) -> Query:
            query = super().encode_text(texts)
            query.embedding[texts.index("rain")] = float("nan")
            return query

    with pytest.raises(LassError, match="Broken-.*embedding of 'rain' is not finite"):
        TextEmbeddingCache(tmp_path).add(Broken(), ["wind", "rain"])
    assert TextEmbeddingCache(tmp_path).missing(["wind", "rain"]) == ["wind", "rain"]


def test_a_real_encoder_and_its_folder_name(tmp_path: Path, tiny_models: dict[str, Path]):
    unit, raw = (ClipText(str(tiny_models["ClipText"]), normalised=normalised) for normalised in (True, False))
    assert cache_name(unit) != cache_name(raw)
    assert re.fullmatch(r"ClipText-tiny-cliptext-[0-9a-f]{16}-unit", cache_name(unit))
    cache = TextEmbeddingCache(tmp_path / cache_name(unit))
    cache.add(unit, ["a dog barks", "rain", "wind"], batch_size=2)
    torch.testing.assert_close(torch.from_numpy(cache["rain"]), unit.encode_text(["rain"]).embedding[0])
