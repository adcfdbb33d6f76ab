"""T5's states of the past, which grounded generation reads."""

import torch

from lass.queries.t5 import T5Text


def test_states_do_not_know_what_they_are_to_tell(tiny_models):
    encoder = T5Text(str(tiny_models["T5Text"]))
    texts = ["a dog barks", "a dig barks", "a dog", "rain"]
    states, mask, ids = encoder.encode_past(texts)
    expected, kept = encoder.tokenise(texts)
    assert torch.equal(ids, expected) and torch.equal(mask, kept.bool())
    other = int((ids[0] != ids[1]).nonzero()[0])  # the first letter that is not the same
    torch.testing.assert_close(states[0, : other + 1], states[1, : other + 1])
    assert (states[0, other + 1 :] - states[1, other + 1 :]).abs().amin(-1).max() > 0
    end = int((ids[0] != ids[2]).nonzero()[0])
    torch.testing.assert_close(states[0, : end + 1], states[2, : end + 1])
    torch.testing.assert_close(states[:, 0], states[:1, 0].expand(4, -1))  # they begin alike
    torch.testing.assert_close(encoder.encode_past(["rain"])[0][0], states[3][mask[3]])  # padding changes nothing


def test_words_are_rows_of_the_vocabulary(tiny_models):
    encoder = T5Text(str(tiny_models["T5Text"]))
    rows = encoder.backbone.get_input_embeddings().weight
    embedded, mask = encoder.embed_words(["ab", "abba"])
    ids, _ = encoder.tokenise(["abba"])
    assert embedded.shape == (2, ids.shape[1] - 1, encoder.word_dim) and encoder.token_dim == encoder.word_dim
    torch.testing.assert_close(embedded[1], rows[ids[0, :-1]])
    assert mask.tolist() == [[True] * (ids.shape[1] - 3) + [False] * 2, [True] * (ids.shape[1] - 1)]
