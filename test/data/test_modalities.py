"""What a training example is asked by: text, the target itself, or frames of its video."""

import shutil

import pytest
import torch

from lass.data.asking import TrainingRule
from lass.data.datadir import FRAMES, DataDir
from lass.data.mixtures import TrainingMixtures
from lass.errors import LassError
from lass.io.table import write_table

SETTINGS = {"segment": 0.1, "level": {"rule": "snr", "low": -5, "high": 5}, "interferers": 1, "sample_rate": 8000}
EXAMPLES = 120


def mixtures(*sets: dict, seed: int = 0, step_size: int = 1, **query) -> TrainingMixtures:
    return TrainingMixtures(list(sets), {"source": "caption"} | query, **SETTINGS, seed=seed, step_size=step_size)


def asked(found: TrainingMixtures) -> list[str]:
    return [found[n]["asked"] for n in range(EXAMPLES)]


@pytest.fixture
def filmed(six) -> DataDir:
    """The set; the first four of its clips have frames."""
    write_table(six.folder / FRAMES, [(f"c{i}", f"embed/E/part-0.ark:{i}") for i in range(4)])
    return DataDir(six.folder)


@pytest.mark.parametrize(("ratio", "low", "high"), [(1.0, 1.0, 1.0), (0.75, 0.6, 0.88), (0.5, 0.35, 0.65), (0, 0, 0)])
def test_the_ratio(six, ratio, low, high):
    found = asked(mixtures({"dir": six.folder}, text_ratio=ratio))
    assert set(found) <= {"text", "audio"} and low <= found.count("text") / EXAMPLES <= high


def test_one_draw_for_all_examples_of_a_step(six):
    """Though steps of four and epochs of six do not begin together."""
    found = asked(mixtures({"dir": six.folder}, text_ratio=0.5, by_step=True, step_size=4))
    steps = [set(found[start : start + 4]) for start in range(0, EXAMPLES, 4)]
    assert all(len(step) == 1 for step in steps) and 8 < steps.count({"text"}) < 22
    other = asked(mixtures({"dir": six.folder}, text_ratio=0.5, by_step=True, step_size=4, seed=1))
    assert other != found


def test_a_mixture_is_the_same_at_any_ratio_but_0(six):
    by_text, mixed = (mixtures({"dir": six.folder}, text_ratio=ratio) for ratio in (1.0, 0.4))
    for n in range(30):
        one, other = by_text[n], mixed[n]
        assert torch.equal(one["mixture"], other["mixture"]) and one["utt"] == other["utt"]
        assert other["query"] == (one["query"] if other["asked"] == "text" else "")


def test_the_draw_depends_on_seed_epoch_and_index_alone(six):
    found = mixtures({"dir": six.folder}, text_ratio=0.5)
    first = asked(found)
    assert [found[n]["asked"] for n in reversed(range(EXAMPLES))] == first[::-1]
    assert asked(mixtures({"dir": six.folder}, text_ratio=0.5, seed=1)) != first
    assert len({tuple(first[start : start + 6]) for start in range(0, EXAMPLES, 6)}) > 5  # epochs differ


def test_a_ratio_for_one_of_the_sets(six, tmp_path):
    shutil.copytree(six.folder, tmp_path / "other")
    found = mixtures({"dir": six.folder}, {"dir": tmp_path / "other", "text_ratio": 0.0}, text_ratio=1.0)
    assert 0.3 < asked(found).count("audio") / EXAMPLES < 0.7
    assert len(list(found.texts())) == 2 * 6  # of the first set alone


def test_frames(filmed):
    found = mixtures({"dir": filmed.folder}, text_ratio=0.0, otherwise="image")
    for n in range(EXAMPLES):
        example = found[n]
        utt = example["utt"].split(" + ")[0]
        place = filmed.frames_of(utt)
        assert bool(example["without_frames"]) == (utt in ("c4", "c5")) == (place is None)
        assert example["asked"] == ("text" if place is None else "image")
        assert example["query"] == place or example["query"] in filmed.captions_of(utt)
    texts = {caption for utt in ("c4", "c5") for caption in filmed.captions_of(utt)}
    assert set(found.texts()) == texts  # no other has to be embedded


def test_text_that_was_drawn_is_no_fallback(filmed):
    found = mixtures({"dir": filmed.folder}, text_ratio=0.5, otherwise="image")
    examples = [found[n] for n in range(EXAMPLES)]
    fallbacks = sum(int(example["without_frames"]) for example in examples)
    assert 5 < fallbacks < sum(example["asked"] == "text" for example in examples) - 30
    assert any(example["asked"] == "image" for example in examples)


@pytest.mark.parametrize("otherwise", ["audio", "image"])
def test_clips_without_captions(filmed, otherwise):
    for table in ("captions", "text"):
        (filmed.folder / table).unlink()
    if otherwise == "audio":
        found = mixtures({"dir": filmed.folder}, text_ratio=0.0)
        assert asked(found) == ["audio"] * EXAMPLES and not list(found.texts())
        return
    with pytest.raises(LassError, match="c4 has no caption, which the query rule asks for"):
        list(mixtures({"dir": filmed.folder}, text_ratio=0.0, otherwise="image").texts())


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"text_ratio": -0.1}, "query: text_ratio -0.1 is not within 0 and 1"),
        ({"text_ratio": "half"}, "query: text_ratio is 'half', which is no float"),
        ({"otherwise": "text"}, "query: otherwise 'text' is not one of audio, image"),
        ({"by_step": "no"}, "query: by_step 'no' is neither true nor false"),
    ],
)
def test_wrong_rules(spec, message):
    with pytest.raises(LassError, match=message):
        TrainingRule.of_set({"query": {"source": "labels"} | spec}, {})
    if "text_ratio" in spec:
        with pytest.raises(LassError, match=message):
            TrainingRule.of_set(spec, {"source": "labels"})


def test_a_set_without_any_frames(six):
    with pytest.raises(LassError, match="image_emb.scp: not there, but the query rule asks by image: run stage embed"):
        mixtures({"dir": six.folder}, text_ratio=0.5, otherwise="image")
    mixtures({"dir": six.folder, "text_ratio": 1.0}, text_ratio=0.5, otherwise="image")
