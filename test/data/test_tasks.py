"""Training examples of both tasks: a removal is asked by the interferer's text, and the target stays the same."""

import shutil

import pytest
import torch

from lass.data.asking import TrainingRule
from lass.data.mixtures import TrainingMixtures
from lass.errors import LassError

SETTINGS = {"segment": 0.1, "level": {"rule": "snr", "low": -15, "high": 15}, "sample_rate": 8000}
EXAMPLES = 120


def mixtures(*sets: dict, interferers: int = 1, seed: int = 0, ask_all: bool = False, **query) -> TrainingMixtures:
    query = {"source": "caption"} | query
    return TrainingMixtures(list(sets), query, **SETTINGS, interferers=interferers, seed=seed, ask_all=ask_all)


def tasks(found: TrainingMixtures) -> list[str]:
    return [found[n]["task"] for n in range(EXAMPLES)]


@pytest.mark.parametrize(("ratio", "low", "high"), [(0.0, 0, 0), (0.25, 0.12, 0.38), (0.5, 0.35, 0.65), (1.0, 1, 1)])
def test_the_ratio(six, ratio, low, high):
    found = tasks(mixtures({"dir": six.folder}, removal_ratio=ratio))
    assert set(found) <= {"extraction", "removal"} and low <= found.count("removal") / EXAMPLES <= high


@pytest.mark.parametrize("ask_all", [False, True])
def test_one_mixture_asked_in_two_ways(six, ask_all):
    """Of the same two clips at the same level, with the same target."""
    extracted, removed = (mixtures({"dir": six.folder}, ask_all=ask_all, removal_ratio=r) for r in (0.0, 1.0))
    for n in range(30):
        one, other = extracted[n], removed[n]
        target, interferer = one["utt"].split(" + ")
        assert one["query"] in six.captions_of(target) and other["query"] in six.captions_of(interferer)
        assert one["utt"] == other["utt"] and one["asked"] == other["asked"] == "text"
        assert all(torch.equal(one[wave], other[wave]) for wave in ("mixture", "target"))
        assert [each["task"] for each in one.get("others", ())] == ["extraction"] * ask_all


def test_the_draw_depends_on_seed_epoch_and_index_alone(six):
    found = mixtures({"dir": six.folder}, removal_ratio=0.5)
    first = tasks(found)
    assert [found[n]["task"] for n in reversed(range(EXAMPLES))] == first[::-1]
    assert tasks(mixtures({"dir": six.folder}, removal_ratio=0.5, seed=1)) != first
    assert len({tuple(first[start : start + 6]) for start in range(0, EXAMPLES, 6)}) > 5  # epochs differ


def test_a_ratio_for_one_of_the_sets(six, tmp_path):
    """It is that of the target's set."""
    shutil.copytree(six.folder, tmp_path / "other")
    (tmp_path / "other" / "captions").write_text("".join(f"c{i}#0 other\n" for i in range(6)))
    removed = {"source": "caption", "removal_ratio": 1}
    found = mixtures({"dir": six.folder}, {"dir": tmp_path / "other", "query": removed})
    examples = [found[n] for n in range(EXAMPLES)]
    of_first = [e for e in examples if e["task"] == "extraction"]
    assert 0.3 < len(of_first) / EXAMPLES < 0.7 and all(e["query"] != "other" for e in of_first)


@pytest.mark.parametrize("ratio", [-0.1, 1.1])
def test_a_ratio_that_is_none(ratio):
    with pytest.raises(LassError, match="not within 0 and 1"):
        TrainingRule("caption", removal_ratio=ratio)


@pytest.mark.parametrize(("interferers", "text_ratio"), [(2, 1.0), (1, 0.5)])
def test_what_cannot_be_removed(six, interferers, text_ratio):
    with pytest.raises(LassError, match="the text of one interferer"):
        mixtures({"dir": six.folder}, interferers=interferers, removal_ratio=0.5, text_ratio=text_ratio)
