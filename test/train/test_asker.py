"""Batches whose examples are asked in several ways."""

from pathlib import Path

import kaldiio
import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from lass.errors import LassError
from lass.io import audio
from lass.queries.cache import TextEmbeddingCache
from lass.queries.clap import Clap
from lass.queries.frames import FOLDER
from lass.queries.manipulate import Dropout, Manipulation
from lass.queries.store import cache_name
from lass.train.asker import Asker

CPU = torch.device("cpu")
RATE = 16000  # Hz
TEXTS = ["a dog barks", "rain", "wind"]


@pytest.fixture(scope="module")
def clap(tiny_models) -> Clap:
    return Clap(str(tiny_models["Clap"]))


@pytest.fixture
def asker(clap, tmp_path) -> Asker:
    cache = TextEmbeddingCache(tmp_path / "texts")
    cache.add(clap, TEXTS)
    return Asker(clap, cache, RATE, Manipulation())


@pytest.fixture
def frames(clap, tmp_path) -> tuple[str, np.ndarray]:
    """Place and content of a matrix of frame embeddings."""
    matrix = np.random.default_rng(0).standard_normal((3, clap.dim)).astype(np.float32)
    return stored(tmp_path / cache_name(clap) / FOLDER, matrix), matrix


def stored(folder: Path, matrix: np.ndarray) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    kaldiio.save_ark(str(folder / "part-0.ark"), {"x": matrix})
    return f"{folder}/part-0.ark:2"


def batch(*examples: tuple[str, str]) -> dict:
    asked, queries = zip(*examples)
    tasks = ["extraction", "removal"] * 3
    target = torch.randn(len(examples), 1, RATE // 4, generator=torch.Generator().manual_seed(0))
    return {"asked": list(asked), "query": list(queries), "target": target, "task": tasks[: len(examples)]}


def test_texts_alone(asker, clap):
    query = asker.of_batch(batch(*(("text", text) for text in TEXTS)), CPU)
    assert torch.equal(query.embedding, clap.encode_text(TEXTS).embedding) and query.modality == "text"
    assert torch.equal(query.embedding, asker.of_texts(TEXTS, CPU).embedding)
    assert query.task == ["extraction", "removal", "extraction"]


def test_only_what_is_trained_on_is_manipulated(asker, clap):
    """Validation asks with the embeddings themselves."""
    asker.manipulation = Dropout([0.5, 0.5], [0.5, 0.5])
    plain = clap.encode_text(TEXTS).embedding
    assert torch.equal(asker.of_texts(TEXTS, CPU).embedding, plain)
    assert not torch.equal(asker.of_batch(batch(*(("text", text) for text in TEXTS)), CPU).embedding, plain)


def test_a_mixed_batch(asker, clap, frames):
    place, matrix = frames
    found = batch(("audio", ""), ("text", "rain"), ("image", place), ("audio", ""), ("text", "wind"))
    query = asker.of_batch(found, CPU)
    waves = torch.from_numpy(audio.resample(found["target"][[0, 3], 0].numpy(), RATE, clap.sample_rate))
    by_audio = clap.encode_audio(waves).embedding
    by_text = clap.encode_text(["rain", "wind"]).embedding
    by_image = normalize(torch.from_numpy(matrix).mean(0), dim=0)
    wanted = torch.stack([by_audio[0], by_text[0], by_image, by_audio[1], by_text[1]])
    torch.testing.assert_close(query.embedding, wanted)
    assert query.modality == "mixed" and query.task == found["task"] and not query.embedding.requires_grad


def test_one_modality_has_its_name(asker, frames):
    assert asker.of_batch(batch(("audio", ""), ("audio", "")), CPU).modality == "audio"
    assert asker.of_batch(batch(("image", frames[0])), CPU).modality == "image"


def test_the_encoder_runs_in_float32(asker):
    found = batch(("audio", ""), ("text", "rain"))
    with torch.autocast("cpu", torch.bfloat16):
        halved = asker.of_batch(found, CPU).embedding
    assert torch.equal(halved, asker.of_batch(found, CPU).embedding)


def test_frames_that_are_not_those_of_the_encoder(asker, clap, tmp_path):
    narrow = stored(tmp_path / cache_name(clap) / FOLDER, np.ones((3, clap.dim - 1), np.float32))
    other = stored(tmp_path / "OtherClip-unit" / FOLDER, np.ones((3, clap.dim), np.float32))
    for place, message in (
        (narrow, rf"an array \(3, {clap.dim - 1}\), not \[frames, {clap.dim}\]: run stage embed"),
        (other, "OtherClip-unit/frames/part-0.ark: frames by another encoder than Clap-.*: run stage embed"),
        ("part-0.ark", "not '<ark>:<offset>': run stage embed"),
        (narrow.replace("part-0", "part-1"), "part-1.ark: no vector or matrix at byte 2 .*: run stage embed"),
    ):
        with pytest.raises(LassError, match=message):
            asker.of_batch(batch(("image", place)), CPU)
