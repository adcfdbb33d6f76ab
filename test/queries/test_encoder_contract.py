"""Every encoder in lass/queries, found by itself: a new file is tested without being named here."""

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import lass.queries
from lass.errors import LassError
from lass.queries.encoder import QueryEncoder

_CAPTIONS = ["a dog barks", "rain", "a bell rings twice in the far distance", "an engine idles", "wind"]
_MODALITIES = ("text", "audio", "image", "labels")


def _encoder_classes() -> list[type[QueryEncoder]]:
    """Those that a configuration may name: all classes but the bases of others, in files at any depth."""
    folder = Path(lass.queries.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        importlib.import_module(".".join(("lass.queries", *path.relative_to(folder).with_suffix("").parts)))
    found, bases = [], [QueryEncoder]
    while bases:
        subclasses = [cls for cls in bases.pop().__subclasses__() if cls.__module__.startswith("lass.queries.")]
        found += [cls for cls in subclasses if cls.modalities or not cls.__subclasses__()]
        bases += subclasses
    return sorted(set(found), key=lambda cls: cls.__name__)


def _build(cls: type[QueryEncoder], tiny_models: dict[str, Path]) -> QueryEncoder:
    return cls(str(tiny_models[cls.__name__])) if "model" in inspect.signature(cls).parameters else cls()


@pytest.fixture(params=_encoder_classes(), ids=lambda cls: cls.__name__)
def encoder(request: pytest.FixtureRequest, tiny_models: dict[str, Path], teach: Callable) -> QueryEncoder:
    torch.manual_seed(0)
    cls = request.param
    encoder = _build(cls, tiny_models)
    teach(encoder, _CAPTIONS)
    return encoder.eval()


def _batch(encoder: QueryEncoder, modality: str) -> list[str] | torch.Tensor:
    if modality == "text":
        return _CAPTIONS
    if modality == "audio":
        return torch.randn(3, encoder.sample_rate // 3, generator=torch.Generator().manual_seed(1))
    if modality == "image":
        return torch.randint(256, (3, 20, 30, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    if modality == "labels":
        return torch.eye(len(encoder.classes))[:3]
    raise NotImplementedError(f"{type(encoder).__name__} encodes {modality}: teach this test to make some")


def test_encoders_are_found():
    found = {cls.__name__ for cls in _encoder_classes()}
    assert {"TextTransformer", "BertText", "Clip", "ClipText", "Clap", "T5Text"} <= found


def test_each_says_what_it_encodes(encoder: QueryEncoder):
    assert encoder.modalities and set(encoder.modalities) <= set(_MODALITIES)
    assert isinstance(encoder.dim, int) and encoder.dim > 0


def test_embeddings(encoder: QueryEncoder):
    for modality in encoder.modalities:
        batch = _batch(encoder, modality)
        query = getattr(encoder, f"encode_{modality}")(batch)
        assert query.embedding.shape == (len(batch), encoder.dim)
        assert query.embedding.isfinite().all()
        assert query.modality == modality and query.task == ["extraction"] * len(batch)
        assert (query.embedding[0] - query.embedding[1]).abs().max() > 1e-6  # it listens to its query
        if encoder.normalised:
            torch.testing.assert_close(query.embedding.norm(dim=1), torch.ones(len(batch)))
        if query.tokens is not None:
            assert query.mask.dtype == torch.bool and query.mask.shape == query.tokens.shape[:2]
            assert query.mask[:, 0].all()


def test_a_batch_equals_its_parts(encoder: QueryEncoder):
    for modality in encoder.modalities:
        encode, batch = getattr(encoder, f"encode_{modality}"), _batch(encoder, modality)
        together = encode(batch)
        for i in range(len(batch)):
            alone = encode(batch[i : i + 1])
            torch.testing.assert_close(together.embedding[i : i + 1], alone.embedding, atol=1e-5, rtol=0)
            if alone.tokens is not None:
                kept = together.tokens[i][together.mask[i]]
                torch.testing.assert_close(kept, alone.tokens[0][alone.mask[0]], atol=1e-5, rtol=0)


def test_frozen_encoders_have_no_parameters_and_others_train(encoder: QueryEncoder):
    encoder.train()
    for modality in encoder.modalities:
        embedding = getattr(encoder, f"encode_{modality}")(_batch(encoder, modality)).embedding
        assert embedding.requires_grad is not encoder.frozen
    if encoder.frozen:
        assert not list(encoder.parameters()) and not encoder.state_dict()
        first, second = (encoder.encode_text(_CAPTIONS).embedding for _ in range(2))
        assert torch.equal(first, second)  # no dropout, although train() was called
    else:
        embedding.square().sum().backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters() if p.requires_grad)


def test_what_it_does_not_encode_is_said(encoder: QueryEncoder):
    for modality in set(_MODALITIES) - set(encoder.modalities):
        said = f"{type(encoder).__name__} encodes {encoder.modalities[0]}.*not {modality}"
        with pytest.raises(LassError, match=said):
            getattr(encoder, f"encode_{modality}")(torch.zeros(1, 2))


def test_hard_texts(encoder: QueryEncoder):
    for text in ("x" * 5000, "word " * 3000, "犬が吠える 🐕", "\u200b", "<pad></s>[CLS]", "don't $(rm) ; \"q\"  ,"):
        if encoder.classes:
            with pytest.raises(LassError, match="no class .* such as '"):
                encoder.encode_text(["rain", text])
        else:
            assert encoder.encode_text([text, "rain"]).embedding.isfinite().all()
    for texts in ([], ["rain", ""], ["rain", " \t\n"], "rain"):
        with pytest.raises(LassError, match="text"):
            encoder.encode_text(texts)
    with pytest.raises(LassError, match="text 2 of 2 is empty"):
        encoder.encode_text(["rain", " "])


def test_saved_and_loaded(encoder: QueryEncoder, tiny_models: dict[str, Path], tmp_path: Path):
    cls = type(encoder)
    encoder.save_assets(tmp_path)
    copy = _build(cls, tiny_models)
    copy.load_state_dict(encoder.state_dict())
    copy.load_assets(tmp_path)
    assert copy.identity() == encoder.identity()
    assert encoder.identity().startswith(cls.__name__)
    assert torch.equal(copy.eval().encode_text(_CAPTIONS).embedding, encoder.encode_text(_CAPTIONS).embedding)
