import random
from pathlib import Path

import pytest
import torch

from lass.errors import LassError
from lass.queries.text_transformer import TOKENIZER_FILE, TextTransformer

_CAPTIONS = ["a dog barks", "rain falls", "a bell rings", "an engine idles", "clicks", "a siren", "wind",
             "a cat meows", "a baby cries", "waves crash"]


def _encoder(**sizes: int) -> TextTransformer:
    torch.manual_seed(0)
    encoder = TextTransformer(dim=8, width=16, heads=2, **sizes)
    encoder.fit(_CAPTIONS)
    return encoder.eval()


def _many(n: int) -> list[str]:
    words, syllables = random.Random(0), ["ka", "lo", "mi", "ru", "te", "so", "ni"]
    return [" ".join("".join(words.choices(syllables, k=3)) for _ in range(6)) for _ in range(n)]


def test_tokenizer_bytes_depend_on_the_distinct_captions_alone(tmp_path: Path):
    saved = []
    for seed in range(3):
        captions = _many(300) + _many(300)[: 100 * seed]
        random.Random(seed).shuffle(captions)
        encoder = TextTransformer()
        encoder.fit(iter(captions))
        encoder.save_assets(tmp_path / str(seed))
        saved.append((tmp_path / str(seed) / TOKENIZER_FILE).read_bytes())
    assert saved[0] == saved[1] == saved[2]


def test_training_a_tokenizer_is_quiet(capfd: pytest.CaptureFixture):
    _encoder()
    assert capfd.readouterr() == ("", "")


def test_case_and_padding_do_not_matter_but_words_do():
    encoder = _encoder()
    lower, upper, other = encoder.encode_text(["a dog barks", "A DOG Barks", "rain falls"]).embedding
    assert torch.equal(lower, upper)
    assert (lower - other).abs().max() > 1e-2


def test_order_of_words_matters():
    first, second = _encoder().encode_text(["a dog barks rain falls", "rain falls a dog barks"]).embedding
    assert (first - second).abs().max() > 1e-3


def test_long_texts_are_cut():
    encoder = _encoder(max_tokens=10)
    query = encoder.encode_text(["a bell rings " * 50, "wind"])
    assert query.tokens.shape == (2, 10, 16)
    assert query.mask[0].all() and not query.mask[1].all()


def test_one_caption_is_enough_and_many_fill_the_vocabulary():
    encoder = TextTransformer(vocab_size=400)
    encoder.fit(["dog"])
    assert encoder.encode_text(["dog"]).embedding.isfinite().all()
    encoder.fit(_many(2000))
    assert encoder._tokenise(["kalomi"]).shape[1] < 5  # pieces, not letters
    assert encoder._tokenise(["kalomi"]).max() < 400


def test_nothing_is_encoded_named_or_saved_before_fit(tmp_path: Path):
    encoder = TextTransformer()
    for action in (lambda: encoder.encode_text(["dog"]), encoder.identity, lambda: encoder.save_assets(tmp_path)):
        with pytest.raises(LassError, match="no tokenizer yet: call fit"):
            action()
    assert not list(tmp_path.iterdir())


def test_a_vocabulary_too_small_for_the_captions_is_said():
    with pytest.raises(LassError, match="vocab_size 100.*smaller than required"):
        TextTransformer(vocab_size=100).fit(_CAPTIONS)
    with pytest.raises(LassError, match="no tokenizer from these captions"):
        TextTransformer().fit([])


def test_bad_tokenizer_files(tmp_path: Path):
    with pytest.raises(LassError, match=f"{TOKENIZER_FILE}: No such file"):
        TextTransformer().load_assets(tmp_path)
    _encoder().save_assets(tmp_path)
    path = tmp_path / TOKENIZER_FILE
    good = path.read_bytes()
    with pytest.raises(LassError, match="pieces, but vocab_size is 270"):
        TextTransformer(vocab_size=270).load_assets(tmp_path)
    for bad in (b"", b"garbage", good[:500]):
        path.write_bytes(bad)
        with pytest.raises(LassError, match=TOKENIZER_FILE):
            TextTransformer().load_assets(tmp_path)


def test_identity_follows_weights_and_tokenizer():
    encoder = _encoder()
    before = encoder.identity()
    assert before == encoder.identity()
    encoder.fit([*_CAPTIONS, "a chainsaw"])
    refitted = encoder.identity()
    with torch.no_grad():
        encoder.projection.bias += 1
    assert len({before, refitted, encoder.identity()}) == 3


def test_blocks_begin_different():
    encoder = _encoder()
    first, second = (block.linear1.weight for block in encoder.blocks.layers)
    assert not torch.equal(first, second)
