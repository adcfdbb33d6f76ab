import pytest
import torch

from lass.queries.query import Query


def _query() -> Query:
    mask = torch.tensor([[True, False], [True, True]])
    return Query(torch.arange(6.0).view(2, 3), torch.rand(2, 2, 4), mask, ["extraction", "removal"], "text")


def test_length_is_the_batch():
    assert len(_query()) == 2


def test_repeat_interleave_keeps_all_fields_in_step():
    query, repeated = _query(), _query().repeat_interleave(3)
    assert len(repeated) == 6
    assert repeated.task == ["extraction"] * 3 + ["removal"] * 3
    for i in range(6):
        assert torch.equal(repeated.embedding[i], query.embedding[i // 3])
        assert torch.equal(repeated.mask[i], query.mask[i // 3])
    assert repeated.tokens.shape == (6, 2, 4)


def test_to_moves_each_tensor_and_copies_the_tasks():
    query = _query()
    moved = query.to("meta")
    assert moved.embedding.device.type == moved.tokens.device.type == moved.mask.device.type == "meta"
    moved.task[0] = "removal"
    assert query.task[0] == "extraction"


def test_a_query_without_tokens():
    query = Query(torch.zeros(2, 3), None, None, ["extraction"] * 2, "audio").repeat_interleave(2).to("cpu")
    assert query.tokens is None and query.mask is None and query.modality == "audio"


def test_tasks_must_match_the_batch():
    with pytest.raises(ValueError, match="1 tasks for 2 embeddings"):
        Query(torch.zeros(2, 3), None, None, ["extraction"], "text")
